#include "core/engine/quantise.h"

#include "core/base/text.h"
#include "core/engine/backends.h"
#include "core/engine/gguf_vocabulary.h"
#include "core/engine/model_files.h"
#include "core/models/gguf_export.h"
#include "core/models/model_file.h"

namespace volary {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWindow = 1024; // tokens

std::uint64_t sizeOf(const fs::path &file)
{
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    return error ? 0 : bytes;
}

Result<> checkTarget(const fs::path &out, const fs::path &weights)
{
    std::error_code error;
    if (out.extension() != ".gguf")
        return Error{ErrorCode::Invalid, "The new file must end in .gguf.", "Choose such a name for it."};
    if (fs::equivalent(out, weights, error))
        return Error{ErrorCode::Invalid, "The new model would replace the model it is made from.",
                     "Choose another name for it."};
    return {};
}

std::string tokenizerBeside(const Tokenizer &tokenizer)
{
    if (tokenizer.kind() == "sentencepiece")
        return "tokenizer.model";
    return tokenizer.kind() == "bpe" ? "tokenizer.json" : "";
}

struct Opened {
    std::unique_ptr<Backend> backend;
    OpenedModel model;
    std::unique_ptr<Runner> runner;
};

Result<Opened> openWritten(const QuantiseRequest &request)
{
    Opened opened;
    TRY(opened.backend, makeBackend(request.model.backend, request.model.threads));
    TRY(const ModelFile file, openModelFile(request.out));
    TRY(opened.model, openModel(*file.tensors, *opened.backend));
    opened.runner = std::make_unique<Runner>(*opened.model.model, *opened.backend);
    return opened;
}

} // namespace

Result<QuantiseReport> quantise(const QuantiseRequest &request, const LoadedModel::Progress &progress,
                                std::stop_token stop)
{
    const auto tell = [&](double fraction, std::string_view stage) {
        if (progress)
            progress(fraction, stage);
        return !stop.stop_requested();
    };
    TRY(const ModelFiles files, findModelFiles(request.model.path));
    TRY_(checkTarget(request.out, files.weights));
    TRY(const auto before, LoadedModel::open(request.model, progress, stop));

    TRY(ModelFile stored, openModelFile(files.weights));
    TRY(const auto source, adaptTensorFile(std::move(stored.tensors), request.model.options.adapters));
    const GgufExport options{.name = files.name,
                             .type = request.type,
                             .settings = files.config,
                             .vocabulary = ggufVocabulary(before->tokenizer()),
                             .progress = [&](double fraction) { return tell(fraction, "Writing"); }};
    TRY_(exportGguf(*source, before->description()->info, request.out, options));

    QuantiseReport report{.bytesBefore = sizeOf(files.weights), .bytesAfter = sizeOf(request.out)};
    if (options.vocabulary.empty())
        report.tokenizerFile = tokenizerBeside(before->tokenizer());
    TRY(const Opened after, openWritten(request));
    const std::vector<TokenId> tokens = before->tokenizer().encode(request.evaluation);
    if (tokens.size() < 2)
        return report;
    TRY(report.comparison,
        compareModels(before->runner(), *after.runner, tokens, kWindow, stop,
                      [&](std::size_t done) { tell(double(done) / double(tokens.size()), "Comparing"); }));
    return report;
}

} // namespace volary
