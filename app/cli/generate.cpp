#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/sampling_options.h"
#include "app/cli/snapshot_argument.h"
#include "app/cli/token_file.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/session/generation.h"
#include "core/store/bundle.h"

#include <chrono>
#include <cstdio>

namespace volary::cli {

const std::vector<Option> kGenerateOptions{
    {"prompt", "S", "the prompt"},
    {"prompt-file", "F", "a file with the prompt"},
    {"chat", "", "the prompt is a user's message, answered as in the window (default)"},
    {"chat-format", "NAME",
     "how turns are written: rwkv-chat, rwkv-g1, rwkv-g1-thinking, chatml or raw; "
     "default: the model's own"},
    {"raw", "", "the prompt is text to go on with"},
    {"stop", "S", "stop at this text; may be given several times"},
    {"initial-state", "FILE", "begin with this tuned state (blocks.N.att.time_state)"},
    {"snapshot-in", "ID|FILE", "go on from this snapshot, by its number in the library or from a file"},
    {"snapshot-out", "FILE", "write the end as a snapshot to share or to go on from"},
};

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMaxPromptBytes = std::uint64_t(1) << 30;

double rate(std::size_t tokens, Clock::time_point since)
{
    const double seconds = std::chrono::duration<double>(Clock::now() - since).count();
    return seconds > 0 ? double(tokens) / seconds : 0;
}

Result<std::string> readPrompt(const Arguments &arguments)
{
    const auto text = arguments.text("prompt"), file = arguments.text("prompt-file");
    if (text && file)
        return Error{ErrorCode::Invalid, "Give the prompt by --prompt or by --prompt-file.", "See --help."};
    if (file)
        return readFile(*file, kMaxPromptBytes);
    if (!text && !arguments.has("snapshot-in"))
        return Error{ErrorCode::Invalid, "Give a prompt by --prompt or --prompt-file.", "See --help."};
    return text.value_or("");
}

Result<const ChatFormat *> chooseFormat(const Arguments &arguments, const ModelDescription &model)
{
    const auto named = arguments.text("chat-format");
    if (named && arguments.has("raw"))
        return Error{ErrorCode::Invalid, "--raw and --chat-format exclude each other.", "See --help."};
    const std::string name = arguments.has("raw") ? "raw" : named.value_or(model.chatFormat);
    if (const ChatFormat *format = findChatFormat(name))
        return format;
    return Error{ErrorCode::Invalid, "There is no chat format " + printable(name) + ".",
                 "Choose rwkv-chat, rwkv-g1, rwkv-g1-thinking, chatml or raw."};
}

} // namespace

Result<> generate(Context &context)
{
    const Arguments &arguments = context.arguments();
    if (arguments.has("raw") && arguments.has("chat"))
        return Error{ErrorCode::Invalid, "--raw and --chat exclude each other.", "See --help."};
    TRY(const std::string prompt, readPrompt(arguments));
    TRY(const int maxTokens, maxTokensOption(arguments));
    TRY(const auto model, openModelArgument(context));
    TRY(const SamplerSettings settings,
        samplerOptions(arguments, model->description()->suggestedSettings.sampler));

    TRY(const ChatFormat *chat, chooseFormat(arguments, *model->description()));
    TRY(Session session, model->newSession(settings));
    if (const auto id = arguments.text("snapshot-in")) {
        TRY(const auto image, loadSnapshot(context, *id));
        TRY_(session.restore(*image));
        session.sampler().setSettings(settings);
    }
    const bool first = session.tokens().empty();
    const bool asks = !prompt.empty(); // else a snapshot is gone on with as it is
    std::vector<TokenId> tokens;
    if (asks) {
        TRY(tokens, encode(model->tokenizer(), chat->openTurn(prompt, first)));
    }
    const std::string lead = asks ? chat->lead : "";
    if (tokens.empty() && first)
        return Error{ErrorCode::Invalid, "The prompt is empty.", "Give some text to go on with."};

    const auto promptStart = Clock::now();
    TRY_(session.feed(tokens, context.stop(), [&](std::size_t done) {
        context.progress("Reading the prompt", double(done) / double(tokens.size()));
    }));
    context.endProgress();
    const double promptRate = rate(tokens.size(), promptStart);

    GenerationLimits limits{.maxTokens = maxTokens,
                            .stops = arguments.all("stop"),
                            .endTokens = model->endTokens(*chat),
                            .alternatives = 1,
                            .forceStart = false,
                            .carry = {}};
    limits.stops.insert(limits.stops.end(), chat->stops.begin(), chat->stops.end());
    TRY(Generation generation, Generation::start(session, model->tokenizer(), std::move(limits)));
    const auto show = [&](const std::string &piece) {
        if (context.json())
            return;
        std::fwrite(piece.data(), 1, piece.size(), stdout);
        std::fflush(stdout);
    };
    show(lead);
    const auto start = Clock::now();
    FinishReason reason = FinishReason::Cancelled;
    while (!context.stop().stop_requested()) {
        TRY(const Generation::Step step, generation.next());
        show(step.text);
        if (step.finished) {
            reason = *step.finished;
            break;
        }
    }
    const double generationRate = rate(std::size_t(generation.sampledTokens()), start);
    TRY(const Generation::Step rest, generation.finish(reason));
    show(rest.text + "\n");

    if (const auto path = arguments.text("snapshot-out")) {
        TRY(const SnapshotImage image, session.snapshot());
        TRY_(writeBundle(*path, image, ""));
    }
    if (context.json()) {
        std::vector<TokenId> kept;
        for (const TokenTrace &trace : generation.traces())
            kept.push_back(trace.token);
        constexpr std::string_view reasons[] = {"stop", "length", "cancelled"};
        context.print(Json::Object{{"text", lead + generation.text()},
                                   {"tokens", asJson(kept)},
                                   {"reason", reasons[int(reason)]},
                                   {"prompt_tokens", std::int64_t(tokens.size())},
                                   {"prompt_tokens_per_s", promptRate},
                                   {"tokens_per_s", generationRate},
                                   {"seed", std::int64_t(settings.seed)}});
    } else {
        std::fprintf(stderr, "%zu prompt tokens at %.0f/s, %d tokens at %.1f/s, seed %llu\n", tokens.size(),
                     promptRate, generation.sampledTokens(), generationRate,
                     static_cast<unsigned long long>(settings.seed));
    }
    if (reason == FinishReason::Cancelled)
        return Error{ErrorCode::Cancelled, "Cancelled.", ""};
    return {};
}

} // namespace volary::cli
