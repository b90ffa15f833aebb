#include "ui/chat/chat_workspace.h"

#include "core/text/reasoning.h"

#include "ui/chat/composer.h"
#include "ui/chat/conversation_list.h"
#include "ui/chat/panels/branch_tree.h"
#include "ui/chat/panels/probability_panel.h"
#include "ui/chat/panels/sampling_panel.h"
#include "ui/chat/panels/timeline_strip.h"
#include "ui/chat/start_page.h"
#include "ui/chat/transcript_view.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpression>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr TurnId kNoTurn = -1;
constexpr int kSummaryLetters = 80;

// What a person copies of a turn: of a reply the answer, unless all of it was thinking.
QString answerOf(const Turn &turn)
{
    const Reasoning parts = splitReasoning(turn.text);
    const bool whole = turn.role == Role::User || parts.answer.empty();
    return whole ? QString::fromStdString(turn.text)
                 : QString::fromUtf8(parts.answer.data(), qsizetype(parts.answer.size()));
}

QString summaryOf(const Turn &turn)
{
    const QString text = answerOf(turn).simplified();
    return text.size() <= kSummaryLetters ? text : text.left(kSummaryLetters) + u'…';
}

} // namespace

ChatWorkspace::ChatWorkspace(EngineBridge &bridge, ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes), m_splitter(new QSplitter(this)),
      m_heading(new QLabel), m_crumb(new QLabel), m_pages(new QStackedWidget), m_start(new StartPage(themes)),
      m_transcript(new TranscriptView(themes, m_model)), m_toEnd(new QToolButton), m_findBar(new QWidget),
      m_findField(new QLineEdit), m_error(new ErrorCard(themes)),
      m_reading(new ProgressRow(themes, tr("Reading"))), m_timeline(new TimelineStrip(themes, nullptr)),
      m_composer(new Composer(themes)), m_tree(new BranchTree(themes, nullptr)),
      m_sampling(new SamplingPanel(themes, nullptr)), m_probabilities(new ProbabilityPanel(themes, nullptr)),
      m_announcer(new QLabel(this))
{
    setObjectName(QStringLiteral("chatWorkspace"));
    makeActions();
    m_list = new ConversationList(bridge, themes, m_byId.value(QStringLiteral("chat.new")));
    layOutPage();
    makeDocks();
    connectViews();
    connectBridge();
    showPath();
}

ChatWorkspace::~ChatWorkspace() = default;

// Building.
// .

QAction *ChatWorkspace::addCommand(const char *id, const QString &text, const QString &icon,
                                   const QKeySequence &shortcut, void (ChatWorkspace::*slot)())
{
    auto *action = new QAction(text, this);
    action->setObjectName(QString::fromLatin1(id));
    if (!icon.isEmpty())
        action->setIcon(m_themes.icon(icon));
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, slot);
    m_byId.insert(action->objectName(), action);
    m_commands.append(action);
    return action;
}

void ChatWorkspace::makeActions()
{
    using W = ChatWorkspace;
    const auto separator = [this] { m_commands.append(nullptr); };
    addCommand("chat.new", tr("New conversation"), QStringLiteral("plus"), QKeySequence::New,
               &W::newConversation);
    addCommand("chat.rename", tr("Rename conversation"), QStringLiteral("edit"), Qt::Key_F2,
               &W::renameConversation);
    addCommand("chat.export", tr("Export conversation …"), QStringLiteral("export"), {},
               &W::exportConversation);
    addCommand("chat.delete", tr("Move conversation to the trash"), QStringLiteral("trash"), {},
               &W::deleteConversation);
    separator();
    addCommand("chat.send", tr("Send"), QStringLiteral("send"), {}, &W::send);
    addCommand("chat.stop", tr("Stop writing"), QStringLiteral("stop"), Qt::Key_Escape, &W::stop);
    addCommand("chat.continue", tr("Continue the reply"), QStringLiteral("continue"),
               QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Return), &W::continueReply);
    addCommand("chat.regenerate", tr("Write another version"), QStringLiteral("regenerate"),
               QKeySequence(Qt::CTRL | Qt::Key_R), &W::regenerate);
    addCommand("chat.edit", tr("Edit the message as a new branch"), QStringLiteral("edit"),
               QKeySequence(Qt::CTRL | Qt::Key_E), &W::editTurn);
    addCommand("chat.branch", tr("Branch from the selected turn"), QStringLiteral("branch"),
               QKeySequence(Qt::CTRL | Qt::Key_B), &W::branchHere);
    addCommand("chat.previousVersion", tr("Previous version"), QStringLiteral("chevron-left"),
               QKeySequence(Qt::ALT | Qt::Key_Left), &W::previousVersion);
    addCommand("chat.nextVersion", tr("Next version"), QStringLiteral("chevron-right"),
               QKeySequence(Qt::ALT | Qt::Key_Right), &W::nextVersion);
    addCommand("chat.undoHide", tr("Show the hidden branch again"), QStringLiteral("undo"), {}, &W::undoHide);
    separator();
    addCommand("chat.copyTurn", tr("Copy the turn as Markdown"), QStringLiteral("copy"),
               QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), &W::copyTurn);
    addCommand("chat.find", tr("Find in this conversation"), QStringLiteral("search"), QKeySequence::Find,
               &W::findInConversation);
    addCommand("chat.searchAll", tr("Search all conversations"), QStringLiteral("search"),
               QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F), &W::searchEverywhere);
}

