#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/state_file.h"
#include "app/cli/token_file.h"

#include "core/base/text.h"
#include "core/io/safetensors_writer.h"

#include <algorithm>

namespace volary::cli {

const std::vector<Option> kLogitsOptions{
    {"tokens", "F.json", "an array of token ids"},
    {"sequence", "NAME", "which of several sequences in that file"},
    {"out", "O.safetensors", "where the logits go: F32 [T, V]"},
    {"last", "", "only the logits after the last token: [1, V]"},
    {"chunk", "N", "read so many tokens at a time (default 256)"},
    {"initial-state", "FILE", "begin with this tuned state (blocks.N.att.time_state)"},
    {"state-in", "S", "start from this state"},
    {"state-out", "S", "write the state after the last token"},
    {"hidden", "", "also write the rows that enter the head: F32 [T, C]"},
};

namespace {

struct Rows {
    std::vector<float> logits, hidden;
};

Result<Rows> run(Context &context, Runner &runner, State &state, std::span<const TokenId> tokens,
                 std::size_t chunk)
{
    const bool onlyLast = context.arguments().has("last"), wantHidden = context.arguments().has("hidden");
    const auto V = std::size_t(runner.model().info().vocabulary),
               C = std::size_t(runner.model().info().width);
    Rows rows;
    for (std::size_t at = 0; at < tokens.size(); at += chunk) {
        const SequenceInput input{tokens.subspan(at, std::min(chunk, tokens.size() - at)), &state};
        const bool last = at + chunk >= tokens.size();
        const Want want = !onlyLast ? Want::AllLogits : last ? Want::LastLogits : Want::StateOnly;
        TRY_(runner.run({&input, 1}, want));
        const std::size_t count = want == Want::AllLogits    ? input.tokens.size()
                                  : want == Want::LastLogits ? 1
                                                             : 0;
        if (count > 0) {
            rows.logits.resize(rows.logits.size() + count * V);
            TRY_(runner.readLogits(std::span(rows.logits).last(count * V)));
        }
        if (count > 0 && wantHidden) {
            rows.hidden.resize(rows.hidden.size() + count * C);
            TRY_(runner.readHidden(std::span(rows.hidden).last(count * C)));
        }
        context.progress("Running", double(at + input.tokens.size()) / double(tokens.size()));
        if (context.stop().stop_requested())
            return Error{ErrorCode::Cancelled, "Cancelled; nothing was written.", ""};
    }
    context.endProgress();
    return rows;
}

} // namespace

Result<> logits(Context &context)
{
    const Arguments &arguments = context.arguments();
    const auto tokenFile = arguments.text("tokens"), out = arguments.text("out");
    if (!tokenFile || !out)
        return Error{ErrorCode::Invalid, "--tokens and --out are needed.", "See --help."};
    TRY(const std::int64_t chunk, arguments.integer("chunk", Runner::kMaxRows, 1, 1 << 20));
    TRY(const auto tokens, readTokenFile(*tokenFile, arguments.text("sequence")));
    TRY(const auto model, openModelArgument(context, 0, Vocabulary::Optional));
    TRY(State state, model->runner().newState());
    if (const auto from = arguments.text("state-in"))
        TRY_(readStateFile(*from, state, model->identity().fingerprint));

    const auto rowsAtOnce = std::size_t(std::min<std::int64_t>(chunk, Runner::kMaxRows));
    TRY(const Rows rows, run(context, model->runner(), state, tokens, rowsAtOnce));

    const std::int64_t V = model->description()->info.vocabulary, C = model->description()->info.width;
    const std::int64_t count = std::int64_t(rows.logits.size()) / V;
    std::vector<TensorToWrite> tensors{
        {"logits", DType::F32, {count, V}, std::as_bytes(std::span(rows.logits))}};
    if (!rows.hidden.empty())
        tensors.push_back({"hidden", DType::F32, {count, C}, std::as_bytes(std::span(rows.hidden))});
    TRY_(writeSafetensors(*out, tensors, {{"volary.model", model->identity().fingerprint}}));
    if (const auto to = arguments.text("state-out"))
        TRY_(writeStateFile(*to, state, model->identity().fingerprint));
    if (context.json())
        context.print(Json::Object{{"tokens", std::int64_t(tokens.size())}, {"rows", count}, {"out", *out}});
    return {};
}

} // namespace volary::cli
