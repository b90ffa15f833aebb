// One open document: outline and text at the left, questions and summaries at the right.
#pragma once

#include "core/engine/messages.h"
#include "ui/documents/question_panel.h"
#include "ui/documents/summary_panel.h"
#include "ui/documents/text_view.h"

#include <QWidget>

class QAction;
class QLabel;
class QListWidget;
class QPushButton;
class QTabWidget;

namespace volary::ui {

class ProgressRow;

class DocumentPage : public QWidget {
    Q_OBJECT

public:
    DocumentPage(const ThemeManager &themes, QAction *read, const QList<QAction *> &summarise,
                 QWidget *parent = nullptr);

    void show(const event::DocumentOpened &opened);
    void setFacts(const StoredDocument &document);
    // The place of a reading; `total` 0: the text is still being split into tokens.
    void setReading(std::int64_t done, std::int64_t total, std::int64_t safe, double tokensPerSecond);
    void setPausing();
    void endReading();

    QuestionPanel &questions() { return *m_questions; }
    SummaryPanel &summary() { return *m_summary; }
    TextView &text() { return *m_text; }
    QListWidget &outline() { return *m_outline; }
    void showQuestions(); // bring their tabs to the front
    void showSummary();

signals:
    void pauseRequested();

private:
    QWidget *makeReader();
    QWidget *makeHeader(QAction *read);
    void markPlace(std::uint64_t byte);

    const ThemeManager &m_themes;
    QLabel *m_title;
    QLabel *m_facts;
    QLabel *m_notice;
    ProgressRow *m_progress;
    QListWidget *m_outline;
    TextView *m_text;
    QTabWidget *m_tabs;
    QuestionPanel *m_questions;
    SummaryPanel *m_summary;
    std::vector<Section> m_sections;
};

} // namespace volary::ui