void ChatWorkspace::layOutPage()
{
    m_heading->setProperty("role", "heading");
    m_heading->setTextFormat(Qt::PlainText);
    m_crumb->setProperty("role", "caption");
    auto *header = new QHBoxLayout;
    header->setContentsMargins(24, 10, 16, 8);
    header->addWidget(m_heading);
    header->addStretch(1);
    header->addWidget(m_crumb);

    m_findBar->setProperty("ground", "raised");
    m_findBar->setAttribute(Qt::WA_StyledBackground);
    m_findField->setPlaceholderText(tr("Find in this conversation"));
    m_findField->setAccessibleName(tr("Find in this conversation"));
    m_findField->setObjectName(QStringLiteral("findField"));
    auto *close = new QToolButton;
    close->setIcon(m_themes.icon(QStringLiteral("close"), IconTone::Muted));
    close->setProperty("kind", "quiet");
    close->setAccessibleName(tr("Close the find bar"));
    auto *findRow = new QHBoxLayout(m_findBar);
    findRow->setContentsMargins(24, 6, 16, 6);
    findRow->addWidget(m_findField, 1);
    findRow->addWidget(close);
    m_findBar->hide();
    connect(close, &QToolButton::clicked, this, &ChatWorkspace::endFind);
    connect(m_findField, &QLineEdit::returnPressed, this, [this] {
        const bool backwards = (QGuiApplication::keyboardModifiers() & Qt::ShiftModifier) != 0;
        if (!m_transcript->find(m_findField->text(), !backwards))
            emit statusMessage(tr("“%1” does not occur here.").arg(m_findField->text()));
    });

    m_toEnd->setParent(m_transcript);
    m_toEnd->setIcon(m_themes.icon(QStringLiteral("arrow-down")));
    m_toEnd->setText(tr("Newest"));
    m_toEnd->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_toEnd->setProperty("kind", "chip");
    m_toEnd->setAccessibleName(tr("Jump to the newest turn"));
    m_toEnd->setFocusPolicy(Qt::TabFocus);
    m_toEnd->hide();
    auto *overlay = new QVBoxLayout(m_transcript);
    overlay->setContentsMargins(0, 0, 0, 10);
    overlay->addStretch(1);
    overlay->addWidget(m_toEnd, 0, Qt::AlignHCenter);

    m_error->hide();
    m_reading->hide();
    auto *notices = new QVBoxLayout;
    notices->setContentsMargins(24, 0, 24, 4);
    notices->addWidget(m_error);
    notices->addWidget(m_reading);

    m_pages->addWidget(m_start);
    m_pages->addWidget(m_transcript);
    auto *centre = new QWidget;
    centre->setProperty("ground", "surface");
    centre->setAttribute(Qt::WA_StyledBackground);
    auto *column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(header);
    column->addWidget(m_findBar);
    column->addWidget(m_pages, 1);
    column->addLayout(notices);
    column->addWidget(m_timeline);
    column->addWidget(m_composer);

    m_splitter->addWidget(m_list);
    m_splitter->addWidget(centre);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setSizes({280, 900});
    m_list->setMinimumWidth(200);
    centre->setMinimumWidth(360);
    auto *page = new QHBoxLayout(this);
    page->setContentsMargins(0, 0, 0, 0);
    page->addWidget(m_splitter);
    m_announcer->hide();
}

