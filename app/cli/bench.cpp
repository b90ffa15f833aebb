#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/shapes.h"

#include "core/base/text.h"
#include "core/engine/backends.h"
#include "core/engine/model_files.h"
#include "core/graph/cost.h"
#include "core/models/model_file.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace volary::cli {

const std::vector<Option> kBenchOptions{
    {"shape", "NAME", "a public shape with random weights instead of MODEL"},
    {"prefill", "N,N", "prompt lengths (default 512)"},
    {"decode", "N", "tokens to generate (default 64)"},
    {"batch", "B,B", "sequences at once when decoding (default 1)"},
    {"repeat", "N", "runs of each case; the median counts (default 5)"},
};

namespace {

using Clock = std::chrono::steady_clock;

struct Case {
    std::string kind; // "prefill" or "decode"
    int batch;
    int tokens;
    double tokensPerSecond;
    PlanCost cost;          // of one run
    std::size_t rowsPerRun; // tokens that share that cost
};

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

PlanCost costOfRun(const Model &model, int rows, int sequences, Want want)
{
    std::vector<StateSlot> states;
    for (const StateTensor &tensor : model.stateSpec())
        states.push_back({tensor.type, tensor.shape});
    Ops op(rows, sequences, want, std::move(states));
    model.record(op);
    return costOf(*op.finish());
}

class Bench {
public:
    Bench(Context &context, Runner &runner, int repeat)
        : m_context(context), m_runner(runner), m_repeat(repeat)
    {}

    Result<Case> prefill(int tokens)
    {
        const std::vector<TokenId> text = someTokens(std::size_t(tokens));
        std::vector<double> rates;
        for (int run = 0; run <= m_repeat; ++run) { // the first one warms up
            TRY(State state, m_runner.newState());
            const auto begin = Clock::now();
            for (std::size_t at = 0; at < text.size(); at += std::size_t(m_runner.rowsAtOnce())) {
                const auto rows = std::min(text.size() - at, std::size_t(m_runner.rowsAtOnce()));
                const SequenceInput input{std::span(text).subspan(at, rows), &state};
                TRY_(m_runner.run({&input, 1}, Want::StateOnly));
                TRY_(goOn());
            }
            if (run > 0)
                rates.push_back(tokens / secondsSince(begin));
        }
        const int rows = std::min(tokens, m_runner.rowsAtOnce());
        return Case{
            "prefill",        1, tokens, median(rates), costOfRun(m_runner.model(), rows, 1, Want::StateOnly),
            std::size_t(rows)};
    }

    Result<Case> decode(int batch, int tokens)
    {
        std::vector<State> states;
        for (int b = 0; b < batch; ++b) {
            TRY(State state, m_runner.newState());
            states.push_back(std::move(state));
        }
        const std::vector<TokenId> text = someTokens(std::size_t(batch * tokens));
        std::vector<float> logits(std::size_t(batch) * std::size_t(m_runner.model().info().vocabulary));
        std::vector<double> rates;
        for (int run = 0; run <= m_repeat; ++run) {
            const auto begin = Clock::now();
            for (int t = 0; t < tokens; ++t) {
                std::vector<SequenceInput> inputs;
                for (int b = 0; b < batch; ++b)
                    inputs.push_back(
                        {std::span(text).subspan(std::size_t(t * batch + b), 1), &states[std::size_t(b)]});
                TRY_(m_runner.run(inputs, Want::LastLogits));
                TRY_(m_runner.readLogits(logits));
                TRY_(goOn());
            }
            if (run > 0)
                rates.push_back(double(batch) * tokens / secondsSince(begin));
        }
        return Case{"decode",
                    batch,
                    tokens,
                    median(rates),
                    costOfRun(m_runner.model(), batch, batch, Want::LastLogits),
                    std::size_t(batch)};
    }

private:
    static double secondsSince(Clock::time_point begin)
    {
        return std::chrono::duration<double>(Clock::now() - begin).count();
    }
    Result<> goOn() const
    {
        if (m_context.stop().stop_requested())
            return Error{ErrorCode::Cancelled, "Cancelled.", ""};
        return {};
    }
    std::vector<TokenId> someTokens(std::size_t count) const
    {
        std::vector<TokenId> tokens(count);
        for (std::size_t i = 0; i < count; ++i)
            tokens[i] = TokenId((i * 7919 + 13) % std::size_t(m_runner.model().info().vocabulary));
        return tokens;
    }

