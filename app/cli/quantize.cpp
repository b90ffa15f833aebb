#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/support/bundled.h"
#include "app/support/paths.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/engine/quantise.h"

#include <cmath>
#include <cstdio>

namespace volary::cli {

const std::vector<Option> kQuantizeOptions{
    {"eval", "FILE", "the text that both versions read to be compared; default: the bundled one"},
    {"no-eval", "", "do not compare"},
};

namespace {

constexpr std::uint64_t kMostTextBytes = std::uint64_t(1) << 26;

Result<std::string> evaluationText(const Context &context)
{
    if (context.arguments().has("no-eval"))
        return std::string();
    if (const auto file = context.arguments().text("eval"))
        return readFile(*file, kMostTextBytes);
    for (const auto &folder : bundledModelFolders()) {
        if (auto text = readFile(folder / "evaluation.txt", kMostTextBytes))
            return text;
    }
    return Error{ErrorCode::NotFound, "The bundled text for comparing is missing.", "Name a text by --eval."};
}

Json comparisonJson(const ModelComparison &c)
{
    return Json::Object{{"tokens", std::int64_t(c.tokens)},
                        {"perplexity_before", std::exp(c.nllBefore)},
                        {"perplexity_after", std::exp(c.nllAfter)},
                        {"mean_kl", c.meanDivergence},
                        {"worst_kl", c.worstDivergence},
                        {"same_first", c.sameFirst}};
}

void print(const QuantiseReport &report, const std::filesystem::path &out)
{
    std::printf("%s: %s instead of %s\n", printable(out.string()).c_str(),
                formatBytes(report.bytesAfter).c_str(), formatBytes(report.bytesBefore).c_str());
    if (report.comparison) {
        const ModelComparison &c = *report.comparison;
        std::printf(
            "on %zu tokens: perplexity %.4f, before %.4f; mean KL %.6f nats, worst %.4f; the most likely "
            "token is the same for %.2f %%\n",
            c.tokens, std::exp(c.nllAfter), std::exp(c.nllBefore), c.meanDivergence, c.worstDivergence,
            100 * c.sameFirst);
    }
    if (!report.tokenizerFile.empty())
        std::printf("put the model's %s beside it\n", report.tokenizerFile.c_str());
}

} // namespace

Result<> quantize(Context &context)
{
    QuantiseRequest request;
    TRY(request.model.path, modelPath(context));
    TRY(request.out, context.word(1, "OUT.gguf"));
    request.model.backend = context.arguments().text("backend").value_or("auto");
    TRY(const std::int64_t threads, context.arguments().integer("threads", 0, 0, 1024));
    request.model.threads = int(threads);
    request.model.vocabularies = vocabularyFolders();
    TRY(request.model.options.adapters, adapterOptions(context));
    TRY(request.type, dtypeOption(context));
    if (!request.type)
        return Error{ErrorCode::Invalid, "Name a type by --dtype.",
                     "q8_0 loses next to nothing; q4_k is small."};
    TRY(request.evaluation, evaluationText(context));
    TRY(const QuantiseReport report,
        quantise(
            request, [&](double fraction, std::string_view stage) { context.progress(stage, fraction); },
            context.stop()));
    context.endProgress();
    if (!context.json()) {
        print(report, request.out);
        return {};
    }
    context.print(
        Json::Object{{"out", request.out.string()},
                     {"bytes_before", std::int64_t(report.bytesBefore)},
                     {"bytes_after", std::int64_t(report.bytesAfter)},
                     {"comparison", report.comparison ? comparisonJson(*report.comparison) : Json()}});
    return {};
}

} // namespace volary::cli