void ChatWorkspace::makeDocks()
{
    const auto dock = [this](const char *name, const QString &title, QWidget *content) {
        auto *made = new QDockWidget(title);
        made->setObjectName(QString::fromLatin1(name));
        made->setWidget(content);
        made->setAccessibleName(title);
        m_docks.append(made);
    };
    dock("chat.dock.tree", tr("Branches"), m_tree);
    dock("chat.dock.sampling", tr("Sampling"), m_sampling);
    dock("chat.dock.probabilities", tr("Token probabilities"), m_probabilities);
}

void ChatWorkspace::connectViews()
{
    connect(m_list, &ConversationList::conversationChosen, this, &ChatWorkspace::openConversation);
    connect(m_list, &ConversationList::hitChosen, this, [this](ConversationId conversation, TurnId turn) {
        m_jumpTo = turn;
        openConversation(conversation);
    });
    connect(m_list, &ConversationList::conversationGone, this, [this](ConversationId conversation) {
        if (conversation != m_model.conversation().id)
            return;
        m_model.clear();
        showPath();
    });
    connect(m_start, &StartPage::promptChosen, this, &ChatWorkspace::sendPrompt);
    connect(m_start, &StartPage::modelsRequested, this, &ChatWorkspace::modelsRequested);

    connect(m_transcript, &TranscriptView::copyRequested, this, &ChatWorkspace::copyText);
    connect(m_transcript, &TranscriptView::editRequested, this, &ChatWorkspace::beginEdit);
    connect(m_transcript, &TranscriptView::regenerateRequested, this, &ChatWorkspace::regenerateTurn);
    connect(m_transcript, &TranscriptView::continueRequested, this, &ChatWorkspace::continueTurn);
    connect(m_transcript, &TranscriptView::branchRequested, this, &ChatWorkspace::branchFrom);
    connect(m_transcript, &TranscriptView::versionRequested, this, [this](TurnId turn, int step) {
        m_transcript->select(turn);
        showVersion(step);
    });
    connect(m_transcript, &TranscriptView::selectionChanged, this, [this](TurnId turn) {
        m_timeline->setCurrent(turn);
        if (const Turn *selected = m_model.find(turn); selected && selected->role == Role::Assistant)
            loadTraces(turn);
        refreshActions();
    });
    connect(m_transcript, &TranscriptView::atEndChanged, this,
            [this](bool end) { m_toEnd->setVisible(!end); });
    connect(m_toEnd, &QToolButton::clicked, m_transcript, &TranscriptView::scrollToEnd);

    connect(m_timeline, &TimelineStrip::activated, this, [this](TurnId turn) {
        m_transcript->select(turn);
        m_transcript->scrollTo(turn);
    });
    connect(m_timeline, &TimelineStrip::branchRequested, this, &ChatWorkspace::branchFrom);
    connect(m_tree, &BranchTree::goTo, this, &ChatWorkspace::goTo);
    connect(m_tree, &BranchTree::branchFrom, this, &ChatWorkspace::branchFrom);
    connect(m_tree, &BranchTree::hideRequested, this, &ChatWorkspace::hideTurn);
    connect(m_sampling, &SamplingPanel::changed, this, [this] {
        if (m_model.isOpen())
            m_bridge.post(
                command::SetConversationSettings{m_model.conversation().id, m_sampling->settings()});
    });
    connect(m_probabilities, &ProbabilityPanel::branchRequested, this,
            [this](TurnId turn, qint64 keep, TokenId token) {
                if (m_reply == 0)
                    post(command::BranchAtToken{m_model.conversation().id, turn, keep, token, settings()});
            });

    connect(m_composer, &Composer::sendRequested, this, &ChatWorkspace::send);
    connect(m_composer, &Composer::stopRequested, this, &ChatWorkspace::stop);
    connect(m_composer, &Composer::noteDismissed, this, &ChatWorkspace::endEdit);
    connect(m_composer, &Composer::textChanged, this, &ChatWorkspace::storeDraft);
    connect(m_reading, &ProgressRow::cancelRequested, this, &ChatWorkspace::stop);
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
}

