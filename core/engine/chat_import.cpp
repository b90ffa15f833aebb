#include "core/engine/chat_import.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/engine/turn_text.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace volary {

namespace {

constexpr std::uint64_t kMostFileBytes = 256ull << 20;
constexpr std::size_t kMostTurns = 20'000; // of one conversation
constexpr std::size_t kMostTitleBytes = 200;
constexpr double kLastSecond = 253'402'300'799; // of the year 9999
constexpr int kOwnVersion = 1;                  // of the JSON that exportConversation() writes

Error unknownForm()
{
    return {ErrorCode::Unsupported, "This is no export of conversations that Volary knows.",
            "Choose the conversations.json of a ChatGPT export, a JSON list of messages with role and "
            "content, or a conversation that Volary exported."};
}

Error tooManyTurns(std::string_view title)
{
    return {ErrorCode::Unsupported,
            format("The conversation “%s” has more than %s turns.", printable(title).c_str(),
                   formatCount(kMostTurns).c_str()),
            ""};
}

// Unix seconds, with fractions, as milliseconds; 0 where there is no such time.
std::int64_t millisecondsOf(const Json *seconds)
{
    const double value = seconds ? seconds->number() : 0;
    return value > 0 && value <= kLastSecond ? std::int64_t(value * 1000) : 0;
}

std::int64_t timeOf(const Json *milliseconds)
{
    const std::int64_t value = milliseconds ? milliseconds->integerOr(0) : 0;
    return value > 0 && value <= std::int64_t(kLastSecond) * 1000 ? value : 0;
}

std::string stringAt(const Json &object, std::string_view key)
{
    const Json *value = object.find(key);
    return value ? value->stringOr("") : std::string();
}

std::optional<Role> roleOf(std::string_view name)
{
    if (name == "user")
        return Role::User;
    if (name == "assistant")
        return Role::Assistant;
    return {};
}

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void setTitle(ImportedChat &chat, std::string_view title)
{
    chat.conversation.title = printable(title, kMostTitleBytes);
}

// The id of the new turn.
TurnId addTurn(ImportedChat &chat, std::optional<TurnId> parent, Role role, std::string text,
               std::int64_t createdMs)
{
    std::erase(text, '\0'); // nothing that shows or searches text expects one
    Turn turn;
    turn.id = TurnId(chat.turns.size()) + 1;
    turn.parent = parent;
    turn.role = role;
    turn.text = std::move(text);
    turn.createdMs = createdMs;
    chat.turns.push_back(std::move(turn));
    return chat.turns.back().id;
}

void keep(ChatExport &all, ImportedChat chat)
{
    if (chat.turns.empty()) {
        ++all.empty;
        return;
    }
    for (Turn &turn : chat.turns) {
        chat.bytes += std::int64_t(turn.text.size());
        turn.statsJson = Json(Json::Object{{std::string(kImportedNote), all.kind}}).dump();
    }
    if (!chat.conversation.current)
        chat.conversation.current = chat.turns.back().id;
    all.chats.push_back(std::move(chat));
}

// A message of a ChatGPT export: its text, where it is one of the two who talk.
struct Message {
    std::optional<Role> role; // nothing: not a part of the conversation
    std::string text;
    std::int64_t createdMs = 0;
    std::int64_t leftOut = 0; // of it
};

// Text and what else stands in a list of parts: strings, {"type": "text", "text"}, or images and the like.
void addParts(const Json &parts, Message &message)
{
    const Json::Array *list = parts.array();
    if (!list) {
        message.text = parts.stringOr("");
        return;
    }
    for (const Json &part : *list) {
        const std::string text = part.string() ? *part.string() : stringAt(part, "text");
        if (isBlank(text)) {
            message.leftOut += part.object() ? 1 : 0;
            continue;
        }
        message.text += (message.text.empty() ? "" : "\n") + text;
    }
}

Message messageOf(const Json &json)
{
    Message message;
    const Json *author = json.find("author");
    const Json *content = json.find("content");
    const Json *metadata = json.find("metadata");
    const Json *hidden = metadata ? metadata->find("is_visually_hidden_from_conversation") : nullptr;
    if (!author || !content || (hidden && hidden->boolOr(false)))
        return message;
    const auto role = roleOf(stringAt(*author, "role"));
    const std::string type = stringAt(*content, "content_type");
    const std::string recipient = stringAt(json, "recipient"); // of a call of a tool: its name
    const Json *parts = content->find("parts");
    if (parts && (type == "text" || type == "multimodal_text"))
        addParts(*parts, message);
    else
        message.leftOut = 1;
    const bool said = role && (recipient.empty() || recipient == "all");
    if (!isBlank(message.text) && said) {
        message.role = role;
        message.createdMs = millisecondsOf(json.find("create_time"));
    } else {
        message.leftOut += isBlank(message.text) ? 0 : 1;
    }
    return message;
}

// A conversation of a ChatGPT export: nodes by name, each with its parent and children.
class ChatGptTree {
public:
    explicit ChatGptTree(const Json &conversation) : m_json(conversation) {}

