#include "core/engine/compare_models.h"

#include "core/session/generation.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace volary {

namespace {

using Clock = std::chrono::steady_clock;
using Side = event::ModelsCompared::Side;

constexpr int kAlternatives = 8;

Error cancelled()
{
    return {ErrorCode::Cancelled, "Comparing the models was cancelled.", ""};
}

// What the model writes after `prompt`, always the likeliest token; no numbers of the other model yet.
Result<Side> write(LoadedModel &model, std::span<const TokenId> prompt, int tokens,
                   const std::stop_token &stop, const std::function<void(double)> &progress)
{
    SamplerSettings likeliest;
    likeliest.temperature = 0;
    TRY(Session session, model.newSession(likeliest));
    TRY_(session.feed(prompt, stop));
    GenerationLimits limits;
    limits.maxTokens = tokens;
    limits.endTokens = model.endTokens();
    TRY(Generation generation, Generation::start(session, model.tokenizer(), std::move(limits)));
    const auto begin = Clock::now();
    std::optional<FinishReason> finished;
    while (!finished) {
        if (stop.stop_requested())
            return cancelled();
        TRY(const Generation::Step step, generation.next());
        finished = step.finished;
        progress(double(generation.sampledTokens()) / double(tokens));
    }
    const std::chrono::duration<double> seconds = Clock::now() - begin;
    TRY_(generation.finish(*finished));
    Side side{.model = model.description(), .reply = {}, .stateBytes = 0, .tokensPerSecond = 0};
    for (const TokenTrace &trace : generation.traces())
        side.reply.push_back({trace.token, std::numeric_limits<double>::quiet_NaN()});
    side.tokensPerSecond = double(generation.sampledTokens()) / seconds.count();
    TRY(const SnapshotImage image, session.snapshot());
    for (const TensorImage &tensor : image.state)
        side.stateBytes += tensor.bytes->size();
    return side;
}

// How `by` would have predicted what the other model wrote.
Result<> judge(LoadedModel &by, std::span<const TokenId> prompt, Side &side, const std::stop_token &stop)
{
    std::vector<TokenId> tokens(prompt.begin(), prompt.end());
    for (const TokenScore &token : side.reply)
        tokens.push_back(token.token);
    TRY(auto scores, scoreInDetail(by.runner(), tokens, kAlternatives, stop));
    scores.erase(scores.begin(), scores.begin() + std::ptrdiff_t(prompt.size()));
    side.reply = std::move(scores);
    return {};
}

} // namespace

Result<Event> compareModels(LoadedModel &model, std::span<const std::filesystem::path> vocabularies,
                            const command::CompareModels &command, const std::stop_token &stop,
                            const std::function<void(Event)> &emit)
{
    if (command.text.size() > command::TokenSource::kMostBytes)
        return Error{ErrorCode::Invalid, "This text is too long to go on from.", "Choose a part of it."};
    const std::vector<TokenId> prompt = model.tokenizer().encode(command.text);
    if (prompt.empty())
        return Error{ErrorCode::Invalid, "There is no text that the models could go on from.",
                     "Write some words."};
    // A third for each: opening, and the two replies.
    const auto tell = [&](int third, const std::string &stage) {
        return [&emit, third, stage](double share) {
            emit(event::CompareProgress{(third + std::clamp(share, 0.0, 1.0)) / 3, stage});
        };
    };
    TRY(Side open, write(model, prompt, command.tokens, stop, tell(0, "The open model writes")));
    TRY(const auto other,
        LoadedModel::open(
            {.path = command.other,
             .backend = model.runner().backend().device().backend,
             .options = command.options,
             .vocabularies = {vocabularies.begin(), vocabularies.end()}},
            [&](double share, std::string_view stage) { tell(1, std::string(stage))(share); }, stop));
    const std::vector<TokenId> otherPrompt = other->tokenizer().encode(command.text);
    TRY(Side second, write(*other, otherPrompt, command.tokens, stop, tell(2, "The other model writes")));
    if (other->identity().tokenizer == model.identity().tokenizer) {
        TRY_(judge(*other, prompt, open, stop));
        TRY_(judge(model, prompt, second, stop));
    }
    return Event(event::ModelsCompared{std::make_shared<const Side>(std::move(open)),
                                       std::make_shared<const Side>(std::move(second))});
}

} // namespace volary