void ChatWorkspace::connectBridge()
{
    connect(&m_bridge, &EngineBridge::modelOpened, this, [this](RequestId, const event::ModelOpened &opened) {
        m_start->setModel(opened.model);
        m_sampling->setSuggested(opened.model->suggestedSettings);
        if (!m_model.isOpen())
            m_sampling->setSettings(opened.model->suggestedSettings);
        m_probabilities->setVocabulary(opened.model->vocabulary);
        refreshComposer();
        refreshActions();
    });
    connect(&m_bridge, &EngineBridge::modelClosed, this, [this] {
        m_start->setModel(nullptr);
        refreshComposer();
        refreshActions();
    });
    connect(&m_bridge, &EngineBridge::conversationOpened, this, &ChatWorkspace::onOpened);
    connect(&m_bridge, &EngineBridge::conversationChanged, this,
            [this](RequestId, const event::ConversationChanged &changed) {
                if (changed.conversation.id != m_model.conversation().id)
                    return;
                m_model.setConversation(changed.conversation);
                m_heading->setText(QString::fromStdString(changed.conversation.title));
            });
    connect(&m_bridge, &EngineBridge::turnStarted, this, &ChatWorkspace::onStarted);
    connect(&m_bridge, &EngineBridge::textAppended, this, &ChatWorkspace::onAppended);
    connect(&m_bridge, &EngineBridge::turnFinished, this, &ChatWorkspace::onFinished);
    connect(&m_bridge, &EngineBridge::generationFailed, this, &ChatWorkspace::onFailed);
    connect(&m_bridge, &EngineBridge::promptProgress, this,
            [this](RequestId request, const event::PromptProgress &progress) {
                if (request != m_reply)
                    return;
                m_reading->setProgress(progress.total > 0 ? double(progress.done) / double(progress.total)
                                                          : -1,
                                       tr("%1 of %2 tokens").arg(progress.done).arg(progress.total));
                m_reading->setVisible(progress.done < progress.total);
            });
    connect(&m_bridge, &EngineBridge::tracesLoaded, this,
            [this](RequestId request, const event::TracesLoaded &loaded) {
                if (request == m_tracesRequest)
                    m_probabilities->setTraces(loaded.turn, loaded.traces);
            });
    connect(&m_bridge, &EngineBridge::exported, this, [this](RequestId, const event::Exported &exported) {
        emit statusMessage(tr("Exported to %1").arg(QString::fromStdString(exported.path.string())));
    });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (request == m_createRequest)
                    m_createRequest = 0; // the text is still in the field
                if (request == m_openRequest || isVisible())
                    m_error->show(QString::fromStdString(failed.task), failed.error);
            });
}

// What the user does.
// .

QWidget *ChatWorkspace::focusTarget()
{
    return &m_composer->edit();
}

void ChatWorkspace::openConversation(ConversationId conversation)
{
    m_sampling->flush();
    m_createRequest = 0;
    m_openRequest = m_bridge.post(command::OpenConversation{conversation});
}

void ChatWorkspace::newConversation()
{
    m_sampling->flush();
    m_createRequest = m_openRequest = 0;
    endEdit();
    m_model.clear();
    if (m_bridge.model())
        m_sampling->setSettings(m_bridge.model()->suggestedSettings);
    m_composer->setText(m_drafts.value(0));
    showPath();
    m_composer->edit().setFocus();
    emit sessionChanged();
}

GenerationSettings ChatWorkspace::settings() const
{
    return m_sampling->settings();
}

void ChatWorkspace::post(Command command)
{
    m_error->hide();
    m_replyIn = m_model.conversation().id;
    m_reply = m_bridge.post(std::move(command));
    refreshComposer();
    refreshActions();
}

void ChatWorkspace::send()
{
    const QString text = m_composer->text().trimmed();
    if (text.isEmpty() || m_reply != 0 || !m_bridge.model())
        return;
    if (!m_model.isOpen()) { // the first message makes the conversation, and waits for it
        if (m_createRequest == 0)
            m_createRequest = m_bridge.post(command::CreateConversation{.title = {}, .settings = settings()});
        return;
    }
    std::optional<TurnId> parent = m_model.leaf();
    if (m_editing) {
        const Turn *edited = m_model.find(*m_editing);
        parent = edited ? edited->parent : parent;
    }
    m_sent = m_composer->text();
    if (m_editing)
        endEdit(); // brings back what was in the field before
    else
        m_composer->setText({});
    post(command::SendMessage{m_model.conversation().id, parent, text.toStdString(), settings()});
}

