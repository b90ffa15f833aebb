#include "ui/documents/documents_workspace.h"

#include "core/base/text.h"
#include "ui/documents/document_page.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/two_line_delegate.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kSidebarWidth = 240;
} // namespace

DocumentsWorkspace::DocumentsWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes), m_documents(new DocumentList(themes, this))
{
    makeActions();
    auto *splitter = new QSplitter;
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeSidebar());
    splitter->addWidget(makeContent());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({kSidebarWidth, 4 * kSidebarWidth});
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    listenToEngine();
    listenToDocuments();
    listenToAnswers();
    refresh();
}

RequestId DocumentsWorkspace::post(Command command)
{
    const RequestId request = m_bridge.post(std::move(command));
    m_own.insert(request);
    return request;
}

void DocumentsWorkspace::makeActions()
{
    const auto make = [this](const char *name, const QString &text, const char *icon, auto &&run) {
        auto *action = new QAction(m_themes.icon(QString::fromLatin1(icon)), text, this);
        action->setObjectName(QString::fromLatin1(name));
        connect(action, &QAction::triggered, this, run);
        return action;
    };
    m_open = make("documents.open", tr("&Add document…"), "plus", [this] { chooseFiles(); });
    m_read = make("documents.read", tr("&Read document"), "play", [this] { readOrPause(); });
    m_again = make("documents.again", tr("Read again from the &start"), "regenerate", [this] { read(true); });
    m_summarise = make("documents.summarise", tr("&Summarise"), "edit", [this] { summarise(false); });
    m_chapters =
        make("documents.chapters", tr("Summarise by &chapters"), "tree", [this] { summarise(true); });
    m_export = make("documents.export", tr("&Export summary…"), "export", [this] { exportSummary(); });
    m_delete = make("documents.delete", tr("&Delete document…"), "trash", [this] { deleteCurrent(); });
    m_summarise->setIconText(tr("Whole text"));
    m_chapters->setIconText(tr("By chapters"));
    m_export->setIconText(tr("Export…"));
}

QList<QAction *> DocumentsWorkspace::commands()
{
    return {m_open, nullptr, m_read, m_again, nullptr, m_summarise, m_chapters, m_export, nullptr, m_delete};
}

QWidget *DocumentsWorkspace::focusTarget()
{
    return m_current != 0 ? m_page->questions().focusTarget() : m_shelf;
}

QByteArray DocumentsWorkspace::saveSession() const
{
    const QJsonObject session{{QStringLiteral("document"), QString::number(m_current)}};
    return QJsonDocument(session).toJson(QJsonDocument::Compact);
}

void DocumentsWorkspace::restoreSession(const QByteArray &session)
{
    // Opened as soon as the shelf is there.
    m_current =
        QJsonDocument::fromJson(session).object().value(QStringLiteral("document")).toString().toLongLong();
}

QWidget *DocumentsWorkspace::makeSidebar()
{
    const int space = m_themes.theme().space;
    auto *sidebar = new QWidget;
    sidebar->setProperty("ground", "surface");
    sidebar->setAttribute(Qt::WA_StyledBackground);
    sidebar->setMinimumWidth(190);

    auto *heading = new QLabel(tr("Documents"));
    heading->setProperty("role", "heading");
    auto *add = new QToolButton;
    add->setDefaultAction(m_open);
    add->setToolButtonStyle(Qt::ToolButtonIconOnly);
    add->setAccessibleName(tr("Add document"));
    auto *top = new QHBoxLayout;
    top->setContentsMargins(space, 0, 0, 0);
    top->addWidget(heading, 1);
    top->addWidget(add);

    m_shelf = new QListView;
    m_shelf->setObjectName(QStringLiteral("documents.shelf"));
    m_shelf->setAccessibleName(tr("Documents"));
    m_shelf->setModel(m_documents);
    m_shelf->setItemDelegate(new TwoLineDelegate(m_themes, m_shelf));
    m_shelf->setMouseTracking(true);
    m_shelf->setSelectionMode(QAbstractItemView::ExtendedSelection); // several are asked in turn
    connect(m_shelf->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &row) {
                if (const StoredDocument *document = m_documents->at(row))
                    open(document->id);
            });
    connect(m_shelf->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] { refresh(); });

    auto *layout = new QVBoxLayout(sidebar);
    layout->setContentsMargins(space, space + space / 2, space, space);
    layout->setSpacing(space);
    layout->addLayout(top);
    layout->addWidget(m_shelf, 1);
    return sidebar;
}

