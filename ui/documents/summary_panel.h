// Summaries of a document: of the whole, and of its chapters.
#pragma once

#include "core/store/document_records.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QAction;
class QLabel;
class QTextBrowser;

namespace volary::ui {

class ProgressRow;

// Shows what is kept and what is being written. The actions are the workspace's.
class SummaryPanel : public QWidget {
    Q_OBJECT

public:
    SummaryPanel(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent = nullptr);

    void show(const std::vector<Summary> &summaries);
    void setProgress(int done, int total, const QString &title, const QString &text);
    void setCancelling();
    void endProgress();
    QString text() const; // for tests

signals:
    void cancelRequested();

private:
    void render(const QString &running);

    ProgressRow *m_progress;
    QTextBrowser *m_text;
    std::vector<Summary> m_summaries;
};

} // namespace volary::ui