void ChatWorkspace::sendPrompt(const QString &prompt)
{
    m_composer->setText(prompt);
    send();
}

void ChatWorkspace::stop()
{
    if (m_reply != 0)
        m_bridge.cancel(m_reply);
    else if (m_editing)
        endEdit();
    else if (m_findBar->isVisible())
        endFind();
    else
        m_transcript->select(kNoTurn);
}

TurnId ChatWorkspace::chosenTurn(std::optional<Role> role) const
{
    const auto fits = [&](TurnId id) {
        const Turn *turn = m_model.find(id);
        return turn && id != ConversationModel::kRunning && (!role || turn->role == *role);
    };
    if (fits(m_transcript->selected()))
        return m_transcript->selected();
    const auto &path = m_model.path();
    const auto last = std::find_if(path.rbegin(), path.rend(), fits);
    return last == path.rend() ? kNoTurn : *last;
}

void ChatWorkspace::regenerate()
{
    regenerateTurn(chosenTurn(Role::Assistant));
}

void ChatWorkspace::regenerateTurn(TurnId reply)
{
    const Turn *turn = m_model.find(reply);
    // Without a reply the last message may still be waiting for one: after a failure.
    const TurnId user = turn && turn->parent ? *turn->parent : chosenTurn(Role::User);
    if (m_reply == 0 && m_bridge.model() && user != kNoTurn)
        post(command::Regenerate{m_model.conversation().id, user, settings()});
}

void ChatWorkspace::continueReply()
{
    continueTurn(chosenTurn(Role::Assistant));
}

void ChatWorkspace::continueTurn(TurnId reply)
{
    if (m_reply == 0 && m_bridge.model() && reply != kNoTurn)
        post(command::ContinueReply{m_model.conversation().id, reply, settings()});
}

void ChatWorkspace::editTurn()
{
    if (const TurnId turn = chosenTurn(Role::User); turn != kNoTurn)
        beginEdit(turn);
}

void ChatWorkspace::beginEdit(TurnId turn)
{
    m_editing = turn;
    m_composer->setText(QString::fromStdString(m_model.find(turn)->text));
    m_composer->setNote(tr("Editing an earlier message: it becomes a new branch, the old one stays."));
    m_composer->edit().setFocus();
}

void ChatWorkspace::endEdit()
{
    if (!m_editing)
        return;
    m_editing.reset();
    m_composer->setNote({});
    m_composer->setText(m_drafts.value(qlonglong(m_model.conversation().id)));
}

void ChatWorkspace::branchHere()
{
    if (const TurnId turn = chosenTurn(); turn != kNoTurn)
        branchFrom(turn);
}

// The path ends at the turn; whatever is sent next stands beside what followed it before. A user's turn is
// edited: two user turns in a row would be no conversation.
void ChatWorkspace::branchFrom(TurnId turn)
{
    const Turn *from = m_model.find(turn);
    if (!from || m_reply != 0)
        return;
    if (from->role == Role::User) {
        beginEdit(turn);
        return;
    }
    m_model.showUpTo(turn);
    m_bridge.post(command::SetCurrentTurn{m_model.conversation().id, turn});
    showPath();
    m_composer->edit().setFocus();
    emit statusMessage(tr("The next message branches here, from the stored state."));
}

void ChatWorkspace::copyTurn()
{
    if (const TurnId turn = chosenTurn(); turn != kNoTurn)
        copyText(turn);
}

void ChatWorkspace::copyText(TurnId turn)
{
    if (const Turn *copied = m_model.find(turn)) {
        QGuiApplication::clipboard()->setText(answerOf(*copied));
        emit statusMessage(tr("Copied"));
    }
}

void ChatWorkspace::showVersion(int step)
{
    const TurnId turn = chosenTurn();
    const auto other = turn == kNoTurn ? std::nullopt : m_model.version(turn, step);
    if (other && m_reply == 0)
        goTo(*other);
}

