// Everything there is to see of one snapshot, and what can be done with it.
#pragma once

#include "core/engine/messages.h"
#include "ui/theme/theme.h"

#include <QImage>
#include <QList>
#include <QWidget>

class QAction;
class QGridLayout;
class QLabel;

namespace volary::ui {

class SnapshotCard : public QWidget {
    Q_OBJECT

public:
    // `actions` become buttons, the first one the main one.
    SnapshotCard(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent = nullptr);

    // `open`: the model that is open, or null; a snapshot of another one says so.
    void show(const SnapshotSummary &snapshot, const std::shared_ptr<const ModelDescription> &open);
    void setPicture(const QImage &picture);

private:
    void addFact(int place, const QString &meaning, const QString &value);

    const ThemeManager &m_themes;
    QLabel *m_title;
    QLabel *m_origin;
    QLabel *m_note;
    QLabel *m_picture;
    QLabel *m_pictureCaption;
    QGridLayout *m_facts;
};

} // namespace volary::ui