QWidget *DocumentsWorkspace::makeContent()
{
    const int space = m_themes.theme().space;
    m_error = new ErrorCard(m_themes);
    m_error->setObjectName(QStringLiteral("documents.error"));
    m_error->hide();
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);

    m_empty = new EmptyState(
        m_themes, QStringLiteral("documents"), tr("No document is open"),
        tr("Volary reads a document once and remembers where it stopped, so that every question starts at"
           " once. Drop a file here, or add one."),
        m_open);
    m_page = new DocumentPage(m_themes, m_read, {m_summarise, m_chapters, m_export});
    connect(m_page, &DocumentPage::pauseRequested, this, &DocumentsWorkspace::pause);
    connect(&m_page->questions(), &QuestionPanel::asked, this, &DocumentsWorkspace::ask);
    connect(&m_page->questions(), &QuestionPanel::stopRequested, this, [this] {
        m_toAsk.clear();
        m_bridge.cancel(m_asking);
    });
    connect(&m_page->questions(), &QuestionPanel::conversationRequested, this,
            &DocumentsWorkspace::conversationRequested);
    connect(&m_page->summary(), &SummaryPanel::cancelRequested, this, [this] {
        m_page->summary().setCancelling();
        m_bridge.cancel(m_summarising);
    });
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_page);

    auto *content = new QWidget;
    content->setProperty("ground", "window");
    content->setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(2 * space, 2 * space, 2 * space, 2 * space);
    layout->setSpacing(space);
    layout->addWidget(m_error);
    layout->addWidget(m_stack, 1);
    return content;
}

void DocumentsWorkspace::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::libraryOpened, this, [this] { post(command::ListDocuments{}); });
    connect(&m_bridge, &EngineBridge::modelOpened, this, [this] { refresh(); });
    connect(&m_bridge, &EngineBridge::modelClosed, this, [this] { refresh(); });
    connect(&m_bridge, &EngineBridge::exported, this,
            [this](RequestId request, const event::Exported &exported) {
                if (!m_own.contains(request))
                    return;
                emit statusMessage(
                    tr("Written to %1").arg(QString::fromStdString(exported.path.filename().string())));
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (!m_own.contains(request))
                    return;
                if (request == m_reading)
                    endReading();
                if (request == m_asking) {
                    m_asking = 0;
                    askNext();
                }
                if (request == m_summarising) {
                    m_summarising = 0;
                    m_page->summary().endProgress();
                }
                if (failed.error.code != ErrorCode::Cancelled)
                    showError(tr("%1 did not work").arg(QString::fromStdString(failed.task)), failed.error);
                refresh();
            });
}

void DocumentsWorkspace::listenToDocuments()
{
    connect(&m_bridge, &EngineBridge::documentList, this, [this](RequestId, const event::DocumentList &list) {
        m_documents->setDocuments(list.documents);
        if (m_current != 0)
            m_shelf->setCurrentIndex(m_documents->find(m_current));
        refresh();
    });
    connect(&m_bridge, &EngineBridge::documentAdded, this,
            [this](RequestId, const event::DocumentAdded &added) {
                m_error->hide();
                m_documents->put(added.document);
                m_shelf->setCurrentIndex(m_documents->find(added.document.id));
            });
    connect(&m_bridge, &EngineBridge::documentOpened, this,
            [this](RequestId request, const event::DocumentOpened &opened) {
                if (request != m_opening)
                    return;
                m_opening = 0;
                m_current = opened.document.id;
                emit sessionChanged();
                m_documents->put(opened.document);
                m_page->show(opened);
                if (m_readingOf != m_current)
                    m_page->endReading();
                m_stack->setCurrentWidget(m_page);
                refresh();
            });
    connect(&m_bridge, &EngineBridge::documentDeleted, this,
            [this](RequestId, const event::DocumentDeleted &deleted) {
                m_documents->remove(deleted.document);
                if (deleted.document == m_current) {
                    m_current = 0;
                    m_stack->setCurrentWidget(m_empty);
                }
                refresh();
            });
    connect(
        &m_bridge, &EngineBridge::readingProgress, this,
        [this](RequestId request, const event::ReadingProgress &progress) {
            if (request != m_reading)
                return;
            const double fraction = progress.total > 0 ? double(progress.done) / double(progress.total) : 0;
            m_documents->setRunning(progress.document, fraction);
            if (progress.document == m_current)
                m_page->setReading(progress.done, progress.total, progress.safe, progress.tokensPerSecond);
            emit jobProgress(fraction,
                             tr("%1 tokens/s").arg(QLocale().toString(qlonglong(progress.tokensPerSecond))));
        });
    connect(&m_bridge, &EngineBridge::readingEnded, this,
            [this](RequestId request, const event::ReadingEnded &ended) {
                if (request == m_reading)
                    onReadingEnded(ended);
            });
}