void ChatWorkspace::goTo(TurnId turn)
{
    if (!m_model.find(turn) || m_reply != 0)
        return;
    const TurnId leaf = m_model.showThrough(turn);
    m_bridge.post(command::SetCurrentTurn{m_model.conversation().id, leaf});
    showPath();
    m_transcript->select(turn);
    m_transcript->scrollTo(turn);
}

void ChatWorkspace::hideTurn(TurnId turn)
{
    if (m_reply != 0 || !m_model.find(turn))
        return;
    m_hidden = turn;
    m_openRequest = m_bridge.post(command::HideTurn{m_model.conversation().id, turn, true});
    emit statusMessage(tr("The branch is hidden. “Show the hidden branch again” brings it back."));
    refreshActions();
}

void ChatWorkspace::undoHide()
{
    if (!m_hidden)
        return;
    m_openRequest = m_bridge.post(command::HideTurn{m_model.conversation().id, *m_hidden, false});
    m_jumpTo = m_hidden;
    m_hidden.reset();
}

void ChatWorkspace::exportConversation()
{
    if (!m_model.isOpen())
        return;
    const QString name =
        QString::fromStdString(m_model.conversation().title).simplified().replace(u'/', u'-');
    QString chosen;
    QString path = QFileDialog::getSaveFileName(
        window(), tr("Export the conversation"), name + QStringLiteral(".md"),
        tr("Markdown, the shown path (*.md);;JSON, the whole tree (*.json)"), &chosen);
    if (path.isEmpty())
        return;
    if (!path.endsWith(QStringLiteral(".md")) && !path.endsWith(QStringLiteral(".json")))
        path += chosen.contains(QStringLiteral("json")) ? QStringLiteral(".json") : QStringLiteral(".md");
    m_bridge.post(command::ExportConversation{m_model.conversation().id, m_model.leaf(), path.toStdString()});
}

void ChatWorkspace::findInConversation()
{
    m_findBar->show();
    m_findField->setFocus(Qt::ShortcutFocusReason);
    m_findField->selectAll();
}

void ChatWorkspace::endFind()
{
    m_findBar->hide();
    m_transcript->find({}, true);
    m_composer->edit().setFocus();
}

void ChatWorkspace::searchEverywhere()
{
    m_list->focusSearch();
}
void ChatWorkspace::renameConversation()
{
    m_list->renameCurrent();
}
void ChatWorkspace::deleteConversation()
{
    m_list->deleteCurrent();
}
void ChatWorkspace::setEnterSends(bool enterSends)
{
    m_composer->setEnterSends(enterSends);
}
void ChatWorkspace::setSearchText(const QString &words)
{
    m_list->setSearchText(words);
}

// What the engine says.
// .

void ChatWorkspace::onOpened(RequestId request, const event::ConversationOpened &opened)
{
    const bool created = request == m_createRequest;
    if (request != m_openRequest && !created)
        return;
    m_createRequest = 0;
    const bool another = opened.conversation.id != m_model.conversation().id;
    if (another && !created)
        endEdit();
    m_model.open(opened.conversation, *opened.turns);
    if (m_live && !m_model.isRunning() && opened.conversation.id == m_replyIn)
        m_model.begin({}, *m_live);
    if (auto stored = GenerationSettings::fromJson(opened.conversation.settingsJson))
        m_sampling->setSettings(stored.value());
    if (m_jumpTo && m_model.find(*m_jumpTo))
        m_model.showThrough(*m_jumpTo);
    if (created) {
        m_drafts.remove(0);
        showPath();
        send();
    } else {
        if (another)
            m_composer->setText(m_drafts.value(qlonglong(opened.conversation.id)));
        showPath();
        if (!m_jumpTo)
            m_transcript->scrollToEnd();
    }
    if (m_jumpTo && m_model.find(*m_jumpTo)) {
        m_transcript->select(*m_jumpTo);
        m_transcript->scrollTo(*m_jumpTo);
    }
    m_jumpTo.reset();
    if (another) {
        m_probabilities->clear();
        m_tracesOf = kNoTurn;
        if (const TurnId reply = chosenTurn(Role::Assistant); reply != kNoTurn)
            loadTraces(reply);
    }
    m_list->setCurrent(opened.conversation.id);
    emit sessionChanged();
}

