// The Documents workspace: a shelf of documents, the one on show, and what was asked about it.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/documents/document_list.h"
#include "ui/theme/theme.h"
#include "ui/windows/workspace.h"

#include <QSet>

class QListView;
class QStackedWidget;

namespace volary::ui {

class DocumentPage;
class EmptyState;
class ErrorCard;

class DocumentsWorkspace : public Workspace {
    Q_OBJECT

public:
    DocumentsWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    QString id() const override { return QStringLiteral("documents"); }
    QString title() const override { return tr("Documents"); }
    QString iconName() const override { return QStringLiteral("documents"); }
    QList<QAction *> commands() override;
    QWidget *focusTarget() override;
    QByteArray saveSession() const override;
    void restoreSession(const QByteArray &session) override;

    void addFile(const QString &path);
    void open(DocumentId document);
    DocumentPage &page() { return *m_page; }
    QListView &shelf() { return *m_shelf; }

public slots:
    void pause(); // the reading that is under way; what was read is kept

signals:
    void conversationRequested(volary::ConversationId conversation);
    void modelsRequested();
    void jobStarted(const QString &name);
    void jobProgress(double fraction, const QString &stage);
    void jobEnded();

private:
    RequestId post(Command command); // remembers that it is ours
    void makeActions();
    QWidget *makeSidebar();
    QWidget *makeContent();
    void listenToEngine();
    void listenToDocuments();
    void listenToAnswers();
    void chooseFiles();
    void read(bool again);
    void readOrPause();
    void ask(const QString &question);
    void askNext();
    void summarise(bool chapters);
    void exportSummary();
    void deleteCurrent();
    void endReading();
    void onReadingEnded(const event::ReadingEnded &ended);
    void showError(const QString &title, const Error &error);
    void refresh(); // what can be done now
    bool isRead(const StoredDocument &document) const;
    std::vector<DocumentId> selected() const;
    GenerationSettings settings() const;

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    DocumentList *m_documents;
    QListView *m_shelf = nullptr;
    QStackedWidget *m_stack = nullptr;
    EmptyState *m_empty = nullptr;
    ErrorCard *m_error = nullptr;
    DocumentPage *m_page = nullptr;
    QAction *m_open = nullptr;
    QAction *m_read = nullptr;
    QAction *m_again = nullptr;
    QAction *m_summarise = nullptr;
    QAction *m_chapters = nullptr;
    QAction *m_export = nullptr;
    QAction *m_delete = nullptr;

    QSet<RequestId> m_own;
    DocumentId m_current = 0;
    RequestId m_opening = 0;
    RequestId m_reading = 0;
    DocumentId m_readingOf = 0;
    RequestId m_asking = 0;
    QString m_question;
    std::vector<DocumentId> m_toAsk; // after the one that answers now
    RequestId m_summarising = 0;
};

} // namespace volary::ui