    Result<ImportedChat> read()
    {
        const Json *mapping = m_json.find("mapping");
        if (!mapping || !mapping->object())
            return unknownForm();
        m_nodes = mapping->object();
        setTitle(m_chat, stringAt(m_json, "title"));
        m_chat.conversation.createdMs = millisecondsOf(m_json.find("create_time"));
        m_chat.conversation.updatedMs = millisecondsOf(m_json.find("update_time"));
        for (const auto &[name, node] : *m_nodes) {
            if (!m_nodes->contains(stringAt(node, "parent")))
                TRY_(readFrom(name));
        }
        for (const auto &[name, node] : *m_nodes) { // that no beginning leads to
            const Json *message = node.find("message");
            m_chat.leftOut += message && !message->isNull() && !m_seen.contains(name) ? 1 : 0;
        }
        const auto current = m_turnAt.find(stringAt(m_json, "current_node"));
        if (current != m_turnAt.end())
            m_chat.conversation.current = current->second;
        return std::move(m_chat);
    }

private:
    struct Place {
        std::string_view node;
        std::optional<TurnId> parent; // the nearest kept turn above
        bool alone = false;           // no other branch begins between that one and here
    };

    // Depth first, and each node once, however the file ties them together.
    Result<> readFrom(std::string_view root)
    {
        std::vector<Place> waiting{{root, {}, false}};
        while (!waiting.empty()) {
            Place place = waiting.back();
            waiting.pop_back();
            const auto node = m_nodes->find(place.node);
            if (node == m_nodes->end() || !m_seen.insert(place.node).second)
                continue;
            if (const Json *message = node->second.find("message"); message && !message->isNull())
                place = add(place, messageOf(*message));
            if (m_chat.turns.size() > kMostTurns)
                return tooManyTurns(m_chat.conversation.title);
            if (place.parent)
                m_turnAt[std::string(place.node)] = *place.parent;
            const Json *children = node->second.find("children");
            if (!children || !children->array())
                continue;
            const Json::Array &names = *children->array();
            for (auto name = names.rbegin(); name != names.rend(); ++name) {
                if (name->string())
                    waiting.push_back({*name->string(), place.parent, place.alone && names.size() == 1});
            }
        }
        return {};
    }

    // The place below the message.
    Place add(const Place &place, Message message)
    {
        m_chat.leftOut += message.leftOut;
        if (!message.role)
            return place;
        Turn *above = place.parent ? &m_chat.turns[std::size_t(*place.parent - 1)] : nullptr;
        if (above && place.alone && above->role == *message.role) { // one answer, with a tool called between
            above->text += "\n\n" + message.text;
            return place;
        }
        const TurnId id =
            addTurn(m_chat, place.parent, *message.role, std::move(message.text), message.createdMs);
        return {place.node, id, true};
    }