void ChatWorkspace::onStarted(RequestId request, const event::TurnStarted &started)
{
    if (request != m_reply)
        return;
    m_reading->hide();
    m_sent.clear(); // stored now
    m_live = started.reply;
    if (started.conversation != m_model.conversation().id)
        return;
    m_model.begin(started.userTurn, started.reply);
    m_probabilities->clear();
    m_tracesOf = ConversationModel::kRunning;
    showPath();
    m_transcript->scrollToEnd();
    emit statusMessage(started.tokensReused > 0
                           ? tr("Continued from the stored state: %1 tokens not read again, %2 read")
                                 .arg(started.tokensReused)
                                 .arg(started.tokensRead)
                           : tr("%1 tokens read").arg(started.tokensRead));
}

void ChatWorkspace::onAppended(RequestId request, const event::TextAppended &appended)
{
    if (request != m_reply)
        return;
    if (m_live)
        m_live->text += appended.text;
    if (appended.conversation != m_model.conversation().id || !m_model.isRunning())
        return;
    m_model.append(appended.text);
    m_transcript->appendText(QString::fromStdString(appended.text));
    if (m_tracesOf == ConversationModel::kRunning)
        m_probabilities->appendTraces(appended.traces);
    announce(appended.text);
}

void ChatWorkspace::onFinished(RequestId request, const event::TurnFinished &finished)
{
    if (request != m_reply)
        return;
    m_reply = 0;
    m_live.reset();
    if (finished.conversation == m_model.conversation().id) {
        m_model.finish(finished.reply);
        showPath();
        loadTraces(finished.reply.id);
        announce("\n");
    }
    refreshComposer();
    refreshActions();
}

void ChatWorkspace::onFailed(RequestId request, const event::GenerationFailed &failed)
{
    if (request != m_reply)
        return;
    m_reply = 0;
    m_live.reset();
    m_reading->hide();
    if (failed.conversation == m_model.conversation().id) {
        m_model.abandon(failed.kept);
        showPath();
    }
    giveBack(failed.conversation);
    if (failed.error.code != ErrorCode::Cancelled)
        m_error->show(tr("The reply could not be finished"), failed.error,
                      failed.kept ? tr("What was written so far is kept.")
                                  : tr("Everything stored before is unaffected."));
    refreshComposer();
    refreshActions();
}

// A message that was never stored goes back where it was written, before whatever was written there since.
void ChatWorkspace::giveBack(ConversationId conversation)
{
    if (m_sent.isEmpty())
        return;
    const bool onShow = conversation == m_model.conversation().id;
    const QString since = onShow ? m_composer->text() : m_drafts.value(qlonglong(conversation));
    const QString text = since.isEmpty() ? m_sent : m_sent + u'\n' + since;
    m_sent.clear();
    if (onShow)
        m_composer->setText(text);
    else
        m_drafts.insert(qlonglong(conversation), text);
}

// Keeping the views in step.
// .

void ChatWorkspace::showPath()
{
    const bool somethingSaid = !m_model.path().empty();
    m_pages->setCurrentWidget(somethingSaid ? static_cast<QWidget *>(m_transcript) : m_start);
    m_timeline->setVisible(somethingSaid);
    m_heading->setText(m_model.isOpen() ? QString::fromStdString(m_model.conversation().title) : QString());
    const Turn *last = m_model.leaf() ? m_model.find(*m_model.leaf()) : nullptr;
    const qsizetype turns = qsizetype(m_model.path().size());
    m_crumb->setText(last ? (turns == 1 ? tr("1 turn, ") : tr("%1 turns, ").arg(turns)) +
                                tr("%1 tokens").arg(QLocale().toString(qlonglong(last->position)))
                          : QString());
    m_transcript->reload();
    refreshTree();
    refreshComposer();
    refreshActions();
}

void ChatWorkspace::refreshTree()
{
    QList<TimelineStrip::Dot> dots;
    QList<TurnId> path;
    for (const TurnId id : m_model.path()) {
        if (id == ConversationModel::kRunning)
            continue;
        const Turn &turn = *m_model.find(id);
        path.append(id);
        dots.append({id, summaryOf(turn), turn.snapshot.has_value(), turn.role == Role::User,
                     int(m_model.versions(id).size())});
    }
    QList<BranchTree::Node> nodes;
    for (const Turn *turn : m_model.turns())
        nodes.append({turn->id, turn->parent, turn->role == Role::User, summaryOf(*turn),
                      turn->status == TurnStatus::Partial});
    m_timeline->setDots(dots);
    m_tree->setTree(nodes, path);
}

