#include "core/engine/reply.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/engine/turn_text.h"
#include "core/text/reasoning.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <random>

namespace volary {

namespace {

using Clock = std::chrono::steady_clock;

// The oath promises two seconds; one leaves room for a slow disk.
constexpr auto kPartialEvery = std::chrono::seconds(1);
constexpr std::size_t kTitleBytes = 48;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t nowNs()
{
    return Clock::now().time_since_epoch().count();
}

// A seed of 0 asks for a new one each time; the one used is noted with the turn.
void chooseSeed(SamplerSettings &settings)
{
    while (settings.seed == 0)
        settings.seed = std::uint64_t(std::random_device{}()) << 21 ^ std::random_device{}();
}

const Turn *find(const std::vector<Turn> &turns, TurnId id)
{
    const auto found = std::ranges::find(turns, id, &Turn::id);
    return found == turns.end() ? nullptr : &*found;
}

Error turnIsGone()
{
    return {ErrorCode::NotFound, "This turn is no longer in the library.", "Open the conversation again."};
}

// Replies start with the space that follows "Assistant:"; people do not want to see it.
void trimStart(std::string &text)
{
    text.erase(0, text.find_first_not_of(" \n\r\t"));
}

// The first line, cut at a word.
std::string titleFrom(std::string_view text)
{
    std::string title(text.substr(0, text.find('\n')));
    if (title.size() <= kTitleBytes)
        return title;
    const std::size_t space = title.rfind(' ', kTitleBytes);
    title.resize(space == std::string::npos ? kTitleBytes : space);
    while (!title.empty() && (title.back() & 0xC0) == 0x80) // never in the middle of a character
        title.pop_back();
    if (!isValidUtf8(title) && !title.empty())
        title.pop_back();
    return title + "…";
}

// The format that the nearest user turn at or above `from` was written in; empty where that was not noted.
std::string notedFormat(const std::vector<Turn> &turns, std::optional<TurnId> from)
{
    while (from) {
        const Turn *turn = find(turns, *from);
        if (!turn)
            break;
        if (turn->role == Role::User) {
            const auto notes = Json::parse(turn->statsJson);
            const Json *format = notes ? notes.value().find("chat_format") : nullptr;
            return format ? format->stringOr("") : "";
        }
        from = turn->parent;
    }
    return {};
}

// The first of the names that is known.
const ChatFormat &firstFormat(std::initializer_list<std::string_view> names)
{
    for (const std::string_view name : names) {
        if (const ChatFormat *format = findChatFormat(name))
            return *format;
    }
    return chatFormats().front();
}

// What the text of a reply has before that of its tokens: the lead of its format.
std::string leadOf(const Turn &reply, const std::vector<TokenTrace> &traces, const Tokenizer &tokenizer)
{
    Utf8Stream stream;
    std::string text;
    for (const TokenTrace &trace : traces)
        text += stream.push(tokenizer.bytes(trace.token));
    text += stream.flush();
    return reply.text.ends_with(text) ? reply.text.substr(0, reply.text.size() - text.size()) : std::string();
}

// How many tokens a reply thought before it answered; 0 when it did not, or never came to an end of it.
std::int64_t thoughtTokens(const Turn &reply, const std::vector<TokenTrace> &traces,
                           const Tokenizer &tokenizer)
{
    const Reasoning parts = splitReasoning(reply.text);
    if (!parts.closed || parts.thought.empty())
        return 0;
    std::size_t rest = reply.text.size() - parts.thoughtEnd; // counted from the end: a lead has no tokens
    auto count = std::int64_t(traces.size());
    for (auto trace = traces.rbegin(); trace != traces.rend(); ++trace, --count) {
        const std::size_t bytes = tokenizer.bytes(trace->token).size();
        if (bytes > rest)
            break;
        rest -= bytes;
    }
    return count;
}

} // namespace

ReplyJob::ReplyJob(LoadedModel &model, StoreThread &store, std::stop_token stop, Emit emit, Observe observe)
    : m_model(model), m_store(store), m_stop(std::move(stop)), m_emit(std::move(emit)),
      m_observe(std::move(observe))
{}

void ReplyJob::run(const command::SendMessage &command)
{
    runAny(command);
}
void ReplyJob::run(const command::Regenerate &command)
{
    runAny(command);
}
void ReplyJob::run(const command::ContinueReply &command)
{
    runAny(command);
}
void ReplyJob::run(const command::BranchAtToken &command)
{
    runAny(command);
}

template <typename Command>
void ReplyJob::runAny(const Command &command)
{
    const auto work = [&]() -> Result<> {
        GenerationSettings settings = command.settings;
        TRY_(settings.sampler.validate());
        TRY(Session session, m_model.newSession(settings.sampler));
        TRY(Start start, prepare(command, session));
        start.reply.conversation = command.conversation;
        start.reply.role = Role::Assistant;
        if (!start.continued || settings.sampler.seed != 0) {
            chooseSeed(settings.sampler);
        } else { // going on means going on with the same random numbers
            settings.sampler.seed = session.sampler().state().settings.seed;
        }
        session.sampler().setSettings(settings.sampler);
        if (!start.continued)
            session.sampler().restart();
        return generate(session, start, settings);
    };
    if (auto done = work(); !done)
        fail(command.conversation, std::move(done).error());
}

void ReplyJob::fail(ConversationId conversation, Error error)
{
    m_emit(event::GenerationFailed{conversation, m_partial, std::move(error)});
}

Result<std::vector<Turn>> ReplyJob::turnsOf(ConversationId conversation)
{
    return m_store.call<std::vector<Turn>>([&](Library &library) { return library.turns(conversation); });
}

Result<> ReplyJob::restore(Session &session, const std::vector<Turn> &turns, TurnId id,
                           const GenerationSettings &settings, Start &start)
{
    const Turn *turn = find(turns, id);
    if (!turn)
        return turnIsGone();
    if (turn->snapshot) {
        TRY(const auto image, m_store.call<std::shared_ptr<const SnapshotImage>>(
                                  [&](Library &library) { return library.loadSnapshot(*turn->snapshot); }));
        TRY_(session.restore(*image));
        start.reused = std::int64_t(image->tokens.size());
        return {};
    }
    if (turn->status != TurnStatus::Partial)
        return readText(session, turns, *turn, settings, start);
    if (turn->parent)
        TRY_(restore(session, turns, *turn->parent, settings, start));
    TRY(const auto tokens, m_store.call<std::vector<TokenId>>(
                               [&](Library &library) { return library.partialTokens(turn->id); }));
    return read(session, tokens, turn->conversation, start);
}

Result<> ReplyJob::readText(Session &session, const std::vector<Turn> &turns, const Turn &turn,
                            const GenerationSettings &settings, Start &start)
{
    std::vector<const Turn *> path; // down to the turn, below the nearest one that can be restored
    std::optional<TurnId> next = turn.id;
    for (auto above = turns.rbegin(); above != turns.rend() && next; ++above) { // parents have lower ids
        if (above->id != *next)
            continue;
        if (above->snapshot || above->status == TurnStatus::Partial)
            break;
        path.push_back(&*above);
        next = above->parent;
    }
    std::ranges::reverse(path);
    TRY_(next ? restore(session, turns, *next, settings, start) : begin(session, settings, start));
    const ChatFormat &format = formatOfPrompt(turns, turn.id, settings);
    TRY(const TurnTokens text, tokensOf(path, session.tokens().empty(), format, m_model.tokenizer()));
    TRY_(read(session, text.tokens, turn.conversation, start));
    if (session.tokens().empty())
        return {};
    TRY(const SnapshotImage image, session.snapshot());
    TRY_(m_store.call<std::monostate>(
        [&](Library &library) { return library.keepState(turn.id, std::int64_t(text.ofLast), image); }));
    return {};
}

Result<> ReplyJob::skipKnown(Session &session, std::span<const TokenId> &tokens, Start &start)
{
    std::vector<TokenId> all(session.tokens().begin(), session.tokens().end());
    all.insert(all.end(), tokens.begin(), tokens.end());
    const PrefixQuery query{.model = session.identity(),
                            .beginning = session.beginning(),
                            .tokens = all,
                            .longerThan = std::int64_t(session.tokens().size())};
    TRY(const auto image, m_store.call<std::shared_ptr<const SnapshotImage>>(
                              [&](Library &library) { return library.longestPrefix(query); }));
    if (!image)
        return {};
    tokens = tokens.subspan(image->tokens.size() - session.tokens().size());
    const Sampler sampler = session.sampler();
    TRY_(session.restore(*image));
    session.sampler() = sampler;
    start.reused = std::int64_t(image->tokens.size());
    return {};
}

Result<> ReplyJob::read(Session &session, std::span<const TokenId> tokens, ConversationId conversation,
                        Start &start)
{
    const auto begin = Clock::now();
    TRY_(skipKnown(session, tokens, start));
    const auto total = std::int64_t(tokens.size());
    TRY_(session.feed(tokens, m_stop, [&](std::size_t done) {
        m_emit(event::PromptProgress{conversation, std::int64_t(done), total});
    }));
    start.read += total;
    start.seconds += secondsSince(begin);
    return {};
}

Result<Turn> ReplyJob::saveUserTurn(const command::SendMessage &command, Session &session,
                                    const ChatFormat &format, std::int64_t tokens)
{
    Turn turn;
    turn.conversation = command.conversation;
    turn.parent = command.parent;
    turn.role = Role::User;
    turn.text = command.text;
    turn.tokens = tokens;
    turn.statsJson = Json(Json::Object{{"chat_format", format.id}}).dump();
    turn.position = std::int64_t(session.tokens().size());
    TRY(const SnapshotImage image, session.snapshot());
    return m_store.call<Turn>([&](Library &library) -> Result<Turn> {
        TRY(const TurnId id, library.saveTurn(turn, {}, image));
        return library.turn(id);
    });
}

Result<> ReplyJob::nameAfter(const command::SendMessage &command)
{
    TRY(const Conversation renamed, m_store.call<Conversation>([&](Library &library) -> Result<Conversation> {
        TRY(const Conversation conversation, library.conversation(command.conversation));
        if (conversation.title.empty())
            TRY_(library.renameConversation(command.conversation, titleFrom(command.text)));
        return library.conversation(command.conversation);
    }));
    m_emit(event::ConversationChanged{renamed});
    return {};
}

Result<> ReplyJob::begin(Session &session, const GenerationSettings &settings, Start &start)
{
    if (settings.beginning != 0) {
        auto image = m_store.call<std::shared_ptr<const SnapshotImage>>(
            [&](Library &library) { return library.loadSnapshot(settings.beginning); });
        if (!image && image.error().code == ErrorCode::NotFound)
            return Error{ErrorCode::NotFound,
                         "The persona that this chat begins with is no longer in the library.",
                         "Choose another one, or none, and send the message again."};
        TRY(const auto loaded, std::move(image));
        TRY_(session.restore(*loaded));
        start.reused = std::int64_t(loaded->tokens.size());
    } else if (!settings.initialState.empty()) {
        TRY(const auto tuned, openTensorFile(settings.initialState));
        TRY_(session.resetTo(*tuned));
    }
    return {};
}

Result<ReplyJob::Start> ReplyJob::prepare(const command::SendMessage &command, Session &session)
{
    Start start;
    std::string before; // a conversation keeps its format until another one is chosen
    if (command.parent) {
        TRY(const auto turns, turnsOf(command.conversation));
        TRY_(restore(session, turns, *command.parent, command.settings, start));
        before = notedFormat(turns, command.parent);
    } else if (command.beginsFrom) {
        TRY(const auto image, m_store.call<std::shared_ptr<const SnapshotImage>>([&](Library &library) {
            return library.loadSnapshot(*command.beginsFrom);
        }));
        TRY_(session.restore(*image));
        start.reused = std::int64_t(image->tokens.size());
    } else {
        TRY_(begin(session, command.settings, start));
    }
    const ChatFormat &format =
        firstFormat({command.settings.chatFormat, before, m_model.description()->chatFormat});
    TRY(const auto tokens,
        encode(m_model.tokenizer(), format.openTurn(command.text, session.tokens().empty())));
    if (tokens.empty())
        return Error{ErrorCode::Invalid, "The message is empty.", "Write something first."};
    TRY_(read(session, tokens, command.conversation, start));
    TRY(start.userTurn, saveUserTurn(command, session, format, std::int64_t(tokens.size())));
    TRY_(nameAfter(command));
    start.format = &format;
    start.reply.text = format.lead;
    start.reply.parent = start.userTurn->id;
    return start;
}

const ChatFormat &ReplyJob::formatOfPrompt(const std::vector<Turn> &turns, TurnId turn,
                                           const GenerationSettings &settings) const
{
    return firstFormat({notedFormat(turns, turn), settings.chatFormat, m_model.description()->chatFormat});
}

Result<ReplyJob::Start> ReplyJob::prepare(const command::Regenerate &command, Session &session)
{
    Start start;
    TRY(const auto turns, turnsOf(command.conversation));
    TRY_(restore(session, turns, command.userTurn, command.settings, start));
    start.reply.parent = command.userTurn;
    start.format = &formatOfPrompt(turns, command.userTurn, command.settings);
    start.reply.text = start.format->lead;
    return start;
}

Result<ReplyJob::Start> ReplyJob::prepare(const command::ContinueReply &command, Session &session)
{
    Start start;
    TRY(const auto turns, turnsOf(command.conversation));
    const Turn *turn = find(turns, command.assistantTurn);
    if (!turn)
        return turnIsGone();
    if (isImported(*turn))
        return Error{ErrorCode::Unsupported, "This reply was imported: which tokens it came in is not known.",
                     "Ask for another version of it, or answer it."};
    TRY_(restore(session, turns, turn->id, command.settings, start));
    TRY(start.traces,
        m_store.call<std::vector<TokenTrace>>([&](Library &library) { return library.traces(turn->id); }));
    start.reply.parent = turn->parent;
    start.reply.text = turn->text;
    start.format = &formatOfPrompt(turns, turn->id, command.settings);
    start.continued = true;
    if (turn->status == TurnStatus::Partial) { // nobody needs the piece beside the whole
        start.reply.id = turn->id;
        TRY(const auto tokens, m_store.call<std::vector<TokenId>>(
                                   [&](Library &library) { return library.partialTokens(turn->id); }));
        for (const TokenId token : tokens)
            start.traces.push_back({token, {}});
    }
    return start;
}

Result<ReplyJob::Start> ReplyJob::prepare(const command::BranchAtToken &command, Session &session)
{
    Start start;
    TRY(const auto turns, turnsOf(command.conversation));
    const Turn *turn = find(turns, command.assistantTurn);
    if (!turn || !turn->parent)
        return turnIsGone();
    TRY(start.traces,
        m_store.call<std::vector<TokenTrace>>([&](Library &library) { return library.traces(turn->id); }));
    if (command.keep < 0 || std::size_t(command.keep) >= start.traces.size())
        return Error{ErrorCode::Invalid, "This reply has no token at that place.",
                     "Open the conversation again."};

    const std::string lead = leadOf(*turn, start.traces, m_model.tokenizer());
    start.format = &formatOfPrompt(turns, turn->id, command.settings);
    start.traces.resize(std::size_t(command.keep) + 1);
    start.traces.back().token = command.token;
    std::vector<TokenId> tokens;
    tokens.reserve(start.traces.size());
    for (const TokenTrace &trace : start.traces)
        tokens.push_back(trace.token);
    TRY_(restore(session, turns, *turn->parent, command.settings, start));
    TRY_(read(session, tokens, command.conversation, start));

    Utf8Stream text;
    start.reply.text = lead;
    for (const TokenId token : tokens)
        start.reply.text += text.push(m_model.tokenizer().bytes(token));
    trimStart(start.reply.text);
    start.carry = text.pending();
    start.reply.parent = turn->parent;
    return start;
}

Result<> ReplyJob::generate(Session &session, const Start &start, const GenerationSettings &settings)
{
    Turn reply = start.reply;
    m_promptTokens = session.tokens().size() - start.traces.size();
    m_emit(event::TurnStarted{reply.conversation, start.userTurn, reply, start.reused, start.read,
                              start.seconds > 0 ? double(start.read) / start.seconds : 0});

    GenerationLimits limits{.maxTokens = settings.maxTokens,
                            .stops = start.format->stops,
                            .endTokens = m_model.endTokens(*start.format),
                            .forceStart = start.continued,
                            .carry = start.carry};
    TRY(Generation generation, Generation::start(session, m_model.tokenizer(), std::move(limits)));
    m_startedNs = nowNs();
    auto partialDue = Clock::now() + kPartialEvery;
    FinishReason reason = FinishReason::Cancelled;
    while (!m_stop.stop_requested()) {
        TRY(const Generation::Step step, generation.next());
        append(reply, step, generation);
        if (m_observe)
            m_observe(reply.conversation, session);
        if (step.finished) {
            reason = *step.finished;
            break;
        }
        if (Clock::now() >= partialDue) {
            TRY_(keepPartial(reply, session, start));
            partialDue = Clock::now() + kPartialEvery;
        }
    }
    TRY(const Generation::Step rest, generation.finish(reason));
    append(reply, rest, generation);
    return save(reply, session, start, generation, settings, reason);
}

double ReplyJob::tokensPerSecond(const Generation &generation) const
{
    const double seconds = double(nowNs() - m_startedNs) * 1e-9;
    return seconds > 0 ? double(generation.sampledTokens()) / seconds : 0;
}

void ReplyJob::append(Turn &reply, const Generation::Step &step, const Generation &generation)
{
    std::string text = step.text;
    if (reply.text.empty())
        trimStart(text);
    reply.text += text;
    if (text.empty() && step.traces.empty())
        return;
    m_emit(event::TextAppended{reply.conversation, std::move(text), step.traces, generation.sampledTokens(),
                               tokensPerSecond(generation)});
}

Result<> ReplyJob::keepPartial(Turn &reply, const Session &session, const Start &start)
{
    reply.status = TurnStatus::Partial;
    reply.tokens = std::int64_t(session.tokens().size() - m_promptTokens);
    reply.position = std::int64_t(session.tokens().size());
    const auto tokens = session.tokens().subspan(m_promptTokens);
    TRY(reply.id,
        m_store.call<TurnId>([&](Library &library) { return library.savePartialTurn(reply, tokens); }));
    m_partial = reply;
    m_partial->parent = start.reply.parent;
    return {};
}

Result<> ReplyJob::save(Turn &reply, Session &session, const Start &start, const Generation &generation,
                        const GenerationSettings &settings, FinishReason reason)
{
    std::vector<TokenTrace> traces = start.traces;
    traces.insert(traces.end(), generation.traces().begin(), generation.traces().end());
    reply.status = reason == FinishReason::Stop ? TurnStatus::Finished : TurnStatus::Stopped;
    reply.tokens = std::int64_t(traces.size());
    reply.position = std::int64_t(session.tokens().size());
    Json::Object stats{{"tokens_per_second", tokensPerSecond(generation)},
                       {"seed", std::to_string(settings.sampler.seed)},
                       {"model", m_model.identity().name}};
    if (const auto thought = thoughtTokens(reply, traces, m_model.tokenizer()); thought > 0)
        stats.emplace("thought_tokens", thought);
    reply.statsJson = Json(std::move(stats)).dump();
    TRY(const SnapshotImage image, session.snapshot());
    TRY(const auto stored, (m_store.call<std::pair<Turn, Conversation>>(
                               [&](Library &library) -> Result<std::pair<Turn, Conversation>> {
                                   TRY(const TurnId id, library.saveTurn(reply, traces, image));
                                   TRY(Turn turn, library.turn(id));
                                   TRY(Conversation conversation, library.conversation(reply.conversation));
                                   return std::pair(std::move(turn), std::move(conversation));
                               })));
    m_emit(event::TurnFinished{reply.conversation, stored.first, reason});
    m_emit(event::ConversationChanged{stored.second});
    return {};
}

} // namespace volary
