// The chat: conversations at the left, the transcript and the composer in the middle, docks at the right.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/chat/conversation_model.h"
#include "ui/chat/drafts.h"
#include "ui/chat/reply_announcer.h"
#include "ui/theme/theme.h"
#include "ui/windows/workspace.h"

#include <QHash>
#include <QString>

class QAction;
class QLabel;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace volary::ui {

class BranchTree;
class Composer;
class ConversationList;
class ErrorCard;
class FindBar;
class ProbabilityPanel;
class ProgressRow;
class SamplingPanel;
class StartPage;
class TimelineStrip;
class TranscriptView;

// Holds the conversation on show as a ConversationModel, turns what the user does into commands, and events
// into changes of the model and the views.
class ChatWorkspace : public Workspace {
    Q_OBJECT

public:
    ChatWorkspace(EngineBridge &bridge, ThemeManager &themes, QWidget *parent = nullptr);
    ~ChatWorkspace() override;

    QString id() const override { return QStringLiteral("chat"); }
    QString title() const override { return tr("Chat"); }
    QString iconName() const override { return QStringLiteral("chat"); }
    QList<QAction *> commands() override { return m_commands; }
    QList<QDockWidget *> docks() override { return m_docks; }
    QWidget *focusTarget() override;
    QByteArray saveSession() const override;
    void restoreSession(const QByteArray &session) override;

    void openConversation(ConversationId conversation);
    void setEnterSends(bool enterSends);
    void setSearchText(const QString &words);

    const ConversationModel &model() const { return m_model; }
    TranscriptView &transcript() { return *m_transcript; }
    Composer &composer() { return *m_composer; }
    ConversationList &list() { return *m_list; }

signals:
    void modelsRequested();
    void pathChanged(); // model().path() leads elsewhere now

private:
    void makeActions();
    QAction *addCommand(const char *id, const QString &text, const QString &icon,
                        const QKeySequence &shortcut, void (ChatWorkspace::*slot)());
    void layOutPage();
    void makeDocks();
    void connectBridge();
    void connectViews();

    // What the user does.
    void newConversation();
    void newPersona();
    void beginWith(SnapshotId persona);
    void send();
    void sendPrompt(const QString &prompt);
    void stop();
    void regenerate();
    void regenerateTurn(TurnId reply);
    void continueReply();
    void continueTurn(TurnId reply);
    void editTurn();
    void beginEdit(TurnId turn);
    void endEdit();
    void branchHere();
    void branchFrom(TurnId turn);
    void copyTurn();
    void keepSnapshot();
    void copyText(TurnId turn);
    void showVersion(int step);
    void previousVersion() { showVersion(-1); }
    void nextVersion() { showVersion(+1); }
    void goTo(TurnId turn);
    void hideTurn(TurnId turn);
    void undoHide();
    void exportConversation();
    void findInConversation();
    void endFind();
    void searchEverywhere();
    void renameConversation();
    void deleteConversation();

    // What the engine says.
    void onOpened(RequestId request, const event::ConversationOpened &opened);
    void onStarted(RequestId request, const event::TurnStarted &started);
    void onAppended(RequestId request, const event::TextAppended &appended);
    void onFinished(RequestId request, const event::TurnFinished &finished);
    void onFailed(RequestId request, const event::GenerationFailed &failed);

    void giveBack(ConversationId conversation);
    void post(Command command); // one that starts a reply
    void showPath();            // the model's path or tree changed
    void refreshActions();
    void refreshTree();
    void refreshComposer();
    void loadTraces(TurnId turn);
    TurnId
    chosenTurn(std::optional<Role> role = {}) const; // the selected one of that role, else the last; -1: none
    GenerationSettings settings() const;
    void storeDraft();

    EngineBridge &m_bridge;
    ThemeManager &m_themes;
    ConversationModel m_model;
    QList<QAction *> m_commands;
    QHash<QString, QAction *> m_byId;
    QList<QDockWidget *> m_docks;

    ConversationList *m_list;
    QSplitter *m_splitter;
    QLabel *m_heading;
    QLabel *m_crumb;
    QStackedWidget *m_pages;
    StartPage *m_start;
    TranscriptView *m_transcript;
    QToolButton *m_toEnd;
    FindBar *m_findBar;
    ErrorCard *m_error;
    ProgressRow *m_reading;
    TimelineStrip *m_timeline;
    Composer *m_composer;
    BranchTree *m_tree;
    SamplingPanel *m_sampling;
    ProbabilityPanel *m_probabilities;
    ReplyAnnouncer m_announcer;

    Drafts m_drafts;
    RequestId m_openRequest = 0; // that is awaited
    RequestId m_reply = 0;       // that is running
    ConversationId m_replyIn = 0;
    QString m_sent; // comes back into the field when sending fails
    std::optional<TurnId> m_editing;
    std::optional<TurnId> m_jumpTo; // after the next opening: a search hit
    std::optional<TurnId> m_hidden; // by the last hide, for undo
    TurnId m_tracesOf = -1;
    RequestId m_tracesRequest = 0;
    RequestId m_createRequest = 0; // the conversation that the first message waits for
    std::optional<Turn> m_live;    // the running reply so far, whichever conversation is on show
};

} // namespace volary::ui