void DocumentsWorkspace::listenToAnswers()
{
    connect(&m_bridge, &EngineBridge::documentAsked, this,
            [this](RequestId request, const event::DocumentAsked &asked) {
                if (request != m_asking)
                    return;
                const StoredDocument *document = m_documents->document(asked.document);
                m_page->questions().begin(asked.conversation.id, m_question,
                                          document ? QString::fromStdString(document->title) : QString());
            });
    connect(&m_bridge, &EngineBridge::turnStarted, this,
            [this](RequestId request, const event::TurnStarted &started) {
                if (request != m_asking)
                    return;
                m_page->questions().append(started.conversation, QString::fromStdString(started.reply.text));
                emit statusMessage(
                    tr("0 of %1 tokens read again").arg(QLocale().toString(qlonglong(started.tokensReused))));
            });
    connect(&m_bridge, &EngineBridge::textAppended, this,
            [this](RequestId request, const event::TextAppended &more) {
                if (request == m_asking)
                    m_page->questions().append(more.conversation, QString::fromStdString(more.text));
            });
    connect(&m_bridge, &EngineBridge::turnFinished, this,
            [this](RequestId request, const event::TurnFinished &) {
                if (request != m_asking)
                    return;
                m_asking = 0;
                askNext();
            });
    connect(&m_bridge, &EngineBridge::generationFailed, this,
            [this](RequestId request, const event::GenerationFailed &failed) {
                if (request != m_asking)
                    return;
                m_asking = 0;
                m_toAsk.clear();
                askNext();
                if (failed.error.code != ErrorCode::Cancelled)
                    showError(tr("The question was not answered"), failed.error);
            });
    connect(&m_bridge, &EngineBridge::summaryProgress, this,
            [this](RequestId request, const event::SummaryProgress &progress) {
                if (request == m_summarising && progress.document == m_current)
                    m_page->summary().setProgress(progress.done, progress.total,
                                                  QString::fromStdString(progress.title),
                                                  QString::fromStdString(progress.text));
            });
    connect(&m_bridge, &EngineBridge::summaryEnded, this,
            [this](RequestId request, const event::SummaryEnded &ended) {
                if (request != m_summarising)
                    return;
                m_summarising = 0;
                m_page->summary().endProgress();
                if (ended.document == m_current)
                    m_page->summary().show(ended.summaries);
                if (ended.error && ended.error->code != ErrorCode::Cancelled)
                    showError(tr("The summary was not finished"), *ended.error);
                refresh();
            });
}

void DocumentsWorkspace::chooseFiles()
{
    QStringList patterns;
    for (const std::string &ending : documentEndings())
        patterns << QStringLiteral("*.") + QString::fromStdString(ending);
    const QStringList paths = QFileDialog::getOpenFileNames(
        this, tr("Add documents"), {}, tr("Documents (%1);;All files (*)").arg(patterns.join(u' ')));
    for (const QString &path : paths)
        addFile(path);
}

void DocumentsWorkspace::addFile(const QString &path)
{
    m_error->hide();
    emit statusMessage(tr("Opening %1").arg(QFileInfo(path).fileName()));
    post(command::AddDocument{path.toStdString()});
}

void DocumentsWorkspace::open(DocumentId document)
{
    m_opening = post(command::OpenDocument{document});
}

void DocumentsWorkspace::readOrPause()
{
    if (m_reading != 0)
        pause();
    else
        read(false);
}

void DocumentsWorkspace::read(bool again)
{
    if (!m_bridge.model())
        return emit modelsRequested();
    if (m_current == 0 || m_reading != 0)
        return;
    m_error->hide();
    m_readingOf = m_current;
    m_reading = post(command::ReadDocument{m_current, again});
    m_page->setReading(0, 0, 0, 0);
    m_documents->setRunning(m_current, 0);
    const StoredDocument *document = m_documents->document(m_current);
    emit jobStarted(tr("Reading %1").arg(document ? QString::fromStdString(document->title) : QString()));
    refresh();
}

void DocumentsWorkspace::pause()
{
    if (m_reading == 0)
        return;
    m_page->setPausing();
    m_bridge.cancel(m_reading);
}

void DocumentsWorkspace::endReading()
{
    m_documents->setRunning(m_readingOf, -1);
    m_reading = 0;
    m_readingOf = 0;
    m_page->endReading();
    emit jobEnded();
}

void DocumentsWorkspace::onReadingEnded(const event::ReadingEnded &ended)
{
    endReading();
    if (!ended.document.title.empty()) // else it was deleted meanwhile
        m_documents->put(ended.document);
    if (ended.document.id == m_current && !ended.document.title.empty())
        m_page->setFacts(ended.document);
    const QLocale locale;
    if (!ended.error)
        emit statusMessage(tr("%1 of %2 tokens read again, %3 tokens/s")
                               .arg(locale.toString(qlonglong(ended.tokensRead)),
                                    locale.toString(qlonglong(ended.tokensRead + ended.tokensReused)),
                                    locale.toString(qlonglong(ended.tokensPerSecond))));
    else if (ended.error->code == ErrorCode::Cancelled)
        emit statusMessage(tr("Paused. What was read is kept."));
    else
        showError(tr("The document could not be read to its end"), *ended.error);
    refresh();
}

