#include "core/text/chat_format.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\v\f";

constexpr std::string_view kTurnStart = "<|im_start|>", kTurnEnd = "<|im_end|>";

ChatSegment plain(std::string_view text)
{
    return {std::string(text), false};
}

ChatSegment special(std::string_view name)
{
    return {std::string(name), true};
}

// The format of RWKV World models; those of G1 begin the reply with a thinking block, open or closed. The
// lead leaves out the last ">": the models were trained on tokens that join it with what follows.
ChatFormat rwkvFormat(std::string_view id, std::string_view title, std::string_view lead)
{
    ChatFormat format{.id = std::string(id),
                      .title = std::string(title),
                      .system = {plain("System: ")},
                      .systemEnd = {plain("\n\n")},
                      .next = {plain("\n\n")},
                      .user = {plain("User: ")},
                      .reply = {plain("\n\nAssistant:")},
                      .lead = std::string(lead),
                      .stops = {"\n\nUser:"},
                      .endTokens = {},
                      .collapseBlankLines = true};
    if (!lead.empty())
        format.reply.front().text += " ";
    return format;
}

ChatFormat chatml()
{
    return {.id = "chatml",
            .title = "ChatML (Qwen)",
            .system = {special(kTurnStart), plain("system\n")},
            .systemEnd = {special(kTurnEnd), plain("\n")},
            .next = {special(kTurnEnd), plain("\n")}, // the end of a reply is taken back when it is found
            .user = {special(kTurnStart), plain("user\n")},
            .reply = {special(kTurnEnd), plain("\n"), special(kTurnStart), plain("assistant\n")},
            .lead = {},
            .stops = {},
            .endTokens = {std::string(kTurnEnd), "<|endoftext|>"},
            .collapseBlankLines = false};
}

const std::vector<ChatFormat> &formatTable()
{
    static const std::vector<ChatFormat> formats{
        rwkvFormat("rwkv-chat", "RWKV chat", ""),
        rwkvFormat("rwkv-g1", "RWKV G1", "<think></think"),
        rwkvFormat("rwkv-g1-thinking", "RWKV G1, thinking", "<think"),
        chatml(),
        ChatFormat{.id = "raw",
                   .title = "Plain text",
                   .system = {},
                   .systemEnd = {},
                   .next = {},
                   .user = {},
                   .reply = {},
                   .lead = {},
                   .stops = {},
                   .endTokens = {}},
    };
    return formats;
}

std::string withUnixLineEnds(std::string_view text)
{
    std::string unixText;
    unixText.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r')
            unixText.push_back(text[i]);
        else if (i + 1 == text.size() || text[i + 1] != '\n')
            unixText.push_back('\n');
    }
    return unixText;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(kWhiteSpace);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

void append(std::vector<ChatSegment> &segments, ChatSegment segment)
{
    if (segment.text.empty())
        return;
    if (!segment.special && !segments.empty() && !segments.back().special)
        segments.back().text += segment.text;
    else
        segments.push_back(std::move(segment));
}

void append(std::vector<ChatSegment> &segments, std::span<const ChatSegment> more)
{
    for (const ChatSegment &segment : more)
        append(segments, segment);
}

} // namespace

std::string ChatFormat::sanitize(std::string_view userText) const
{
    if (!collapseBlankLines)
        return std::string(userText);
    std::string text = withUnixLineEnds(userText);
    const auto bothBreaks = [](char a, char b) { return a == '\n' && b == '\n'; };
    text.erase(std::unique(text.begin(), text.end(), bothBreaks), text.end());
    return std::string(trimmed(text));
}

std::vector<ChatSegment> ChatFormat::openTurn(std::string_view userText, bool first,
                                              std::string_view systemText) const
{
    std::vector<ChatSegment> segments = answeredTurn(userText, first, systemText);
    append(segments, plain(lead));
    return segments;
}

std::vector<ChatSegment> ChatFormat::answeredTurn(std::string_view userText, bool first,
                                                  std::string_view systemText) const
{
    std::vector<ChatSegment> segments;
    const auto writeText = [&](std::string_view text) {
        const std::string clean = sanitize(text);
        // Without a text there is no space either: a trailing space would be a token of its own.
        if (clean.empty() && !segments.empty() && segments.back().text.ends_with(' '))
            segments.back().text.pop_back();
        append(segments, plain(clean));
    };
    if (!first) {
        append(segments, next);
    } else if (!system.empty() && !sanitize(systemText).empty()) {
        append(segments, system);
        writeText(systemText);
        append(segments, systemEnd);
    }
    append(segments, user);
    writeText(userText);
    append(segments, reply);
    return segments;
}

std::vector<ChatSegment> ChatFormat::writtenReply(std::string_view text) const
{
    const bool afterColon = !reply.empty() && reply.back().text.ends_with(':');
    std::vector<ChatSegment> segments;
    if (const std::string clean = sanitize(text); !clean.empty())
        append(segments, plain((afterColon ? " " : "") + clean));
    return segments;
}

std::vector<ChatSegment> ChatFormat::openSystem(std::string_view systemText) const
{
    std::vector<ChatSegment> segments;
    append(segments, system);
    append(segments, plain(sanitize(systemText)));
    return segments;
}

Result<std::vector<TokenId>> encode(const Tokenizer &tokenizer, std::span<const ChatSegment> segments)
{
    std::vector<TokenId> tokens;
    for (const ChatSegment &segment : segments) {
        if (!segment.special) {
            const std::vector<TokenId> text = tokenizer.encode(segment.text);
            tokens.insert(tokens.end(), text.begin(), text.end());
            continue;
        }
        const auto token = tokenizer.specialToken(segment.text);
        if (!token)
            return Error{ErrorCode::Unsupported,
                         "The vocabulary of this model has no token " + segment.text +
                             ", which the chat format needs.",
                         "Choose another chat format, or the model's own."};
        tokens.push_back(*token);
    }
    return tokens;
}

std::string_view suggestedChatFormat(const Tokenizer &tokenizer)
{
    const bool hasMarks = tokenizer.specialToken(kTurnStart) && tokenizer.specialToken(kTurnEnd);
    return hasMarks ? "chatml" : "rwkv-chat";
}

std::span<const ChatFormat> chatFormats()
{
    return formatTable();
}

const ChatFormat *findChatFormat(std::string_view id)
{
    const auto formats = chatFormats();
    const auto found =
        std::find_if(formats.begin(), formats.end(), [&](const ChatFormat &f) { return f.id == id; });
    return found == formats.end() ? nullptr : &*found;
}

} // namespace volary
