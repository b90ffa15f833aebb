#include "core/engine/loaded_model.h"

#include "core/base/text.h"
#include "core/engine/backends.h"
#include "core/engine/memory_check.h"
#include "core/engine/model_files.h"
#include "core/io/tensor_file.h"
#include "core/models/model_file.h"
#include "core/text/chat_format.h"

#include <algorithm>
#include <set>

namespace volary {

namespace {

// "f16" or "bf16, f32": the types of the matrices, which are what costs memory.
std::string matrixTypes(const TensorFile &file)
{
    std::set<std::string> types;
    for (const TensorInfo &info : file.tensors()) {
        if (info.shape.rank() == 2)
            types.emplace(name(info.type));
    }
    std::string text;
    for (const std::string &type : types)
        text += (text.empty() ? "" : ", ") + type;
    return text;
}

// What config.json suggests under "sampling"; anything out of range is left at the default.
GenerationSettings suggestedSettings(const Json &config)
{
    GenerationSettings settings;
    const Json *sampling = config.find("sampling");
    if (!sampling)
        return settings;
    const auto number = [&](std::string_view key, double otherwise) {
        const Json *value = sampling->find(key);
        return value ? value->number(otherwise) : otherwise;
    };
    SamplerSettings &s = settings.sampler;
    s.temperature = number("temperature", s.temperature);
    s.topP = number("top_p", s.topP);
    s.topK = int(number("top_k", s.topK));
    s.minP = number("min_p", s.minP);
    s.presencePenalty = number("presence_penalty", s.presencePenalty);
    s.frequencyPenalty = number("frequency_penalty", s.frequencyPenalty);
    s.penaltyDecay = number("penalty_decay", s.penaltyDecay);
    settings.maxTokens = int(number("max_tokens", settings.maxTokens));
    return s.validate() && settings.maxTokens > 0 ? settings : GenerationSettings{};
}

// One id or a list of them; what is no id of the vocabulary is passed over.
void addEndTokens(std::vector<TokenId> &ends, const Json *named, const Tokenizer &tokenizer)
{
    const auto add = [&](const Json &value) {
        const auto id = value.integer();
        if (id && *id >= 0 && *id < tokenizer.vocabularySize() && std::ranges::count(ends, *id) == 0)
            ends.push_back(TokenId(*id));
    };
    if (!named)
        return;
    if (const Json::Array *list = named->array())
        std::ranges::for_each(*list, add);
    else
        add(*named);
}

// Named by generation_config.json or config.json. Else World models and ours end a text with token 0; with
// plain bytes 0 is a byte like any other, and byte-level BPE has marks of its own.
std::vector<TokenId> findEndTokens(const Tokenizer &tokenizer, const ModelFiles &files)
{
    std::vector<TokenId> ends;
    addEndTokens(ends, files.generation.find("eos_token_id"), tokenizer);
    addEndTokens(ends, files.config.find("eos_token_id"), tokenizer);
    if (!ends.empty())
        return ends;
    if (tokenizer.kind() == "bpe") {
        const auto end = tokenizer.specialToken("<|endoftext|>");
        return end ? std::vector<TokenId>{*end} : std::vector<TokenId>{};
    }
    return tokenizer.kind() == "bytes" ? std::vector<TokenId>{} : std::vector<TokenId>{0};
}

} // namespace

Result<std::unique_ptr<LoadedModel>> LoadedModel::open(const ModelRequest &request, const Progress &progress,
                                                       std::stop_token stop)
{
    if (progress)
        progress(0, "Looking at the file");
    TRY(ModelFiles files, findModelFiles(request.path));
    TRY(ModelFile stored, openModelFile(files.weights));
    TRY(const auto file, adaptTensorFile(std::move(stored.tensors), request.options.adapters));
    TRY(auto backend, makeBackend(request.backend, request.threads));

    LoadOptions options{.weightType = request.options.weightType,
                        .cacheBudget = request.cacheBudget.value_or(backend->device().memoryBytes / 4),
                        .cacheType = request.cacheType,
                        .progress = [&](double fraction) {
                            if (progress)
                                progress(fraction, "Reading weights");
                            return !stop.stop_requested();
                        }};
    const bool onHost = backend->device().backend == "cpu" || backend->device().backend == "reference";
    if (!onHost) {
        options.cacheBudget = 0; // other devices keep all rows, as float32
        options.cacheType = DType::F32;
    } else if (const auto available = availableMemory()) {
        TRY_(checkMemory(*file, request.options.weightType, *backend, *available));
    }
    TRY(OpenedModel opened, openModel(*file, *backend, std::move(options)));
    const int rows = opened.model->info().vocabulary;
    auto vocabulary = findVocabulary(request.path, stored.gguf.get(), request.vocabularies, rows);
    if (!vocabulary && !request.vocabularyNeeded && vocabulary.error().code == ErrorCode::NotFound)
        vocabulary = missingTokenizer(rows);
    TRY(auto tokenizer, std::move(vocabulary));
    const auto own = file->metadata().find("config");
    if (stored.gguf && files.config.isNull() && own != file->metadata().end()) {
        TRY(files.config, Json::parse(own->second));
    }

    auto description = std::make_shared<ModelDescription>();
    description->path = request.path;
    description->options = request.options;
    description->info = opened.model->info();
    description->info.parameters = opened.weights.parameters;
    description->identity = {.fingerprint = opened.weights.fingerprint,
                             .architecture = opened.model->info().architecture,
                             .name = files.name,
                             .tokenizer = tokenizer->identity(),
                             .numericProfile = backend->device().numericProfile};
    if (request.options.weightType) // converted weights are another model as far as exactness goes
        description->identity.numericProfile += " " + std::string(name(*request.options.weightType));
    if (request.cacheType != DType::F32)
        description->identity.numericProfile += " cache " + std::string(name(request.cacheType));
    description->format = file->format();
    description->device = backend->device().name;
    description->tokenizer = tokenizer->kind();
    description->chatFormat = suggestedChatFormat(*tokenizer);
    description->weightTypes = matrixTypes(*file);
    for (const TensorInfo &info : file->tensors()) {
        description->fileBytes += info.bytes();
        description->tensors.push_back({info.name, info.type, info.shape});
    }
    description->weightBytes = opened.weights.weightBytes;
    const auto spec = opened.model->stateSpec();
    description->state.assign(spec.begin(), spec.end());
    for (const StateTensor &tensor : spec)
        description->stateBytes += std::uint64_t(tensor.shape.elements()) * bytesPerElement(tensor.type);
    // A model whose decays cannot be told still answers: the picture of them is what is missing.
    if (auto lives = halfLives(*file))
        description->halfLives = std::move(lives).value();
    description->suggestedSettings = suggestedSettings(files.config);
    description->vocabulary = std::move(tokenizer);

    std::unique_ptr<LoadedModel> loaded(new LoadedModel);
    loaded->m_backend = std::move(backend);
    loaded->m_model = std::move(opened.model);
    loaded->m_runner = std::make_unique<Runner>(*loaded->m_model, *loaded->m_backend);
    if (!request.options.initialState.empty()) {
        TRY(const auto tuned, openTensorFile(request.options.initialState));
        TRY_(loaded->m_runner->startFrom(*tuned));
    }
    loaded->m_endTokens = findEndTokens(*description->vocabulary, files);
    loaded->m_description = std::move(description);
    return loaded;
}

std::vector<TokenId> LoadedModel::endTokens(const ChatFormat &format) const
{
    std::vector<TokenId> ends = m_endTokens;
    for (const std::string &name : format.endTokens) {
        if (const auto token = tokenizer().specialToken(name); token && std::ranges::count(ends, *token) == 0)
            ends.push_back(*token);
    }
    return ends;
}

Result<Session> LoadedModel::newSession(const SamplerSettings &settings)
{
    return Session::create(*m_runner, identity(), settings);
}

} // namespace volary