std::vector<DocumentId> DocumentsWorkspace::selected() const
{
    std::vector<DocumentId> ids;
    for (const QModelIndex &row : m_shelf->selectionModel()->selectedRows()) {
        if (const StoredDocument *document = m_documents->at(row); document && isRead(*document))
            ids.push_back(document->id);
    }
    const StoredDocument *current = m_documents->document(m_current);
    if (ids.empty() && current && isRead(*current))
        ids.push_back(m_current);
    return ids;
}

GenerationSettings DocumentsWorkspace::settings() const
{
    return m_bridge.model()->suggestedSettings;
}

void DocumentsWorkspace::ask(const QString &question)
{
    m_question = question;
    m_page->showQuestions();
    m_toAsk = selected();
    m_error->hide();
    askNext();
}

void DocumentsWorkspace::askNext()
{
    if (!m_toAsk.empty() && m_bridge.model()) {
        const DocumentId next = m_toAsk.front();
        m_toAsk.erase(m_toAsk.begin());
        m_asking = post(command::AskDocument{next, m_question.toStdString(), settings()});
    }
    refresh();
}

void DocumentsWorkspace::summarise(bool chapters)
{
    if (m_current == 0 || m_summarising != 0 || !m_bridge.model())
        return;
    m_error->hide();
    m_page->showSummary();
    m_summarising = post(command::SummariseDocument{m_current, chapters, settings()});
    refresh();
}

void DocumentsWorkspace::exportSummary()
{
    const StoredDocument *document = m_documents->document(m_current);
    if (!document)
        return;
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Export summary"), QString::fromStdString(document->title) + QStringLiteral(".md"),
        tr("Markdown (*.md)"));
    if (!path.isEmpty())
        post(command::ExportSummary{m_current, path.toStdString()});
}

void DocumentsWorkspace::deleteCurrent()
{
    const StoredDocument *document = m_documents->document(m_current);
    if (!document)
        return;
    const auto answer = QMessageBox::question(
        this, tr("Delete document"),
        tr("Delete “%1” with its text, its states and its summaries? The conversations about it stay.")
            .arg(QString::fromStdString(document->title)));
    if (answer == QMessageBox::Yes)
        post(command::DeleteDocument{m_current});
}

void DocumentsWorkspace::showError(const QString &title, const Error &error)
{
    m_error->show(title, error);
    emit statusMessage(title);
}

bool DocumentsWorkspace::isRead(const StoredDocument &document) const
{
    const auto model = m_bridge.model();
    return model && std::ranges::any_of(document.readings, [&](const Reading &reading) {
               return reading.complete() && !reading.damaged && reading.isBy(model->identity);
           });
}

void DocumentsWorkspace::refresh()
{
    const StoredDocument *document = m_documents->document(m_current);
    const auto model = m_bridge.model();
    const bool read = document && isRead(*document);
    const bool begun =
        document && model && std::ranges::any_of(document->readings, [&](const Reading &reading) {
            return reading.isBy(model->identity);
        });
    m_read->setEnabled(m_reading != 0 || (document && !read));
    m_read->setText(m_reading != 0 ? tr("&Pause reading")
                    : begun        ? tr("Go on &reading")
                                   : tr("&Read document"));
    m_read->setIcon(m_themes.icon(m_reading != 0 ? QStringLiteral("pause") : QStringLiteral("play")));
    m_read->setIconText(m_reading != 0 ? tr("Pause")
                        : read         ? tr("Read to its end")
                        : begun        ? tr("Go on reading")
                                       : tr("Read"));
    m_again->setEnabled(begun && m_reading == 0);
    for (QAction *action : {m_summarise, m_chapters})
        action->setEnabled(read && m_summarising == 0);
    m_export->setEnabled(document != nullptr);
    m_delete->setEnabled(document != nullptr);

    QString why;
    if (!model)
        why = tr("Open a model first: it reads the document.");
    else if (m_reading != 0 && !read)
        why = tr("Questions are answered when the document is read to its end.");
    else if (!read)
        why = tr("%1 has not read this document yet.").arg(QString::fromStdString(model->identity.name));
    else
        why = tr("A state of fixed size forgets: details from far back may be wrong.");
    m_page->questions().setReady(!selected().empty(), why, int(selected().size()));
    m_page->questions().setRunning(m_asking != 0);
}

} // namespace volary::ui