void ChatWorkspace::refreshComposer()
{
    const bool ready = m_bridge.model() != nullptr;
    m_composer->setReady(ready, ready ? tr("Write a message …") : tr("Open a model to chat with it"));
    m_composer->setRunning(m_reply != 0);
}

void ChatWorkspace::refreshActions()
{
    const bool idle = m_reply == 0, ready = idle && m_bridge.model() && m_model.isOpen();
    const bool hasReply = chosenTurn(Role::Assistant) != kNoTurn, hasUser = chosenTurn(Role::User) != kNoTurn;
    const TurnId chosen = chosenTurn();
    const auto enable = [this](const char *id, bool enabled) {
        m_byId.value(QString::fromLatin1(id))->setEnabled(enabled);
    };
    enable("chat.send", idle && m_bridge.model());
    enable("chat.continue", ready && hasReply);
    enable("chat.regenerate", ready && hasUser);
    enable("chat.edit", idle && hasUser);
    enable("chat.branch", idle && chosen != kNoTurn);
    enable("chat.previousVersion", idle && chosen != kNoTurn && m_model.version(chosen, -1).has_value());
    enable("chat.nextVersion", idle && chosen != kNoTurn && m_model.version(chosen, 1).has_value());
    enable("chat.undoHide", m_hidden.has_value());
    enable("chat.copyTurn", chosen != kNoTurn);
    enable("chat.find", !m_model.path().empty());
    for (const char *id : {"chat.rename", "chat.export", "chat.delete"})
        enable(id, m_model.isOpen());
    m_probabilities->setBranchingEnabled(ready);
}

void ChatWorkspace::loadTraces(TurnId turn)
{
    if (turn == m_tracesOf || turn == ConversationModel::kRunning)
        return;
    m_tracesOf = turn;
    m_tracesRequest = m_bridge.post(command::LoadTraces{turn});
}

// A screen reader hears whole sentences, not tokens.
void ChatWorkspace::announce(const std::string &text)
{
    if (!QAccessible::isActive())
        return;
    m_sentence += QString::fromStdString(text);
    const qsizetype end = m_sentence.lastIndexOf(QRegularExpression(QStringLiteral("[.!?\n]")));
    if (end < 0)
        return;
    m_announcer->setText(m_sentence.left(end + 1));
    m_sentence.remove(0, end + 1);
    QAccessibleEvent alert(m_announcer, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void ChatWorkspace::storeDraft()
{
    if (!m_editing) {
        const auto key = qlonglong(m_model.conversation().id);
        if (m_composer->text().isEmpty())
            m_drafts.remove(key);
        else
            m_drafts.insert(key, m_composer->text());
    }
    emit sessionChanged();
}

QByteArray ChatWorkspace::saveSession() const
{
    QJsonObject drafts;
    for (auto draft = m_drafts.begin(); draft != m_drafts.end(); ++draft)
        drafts.insert(QString::number(draft.key()), draft.value());
    const QJsonObject session{{QStringLiteral("conversation"), QString::number(m_model.conversation().id)},
                              {QStringLiteral("drafts"), drafts},
                              {QStringLiteral("listWidth"), m_splitter->sizes().value(0)}};
    return QJsonDocument(session).toJson(QJsonDocument::Compact);
}

void ChatWorkspace::restoreSession(const QByteArray &session)
{
    const QJsonObject stored = QJsonDocument::fromJson(session).object();
    const QJsonObject drafts = stored.value(QStringLiteral("drafts")).toObject();
    for (auto draft = drafts.begin(); draft != drafts.end(); ++draft)
        m_drafts.insert(draft.key().toLongLong(), draft.value().toString());
    if (const int width = stored.value(QStringLiteral("listWidth")).toInt(); width > 0)
        m_splitter->setSizes({width, std::max(400, m_splitter->width() - width)});
    if (const qlonglong id = stored.value(QStringLiteral("conversation")).toString().toLongLong(); id != 0)
        openConversation(id);
    else
        m_composer->setText(m_drafts.value(0));
}

} // namespace volary::ui
