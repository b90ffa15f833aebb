// The tree of turns of one conversation, and the path through it that is shown.
#pragma once

#include "core/engine/messages.h"

#include <optional>
#include <unordered_map>
#include <vector>

namespace volary::ui {

// Values only: no widgets, no engine. The reply that is being written is a turn with id kRunning until it is
// finished.
class ConversationModel {
public:
    static constexpr TurnId kRunning = 0;

    void clear();
    void open(const Conversation &conversation, const std::vector<Turn> &turns);
    void setConversation(const Conversation &conversation) { m_conversation = conversation; }
    const Conversation &conversation() const { return m_conversation; }
    bool isOpen() const { return m_conversation.id != 0; }

    // The shown path, first turn first; the running reply last.
    const std::vector<TurnId> &path() const { return m_path; }
    const Turn *find(TurnId id) const; // null when there is none
    std::vector<const Turn *>
    turns() const; // of the whole tree, in the order of ids, the running reply excluded

    // Versions of a turn: all with its parent, in the order of ids; itself included.
    std::vector<TurnId> versions(TurnId id) const;
    // The neighbouring version; nothing at the ends.
    std::optional<TurnId> version(TurnId id, int step) const;

    // Shows the path through `id` down to its newest leaf, and returns that leaf. With `here` it ends at
    // `id`: the next message branches there.
    TurnId showThrough(TurnId id);
    void showUpTo(TurnId id);
    std::optional<TurnId> leaf() const; // of the shown path; never the running reply

    // Events of a running reply.
    void begin(const std::optional<Turn> &userTurn, const Turn &reply);
    void append(const std::string &text);
    void finish(const Turn &reply);
    void abandon(const std::optional<Turn> &kept); // the reply failed
    bool isRunning() const { return m_running.has_value(); }

private:
    void insert(const Turn &turn);
    void tracePath(std::optional<TurnId> leaf);

    Conversation m_conversation;
    std::unordered_map<TurnId, Turn> m_turns;
    std::unordered_map<TurnId, std::vector<TurnId>> m_children; // by parent; first turns under kRunning
    std::vector<TurnId> m_path;
    std::optional<Turn> m_running;
};

} // namespace volary::ui
