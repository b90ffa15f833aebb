#include "ui/chat/chat_workspace.h"

#include "core/text/reasoning.h"
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
#include "ui/widgets/name_dialog.h"
#include "ui/widgets/progress_row.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QStackedWidget>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr TurnId kNoTurn = -1;
constexpr int kSummaryLetters = 80;
constexpr int kSuggestedName = 40;

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
    m_composer->setText(m_drafts.of(0));
    showPath();
    m_composer->edit().setFocus();
    emit sessionChanged();
}

void ChatWorkspace::newPersona()
{
    if (!m_model.path().empty()) // the page where it is chosen
        newConversation();
    m_start->personas().makePersona(settings().chatFormat);
}

// A conversation in which something was said has begun already.
void ChatWorkspace::beginWith(SnapshotId persona)
{
    if (m_model.path().empty())
        m_sampling->setBeginning(persona);
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
    const bool meant = m_transcript->selected() == reply || m_model.leaf() == reply;
    if (turn && meant && !turn->parent && turn->role == Role::Assistant) { // it came with a snapshot
        emit statusMessage(tr("This text was read, not written: there is nothing to regenerate"));
        return;
    }
    // Without a reply the last message may still be waiting for one: after a failure.
    const TurnId user = turn && turn->parent ? *turn->parent : chosenTurn(Role::User);
    if (m_reply == 0 && m_bridge.model() && user != kNoTurn)
        post(command::Regenerate{m_model.conversation().id, user, settings()});
}

void ChatWorkspace::keepSnapshot()
{
    const Turn *turn = m_model.find(chosenTurn());
    if (!turn || !turn->snapshot)
        return;
    const QString words = QString::fromStdString(turn->text).simplified().left(kSuggestedName);
    askForSnapshotName(this, words, [this, id = *turn->snapshot](const QString &name) {
        m_bridge.post(command::NameSnapshot{id, name.toStdString()});
        emit statusMessage(name.isEmpty() ? tr("The snapshot has no name now")
                                          : tr("“%1” is among the kept snapshots").arg(name));
    });
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
    m_composer->setText(m_drafts.of(m_model.conversation().id));
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
    m_findBar->popUp();
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
        m_drafts.keep(0, {});
        showPath();
        send();
    } else {
        if (another)
            m_composer->setText(m_drafts.of(opened.conversation.id));
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
    emit statusMessage(started.tokensReused > 0 ? tr("%1 of %2 tokens read, the rest was known")
                                                      .arg(started.tokensRead)
                                                      .arg(started.tokensRead + started.tokensReused)
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
    m_announcer.append(appended.text);
}

void ChatWorkspace::onFinished(RequestId request, const event::TurnFinished &finished)
{
    if (request != m_reply)
        return;
    m_reply = 0;
    m_live.reset();
    m_announcer.finish();
    if (finished.conversation == m_model.conversation().id) {
        m_model.finish(finished.reply);
        showPath();
        loadTraces(finished.reply.id);
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
    m_announcer.finish();
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
    const QString since = onShow ? m_composer->text() : m_drafts.of(conversation);
    const QString text = since.isEmpty() ? m_sent : m_sent + u'\n' + since;
    m_sent.clear();
    if (onShow)
        m_composer->setText(text);
    else
        m_drafts.keep(conversation, text);
}

// Keeping the views in step.
// .

void ChatWorkspace::showPath()
{
    const bool somethingSaid = !m_model.path().empty();
    m_pages->setCurrentWidget(somethingSaid ? static_cast<QWidget *>(m_transcript) : m_start);
    m_start->personas().choose(settings().beginning);
    m_timeline->setVisible(somethingSaid);
    m_heading->setText(m_model.isOpen() ? QString::fromStdString(m_model.conversation().title) : QString());
    const Turn *last = m_model.leaf() ? m_model.find(*m_model.leaf()) : nullptr;
    const qsizetype turns = qsizetype(m_model.path().size());
    const QString persona = m_start->personas().nameOf(settings().beginning);
    m_crumb->setText(last ? (persona.isEmpty() ? QString() : tr("begun with “%1”, ").arg(persona)) +
                                (turns == 1 ? tr("1 turn, ") : tr("%1 turns, ").arg(turns)) +
                                tr("%1 tokens").arg(QLocale().toString(qlonglong(last->position)))
                          : QString());
    m_transcript->reload();
    refreshTree();
    refreshComposer();
    refreshActions();
    emit pathChanged();
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
    enable("chat.newPersona", m_bridge.model() != nullptr);
    enable("chat.continue", ready && hasReply);
    enable("chat.regenerate", ready && hasUser);
    enable("chat.edit", idle && hasUser);
    enable("chat.branch", idle && chosen != kNoTurn);
    enable("chat.previousVersion", idle && chosen != kNoTurn && m_model.version(chosen, -1).has_value());
    enable("chat.nextVersion", idle && chosen != kNoTurn && m_model.version(chosen, 1).has_value());
    enable("chat.undoHide", m_hidden.has_value());
    enable("chat.copyTurn", chosen != kNoTurn);
    enable("chat.keepSnapshot", chosen != kNoTurn && m_model.find(chosen)->snapshot.has_value());
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

void ChatWorkspace::storeDraft()
{
    if (!m_editing)
        m_drafts.keep(m_model.conversation().id, m_composer->text());
    emit sessionChanged();
}

QByteArray ChatWorkspace::saveSession() const
{
    const QJsonObject session{{QStringLiteral("conversation"), QString::number(m_model.conversation().id)},
                              {QStringLiteral("drafts"), m_drafts.toJson()},
                              {QStringLiteral("listWidth"), m_splitter->sizes().value(0)}};
    return QJsonDocument(session).toJson(QJsonDocument::Compact);
}

void ChatWorkspace::restoreSession(const QByteArray &session)
{
    const QJsonObject stored = QJsonDocument::fromJson(session).object();
    m_drafts.addFrom(stored.value(QStringLiteral("drafts")).toObject());
    if (const int width = stored.value(QStringLiteral("listWidth")).toInt(); width > 0)
        m_splitter->setSizes({width, std::max(400, m_splitter->width() - width)});
    if (const qlonglong id = stored.value(QStringLiteral("conversation")).toString().toLongLong(); id != 0)
        openConversation(id);
    else
        m_composer->setText(m_drafts.of(0));
}

} // namespace volary::ui
