// How the chat is put together: its actions, the page, the docks, and what is connected to what. What it does
// stands in chat_workspace.cpp.
#include "ui/chat/chat_workspace.h"

#include "ui/chat/composer.h"
#include "ui/chat/conversation_list.h"
#include "ui/chat/find_bar.h"
#include "ui/chat/panels/branch_tree.h"
#include "ui/chat/panels/probability_panel.h"
#include "ui/chat/panels/sampling_panel.h"
#include "ui/chat/panels/timeline_strip.h"
#include "ui/chat/persona_chooser.h"
#include "ui/chat/start_page.h"
#include "ui/chat/transcript_view.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"

#include <QAction>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

ChatWorkspace::ChatWorkspace(EngineBridge &bridge, ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes), m_splitter(new QSplitter(this)),
      m_heading(new QLabel), m_crumb(new QLabel), m_pages(new QStackedWidget),
      m_start(new StartPage(bridge, themes)), m_transcript(new TranscriptView(themes, m_model)),
      m_toEnd(new QToolButton), m_findBar(new FindBar(themes)), m_error(new ErrorCard(themes)),
      m_reading(new ProgressRow(themes, tr("Reading"))), m_timeline(new TimelineStrip(themes, nullptr)),
      m_composer(new Composer(themes)), m_tree(new BranchTree(themes, nullptr)),
      m_sampling(new SamplingPanel(themes, nullptr)), m_probabilities(new ProbabilityPanel(themes, nullptr)),
      m_announcer(this)
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
    addCommand("chat.newPersona", tr("New persona …"), QStringLiteral("plus"), {}, &W::newPersona);
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
    addCommand("chat.keepSnapshot", tr("&Keep the state after the turn…"), QStringLiteral("pin"), {},
               &W::keepSnapshot);
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

    m_findBar->hide();
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
    connect(&m_start->personas(), &PersonaChooser::changed, this, &ChatWorkspace::beginWith);
    connect(&m_start->personas(), &PersonaChooser::newRequested, this, &ChatWorkspace::newPersona);
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

    connect(m_findBar, &FindBar::closeRequested, this, &ChatWorkspace::endFind);
    connect(m_findBar, &FindBar::findRequested, this, [this](const QString &words, bool forward) {
        if (!m_transcript->find(words, forward))
            emit statusMessage(tr("“%1” does not occur here.").arg(words));
    });

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
        m_start->personas().choose(settings().beginning);
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

} // namespace volary::ui