    const Json &m_json;
    const Json::Object *m_nodes = nullptr;
    ImportedChat m_chat;
    std::set<std::string_view> m_seen;
    std::unordered_map<std::string, TurnId> m_turnAt;
};

bool isMessage(const Json &json)
{
    return json.find("role") && json.find("content");
}

// A list of {"role", "content"}, one after the other.
Result<ImportedChat> readMessages(const Json::Array &messages, std::string_view title)
{
    ImportedChat chat;
    setTitle(chat, title);
    std::optional<TurnId> last;
    for (const Json &json : messages) {
        if (!isMessage(json))
            return unknownForm();
        const auto role = roleOf(stringAt(json, "role"));
        Message message;
        addParts(*json.find("content"), message);
        chat.leftOut += message.leftOut;
        if (!role || isBlank(message.text)) {
            chat.leftOut += isBlank(message.text) ? 0 : 1;
            continue;
        }
        if (chat.turns.size() == kMostTurns)
            return tooManyTurns(title);
        last = addTurn(chat, last, *role, std::move(message.text), 0);
    }
    return chat;
}

Result<ImportedChat> readOwn(const Json &json)
{
    const Json *version = json.find("version");
    const Json *turns = json.find("turns");
    if (!version || version->integerOr(0) != kOwnVersion)
        return Error{ErrorCode::Unsupported, "This conversation was exported by a newer Volary.",
                     "Open it with that, or update this one."};
    const auto damaged = [] {
        return Error{ErrorCode::Corrupt, "The turns of this conversation do not belong together.",
                     "Export it again."};
    };
    if (!turns || !turns->array())
        return damaged();
    ImportedChat chat;
    setTitle(chat, stringAt(json, "title"));
    chat.conversation.createdMs = timeOf(json.find("created_ms"));
    chat.conversation.modelName = printable(stringAt(json, "model"), kMostTitleBytes);
    if (turns->array()->size() > kMostTurns)
        return tooManyTurns(chat.conversation.title);
    std::map<std::int64_t, TurnId> ids; // theirs to ours
    for (const Json &turn : *turns->array()) {
        const Json *id = turn.find("id");
        const Json *parent = turn.find("parent");
        const auto role = roleOf(stringAt(turn, "role"));
        if (!id || !id->integer() || !role)
            return damaged();
        std::optional<TurnId> above;
        if (parent && !parent->isNull()) {
            const auto found = ids.find(parent->integerOr(-1));
            if (found == ids.end())
                return damaged();
            above = found->second;
        }
        std::string text = stringAt(turn, "text");
        if (const std::string thought = stringAt(turn, "thought"); !thought.empty())
            text.insert(0, "<think>" + thought + "</think>\n\n");
        const TurnId own = addTurn(chat, above, *role, std::move(text), timeOf(turn.find("created_ms")));
        if (!ids.emplace(*id->integer(), own).second)
            return damaged();
    }
    if (const Json *current = json.find("current"); current && current->integer()) {
        const auto found = ids.find(*current->integer());
        if (found == ids.end())
            return damaged();
        chat.conversation.current = found->second;
    }
    return chat;
}

// The Markdown that exportConversation() writes: a title, and a heading before every turn.
Result<ImportedChat> readMarkdown(std::string_view text)
{
    ImportedChat chat;
    std::optional<TurnId> last;
    std::optional<Role> role;
    std::string turn;
    bool fenced = false; // in a code block, where "## User" is code
    const auto endTurn = [&] {
        const std::size_t end = turn.find_last_not_of("\r\n");
        turn.resize(end == std::string::npos ? 0 : end + 1);
        turn.erase(0, turn.find_first_not_of("\r\n"));
        if (role && !isBlank(turn))
            last = addTurn(chat, last, *role, std::move(turn), 0);
        turn.clear();
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("```"))
            fenced = !fenced;
        if (!fenced && (line == "## User" || line == "## Assistant")) {
            endTurn();
            role = line == "## User" ? Role::User : Role::Assistant;
        } else if (role) {
            turn.append(line) += '\n';
        } else if (line.starts_with("# ")) {
            setTitle(chat, line.substr(2));
        }
        if (chat.turns.size() > kMostTurns)
            return tooManyTurns(chat.conversation.title);
    }
    endTurn();
    if (chat.turns.empty())
        return unknownForm();
    return chat;
}

// One element of a list of conversations, or the only one.
Result<ImportedChat> readConversation(const Json &json, ChatExport &all)
{
    if (json.find("mapping")) {
        all.kind = "ChatGPT";
        return ChatGptTree(json).read();
    }
    const Json *messages = json.find("messages");
    if (!messages || !messages->array())
        return unknownForm();
    all.kind = "OpenAI";
    return readMessages(*messages->array(), stringAt(json, "title"));
}

Result<ChatExport> parseJson(const Json &json)
{
    ChatExport all;
    if (stringAt(json, "format") == "volary-conversation") {
        all.kind = "Volary";
        TRY(ImportedChat chat, readOwn(json));
        keep(all, std::move(chat));
        return all;
    }
    const Json::Array *list = json.array();
    if (!list) {
        TRY(ImportedChat chat, readConversation(json, all));
        keep(all, std::move(chat));
        return all;
    }
    if (!list->empty() && isMessage(list->front())) {
        all.kind = "OpenAI";
        TRY(ImportedChat chat, readMessages(*list, {}));
        keep(all, std::move(chat));
        return all;
    }
    if (list->empty())
        return unknownForm();
    for (const Json &conversation : *list) {
        TRY(ImportedChat chat, readConversation(conversation, all));
        keep(all, std::move(chat));
    }
    return all;
}

} // namespace

Result<ChatExport> parseChatExport(std::string_view text)
{
    if (!isValidUtf8(text))
        return unknownForm();
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && (text[start] == '{' || text[start] == '[')) {
        TRY(const Json json, Json::parse(text));
        return parseJson(json);
    }
    ChatExport all;
    all.kind = "Markdown";
    TRY(ImportedChat chat, readMarkdown(text));
    keep(all, std::move(chat));
    return all;
}

Result<ChatExport> readChatExport(const std::filesystem::path &path)
{
    TRY(const std::string text, readFile(path, kMostFileBytes));
    auto parsed = parseChatExport(text);
    if (!parsed)
        return std::move(parsed).error().during(printable(path.filename().string()));
    return parsed;
}

Result<std::vector<bool>> knownChats(const Library &library, const ChatExport &chats)
{
    std::set<std::int64_t> times;
    for (const auto which : {Library::Which::Kept, Library::Which::Trash}) {
        TRY(const auto there, library.conversations(which));
        for (const Conversation &conversation : there)
            times.insert(conversation.createdMs);
    }
    std::vector<bool> known;
    known.reserve(chats.chats.size());
    for (const ImportedChat &chat : chats.chats) // where the file gives no time, nobody knows
        known.push_back(chat.conversation.createdMs != 0 && times.contains(chat.conversation.createdMs));
    return known;
}

} // namespace volary
