// Says what was just done, and takes it back while it is shown.
#pragma once

#include "ui/theme/theme.h"

#include <QFrame>
#include <QTimer>

class QLabel;

namespace volary::ui {

class UndoBar : public QFrame {
    Q_OBJECT

public:
    // `meaning`: what the button does, for screen readers ("Take the conversation out of the trash").
    explicit UndoBar(const QString &meaning, QWidget *parent = nullptr);

    void showFor(const QString &text); // some seconds

signals:
    void undone();

private:
    QLabel *m_text;
    QTimer m_timer;
};

} // namespace volary::ui
