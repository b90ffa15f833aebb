#include "ui/chat/conversation_model.h"

#include <algorithm>

namespace volary::ui {

void ConversationModel::clear()
{
    *this = ConversationModel();
}

void ConversationModel::open(const Conversation &conversation, const std::vector<Turn> &turns)
{
    std::optional<Turn> running;
    if (conversation.id == m_conversation.id)
        running = m_running; // the tree was read anew while a reply is being written
    clear();
    m_conversation = conversation;
    for (const Turn &turn : turns)
        insert(turn);
    std::optional<TurnId> leaf = conversation.current;
    if (!leaf || !m_turns.contains(*leaf))
        leaf = turns.empty() ? std::nullopt : std::optional(turns.back().id);
    tracePath(leaf);
    if (running) {
        tracePath(running->parent);
        m_running = running;
        m_path.push_back(kRunning);
    }
}

void ConversationModel::insert(const Turn &turn)
{
    const bool known = m_turns.contains(turn.id);
    m_turns[turn.id] = turn;
    if (known)
        return;
    auto &siblings = m_children[turn.parent.value_or(kRunning)];
    siblings.insert(std::ranges::upper_bound(siblings, turn.id), turn.id);
}

const Turn *ConversationModel::find(TurnId id) const
{
    if (id == kRunning)
        return m_running ? &*m_running : nullptr;
    const auto found = m_turns.find(id);
    return found == m_turns.end() ? nullptr : &found->second;
}

std::vector<const Turn *> ConversationModel::turns() const
{
    std::vector<const Turn *> all;
    for (const auto &[id, turn] : m_turns)
        all.push_back(&turn);
    std::ranges::sort(all, {}, &Turn::id);
    return all;
}

std::vector<TurnId> ConversationModel::versions(TurnId id) const
{
    const Turn *turn = find(id);
    if (!turn)
        return {};
    const auto siblings = m_children.find(turn->parent.value_or(kRunning));
    std::vector<TurnId> all = siblings == m_children.end() ? std::vector<TurnId>() : siblings->second;
    if (id == kRunning)
        all.push_back(kRunning);
    return all;
}

std::optional<TurnId> ConversationModel::version(TurnId id, int step) const
{
    const auto all = versions(id);
    const auto at = std::ranges::find(all, id) - all.begin() + step;
    if (at < 0 || at >= std::ptrdiff_t(all.size()))
        return std::nullopt;
    return all[std::size_t(at)];
}

void ConversationModel::tracePath(std::optional<TurnId> leaf)
{
    m_path.clear();
    while (leaf && m_path.size() <= m_turns.size()) { // a damaged tree may run in circles
        const auto turn = m_turns.find(*leaf);
        if (turn == m_turns.end())
            break;
        m_path.push_back(*leaf);
        leaf = turn->second.parent;
    }
    std::ranges::reverse(m_path);
}

TurnId ConversationModel::showThrough(TurnId id)
{
    TurnId leaf = id;
    for (std::size_t steps = 0; steps <= m_turns.size(); ++steps) {
        const auto children = m_children.find(leaf);
        if (children == m_children.end() || children->second.empty())
            break;
        leaf = children->second.back();
    }
    tracePath(leaf);
    return leaf;
}

void ConversationModel::showUpTo(TurnId id)
{
    tracePath(id);
}

std::optional<TurnId> ConversationModel::leaf() const
{
    for (auto id = m_path.rbegin(); id != m_path.rend(); ++id) {
        if (*id != kRunning)
            return *id;
    }
    return std::nullopt;
}

void ConversationModel::begin(const std::optional<Turn> &userTurn, const Turn &reply)
{
    if (userTurn)
        insert(*userTurn);
    tracePath(reply.parent);
    m_running = reply;
    m_running->id = kRunning;
    m_path.push_back(kRunning);
}

void ConversationModel::append(const std::string &text)
{
    if (m_running)
        m_running->text += text;
}

void ConversationModel::finish(const Turn &reply)
{
    m_running.reset();
    insert(reply);
    m_conversation.current = reply.id;
    tracePath(reply.id);
}

void ConversationModel::abandon(const std::optional<Turn> &kept)
{
    const std::optional<TurnId> parent = m_running ? m_running->parent : leaf();
    m_running.reset();
    if (kept)
        insert(*kept);
    tracePath(kept ? std::optional(kept->id) : parent);
}

} // namespace volary::ui
