#include "core/engine/export.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/text/reasoning.h"

#include <algorithm>
#include <vector>

namespace volary {

namespace {

constexpr int kFormatVersion = 1;

std::vector<const Turn *> pathTo(std::span<const Turn> turns, std::optional<TurnId> leaf)
{
    std::vector<const Turn *> path;
    while (leaf) {
        const auto found = std::ranges::find(turns, *leaf, &Turn::id);
        if (found == turns.end())
            break;
        path.push_back(&*found);
        leaf = found->parent;
    }
    std::ranges::reverse(path);
    return path;
}

// What a model thought before is no part of what it answered.
std::string_view answerOf(const Turn &turn)
{
    return turn.role == Role::Assistant ? splitReasoning(turn.text).answer : std::string_view(turn.text);
}

std::string asMarkdown(const Conversation &conversation, std::span<const Turn *const> path)
{
    std::string text = "# " + conversation.title + "\n";
    for (const Turn *turn : path)
        text += std::string("\n## ") + (turn->role == Role::User ? "User" : "Assistant") + "\n\n" +
                std::string(answerOf(*turn)) + "\n";
    return text;
}

std::string_view statusName(TurnStatus status)
{
    switch (status) {
    case TurnStatus::Partial: return "partial";
    case TurnStatus::Finished: return "finished";
    case TurnStatus::Stopped: return "stopped";
    }
    return "";
}

Json asJson(const Turn &turn)
{
    Json::Object values{{"id", turn.id},
                        {"parent", turn.parent ? Json(*turn.parent) : Json()},
                        {"role", turn.role == Role::User ? "user" : "assistant"},
                        {"status", statusName(turn.status)},
                        {"text", answerOf(turn)},
                        {"created_ms", turn.createdMs},
                        {"tokens", turn.tokens}};
    if (const Reasoning parts = splitReasoning(turn.text); turn.role == Role::Assistant && parts.present)
        values.emplace("thought", parts.thought);
    return values;
}

std::string asJson(const Conversation &conversation, std::span<const Turn> turns)
{
    Json::Array list;
    for (const Turn &turn : turns)
        list.push_back(asJson(turn));
    return Json(Json::Object{{"format", "volary-conversation"},
                             {"version", kFormatVersion},
                             {"title", conversation.title},
                             {"created_ms", conversation.createdMs},
                             {"model", conversation.modelName},
                             {"model_fingerprint", conversation.modelFingerprint},
                             {"current", conversation.current ? Json(*conversation.current) : Json()},
                             {"turns", std::move(list)}})
               .dumpPretty() +
           "\n";
}

} // namespace

Result<> exportConversation(const Conversation &conversation, std::span<const Turn> turns,
                            std::optional<TurnId> leaf, const std::filesystem::path &path)
{
    std::string text;
    if (path.extension() == ".json")
        text = asJson(conversation, turns);
    else if (path.extension() == ".md")
        text = asMarkdown(conversation, pathTo(turns, leaf ? leaf : conversation.current));
    else
        return Error{
            ErrorCode::Invalid,
            format("%s ends neither in .md nor in .json.", printable(path.filename().string()).c_str()),
            "Choose one of the two endings."};
    return writeFileAtomically(path, std::as_bytes(std::span(text)));
}

} // namespace volary
