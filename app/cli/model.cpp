#include "app/cli/model.h"

#include "app/cli/commands.h"
#include "app/support/bundled.h"
#include "app/support/paths.h"
#include "core/base/text.h"
#include "core/engine/model_files.h"
#include "core/models/model_file.h"

#include <algorithm>
#include <charconv>

namespace volary::cli {

Result<std::filesystem::path> modelPath(const Context &context, std::size_t word)
{
    TRY(const std::string given, context.word(word, "MODEL"));
    return resolveModelPath(given);
}

const std::vector<Option> kAdapterOptions{
    {"adapter", "PATH[=S]", "merge this adapter with strength S (default 1); may be given several times"},
    {"adapter-alpha", "A", "the alpha of LoRA files that do not store it"},
    {"pissa-init", "FILE", "the initial factors of PiSSA adapters"},
};

Result<std::vector<AdapterRequest>> adapterOptions(const Context &context, std::vector<std::string> words)
{
    const Arguments &arguments = context.arguments();
    AdapterRequest shared;
    if (arguments.has("adapter-alpha")) {
        TRY(shared.alpha, arguments.number("adapter-alpha", 0));
    }
    shared.pissaInit = arguments.text("pissa-init").value_or("");
    std::vector<AdapterRequest> requests;
    for (const std::string &more : arguments.all("adapter"))
        words.push_back(more);
    for (const std::string &given : words) {
        AdapterRequest &request = requests.emplace_back(shared);
        request.path = given;
        std::error_code error;
        const std::size_t equals = given.rfind('=');
        if (equals == std::string::npos || std::filesystem::exists(request.path, error))
            continue;
        request.path = given.substr(0, equals);
        const char *begin = given.data() + equals + 1, *end = given.data() + given.size();
        const auto [stop, failure] = std::from_chars(begin, end, request.strength);
        if (failure != std::errc() || stop != end)
            return Error{ErrorCode::Invalid,
                         format("The strength of an adapter must be a number, not “%s”.",
                                printable(given.substr(equals + 1)).c_str()),
                         "Write --adapter PATH=0.5."};
    }
    return requests;
}

Result<std::optional<DType>> dtypeOption(const Context &context)
{
    const auto given = context.arguments().text("dtype");
    if (!given)
        return std::optional<DType>();
    if (const auto type = openableWeightType(*given))
        return std::optional(*type);
    return Error{ErrorCode::Invalid,
                 format("“%s” is no weight type of this version.", printable(*given).c_str()),
                 "Choose f32, f16, bf16, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1 or q4_0."};
}

namespace {

// "2G": a number of bytes, KiB, MiB or GiB.
Result<std::uint64_t> parseSize(const std::string &option, const std::string &given)
{
    std::uint64_t number = 0;
    const char *begin = given.data(), *end = begin + given.size();
    const auto [stop, failure] = std::from_chars(begin, end, number);
    const std::string unit(stop, end);
    const std::size_t power = std::string_view("KMG").find(unit) + 1;
    const bool known = unit.empty() || (unit.size() == 1 && power > 0);
    const int shift = unit.empty() ? 0 : 10 * int(power);
    if (failure != std::errc() || !known || number > (UINT64_MAX >> 1 >> shift))
        return Error{ErrorCode::Invalid,
                     format("--%s must be a size, not “%s”.", option.c_str(), printable(given).c_str()),
                     "Write 512M or 2G; 0 sets no bound."};
    return number << shift;
}

Result<> cacheOptions(const Context &context, ModelRequest &request)
{
    if (const auto budget = context.arguments().text("cache-budget")) {
        TRY(request.cacheBudget, parseSize("cache-budget", *budget));
    }
    const std::string type = context.arguments().text("cache-type").value_or("f32");
    if (type != "f32" && type != "f16")
        return Error{ErrorCode::Invalid,
                     format("--cache-type must be f32 or f16, not “%s”.", printable(type).c_str()), ""};
    request.cacheType = type == "f16" ? DType::F16 : DType::F32;
    return {};
}

} // namespace

Result<std::unique_ptr<LoadedModel>> openModelArgument(Context &context, std::size_t word,
                                                       Vocabulary vocabulary)
{
    ModelRequest request;
    TRY(request.path, modelPath(context, word));
    request.backend = context.arguments().text("backend").value_or("auto");
    TRY(const std::int64_t threads, context.arguments().integer("threads", 0, 0, 1024));
    request.threads = int(threads);
    TRY(request.options.weightType, dtypeOption(context));
    TRY(request.options.adapters, adapterOptions(context));
    TRY_(cacheOptions(context, request));
    request.options.initialState = context.arguments().text("initial-state").value_or("");
    request.vocabularies = vocabularyFolders();
    request.vocabularyNeeded = vocabulary == Vocabulary::Needed;
    auto model = LoadedModel::open(
        request, [&](double fraction, std::string_view stage) { context.progress(stage, fraction); },
        context.stop());
    context.endProgress();
    return model;
}

Result<std::shared_ptr<const Tokenizer>> openVocabularyArgument(Context &context)
{
    if (const auto file = context.arguments().text("tokenizer"))
        return openTokenizer(*file);
    TRY(const std::filesystem::path path, modelPath(context));
    TRY(const ModelFiles files, findModelFiles(path));
    TRY(const ModelFile file, openModelFile(files.weights));
    int rows = 0;
    for (const TensorInfo &tensor : file.tensors->tensors()) {
        if ((tensor.name == "emb.weight" || tensor.name == "model.embed_tokens.weight") &&
            tensor.shape.rank() == 2)
            rows = int(tensor.shape[0]);
    }
    return findVocabulary(path, file.gguf.get(), vocabularyFolders(), rows);
}

} // namespace volary::cli