    Context &m_context;
    Runner &m_runner;
    int m_repeat;
};

// What the machine allows at most: operations over the matrix rate, and for decoding also bytes over the read
// bandwidth.
double limitTokensPerSecond(const Case &c, const DeviceRates &rates)
{
    const double compute = double(c.cost.operations) / (rates.matrixTflopPerSecond * 1e12);
    const double memory = double(c.cost.bytes) / (rates.readGbPerSecond * 1e9);
    const double seconds = c.kind == "decode" ? std::max(compute, memory) : compute;
    return double(c.rowsPerRun) / seconds;
}

void printCase(const Case &c, double limit)
{
    std::printf("%-8s batch %-3d %6d tokens  %10.1f tokens/s  %5.1f %% of the limit (%.1f)\n", c.kind.c_str(),
                c.batch, c.tokens, c.tokensPerSecond, 100 * c.tokensPerSecond / limit, limit);
}

} // namespace

Result<> bench(Context &context)
{
    const Arguments &arguments = context.arguments();
    TRY(const auto prefills, arguments.integers("prefill", {512}));
    TRY(const auto batches, arguments.integers("batch", {1}));
    TRY(const std::int64_t decodeTokens, arguments.integer("decode", 64, 1, 1 << 20));
    TRY(const std::int64_t repeat, arguments.integer("repeat", 5, 1, 1000));
    TRY(const std::int64_t threads, arguments.integer("threads", 0, 0, 1024));
    TRY(const auto type, dtypeOption(context));

    std::unique_ptr<TensorFile> file;
    const auto shape = arguments.text("shape");
    std::string name = shape.value_or("");
    if (shape) {
        TRY(file, makeShape(*shape));
    } else {
        TRY(const auto path, modelPath(context));
        TRY(const ModelFiles files, findModelFiles(path));
        name = files.name;
        TRY(ModelFile stored, openModelFile(files.weights));
        file = std::move(stored.tensors);
    }
    TRY(const auto backend, makeBackend(arguments.text("backend").value_or("auto"), int(threads)));
    TRY(const OpenedModel opened,
        openModel(*file, *backend, {.weightType = type, .progress = [&](double fraction) {
                                        context.progress("Making weights", fraction);
                                        return !context.stop().stop_requested();
                                    }}));
    context.endProgress();
    TRY(const DeviceRates rates, measureDevice(backend->device().backend, int(threads)));
    const std::string dtype = type ? std::string(volary::name(*type)) : "as stored";
    if (!context.json())
        std::printf("%s\nread %.1f GB/s, copy %.1f GB/s, multiply-add %.3f TFLOP/s\n%s, weights %s (%s)\n",
                    backend->device().name.c_str(), rates.readGbPerSecond, rates.copyGbPerSecond,
                    rates.matrixTflopPerSecond, name.c_str(), formatBytes(opened.weights.weightBytes).c_str(),
                    dtype.c_str());

    Runner runner(*opened.model, *backend);
    Bench measure(context, runner, int(repeat));
    std::vector<Case> cases;
    for (const int tokens : prefills) {
        TRY(Case c, measure.prefill(tokens));
        cases.push_back(std::move(c));
    }
    for (const int batch : batches) {
        if (batch > Runner::kMaxRows)
            return Error{ErrorCode::Invalid, format("A batch holds at most %d sequences.", Runner::kMaxRows),
                         ""};
        TRY(Case c, measure.decode(batch, int(decodeTokens)));
        cases.push_back(std::move(c));
    }
    Json::Array list;
    for (const Case &c : cases) {
        const double limit = limitTokensPerSecond(c, rates);
        if (!context.json())
            printCase(c, limit);
        list.push_back(
            Json::Object{{"kind", c.kind},
                         {"model", name},
                         {"dtype", dtype},
                         {"batch", c.batch},
                         {"tokens", c.tokens},
                         {"tokens_per_s", c.tokensPerSecond},
                         {"bytes_per_token", double(c.cost.bytes) / double(c.rowsPerRun)},
                         {"operations_per_token", double(c.cost.operations) / double(c.rowsPerRun)},
                         {"limit_tokens_per_s", limit},
                         {"share_of_limit", c.tokensPerSecond / limit},
                         {"repeat", repeat}});
    }
    if (context.json())
        context.print(
            Json::Object{{"device", Json::Object{{"name", backend->device().name},
                                                 {"copy_bandwidth_gb_s", rates.copyGbPerSecond},
                                                 {"read_bandwidth_gb_s", rates.readGbPerSecond},
                                                 {"matrix_rate_tflop_s", rates.matrixTflopPerSecond}}},
                         {"cases", std::move(list)}});
    return {};
}

} // namespace volary::cli
