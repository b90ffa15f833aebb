// What the files of an adapter mean: the folders of Hugging Face peft and the .pth of RWKV-PEFT.
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/models/adapter.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace volary {

namespace {

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;
constexpr std::int64_t kMaxRank = 1 << 20;

Error refused(std::string what, std::string remedy = "Merge it with the tool that made it.")
{
    return {ErrorCode::Unsupported, std::move(what), std::move(remedy)};
}

Error badConfig(std::string what)
{
    return {ErrorCode::Corrupt, "adapter_config.json: " + std::move(what),
            "The file may be damaged; get it again from where the adapter comes from."};
}

std::optional<std::string> without(std::string_view name, std::string_view suffix)
{
    if (!name.ends_with(suffix) || name.size() == suffix.size())
        return std::nullopt;
    return std::string(name.substr(0, name.size() - suffix.size()));
}

bool isSet(const Json *value)
{
    return value && !value->isNull() && !(value->boolean() && !*value->boolean());
}

Result<std::int64_t> rankFrom(const Json &value)
{
    const auto *rank = value.integer();
    if (!rank || *rank < 1 || *rank > kMaxRank)
        return badConfig("a rank is no positive whole number.");
    return *rank;
}

// peft reads these keys as regular expressions; a plain name means the same either way.
Result<> mustBePlain(const std::string &pattern)
{
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '.';
    };
    if (pattern.empty() || !std::ranges::all_of(pattern, plain))
        return refused(format("The pattern “%s” in adapter_config.json is no plain module name.",
                              printable(pattern).c_str()));
    return {};
}

Result<> readPatterns(const Json &json, PeftConfig &config)
{
    if (const Json *ranks = json.find("rank_pattern"); ranks && ranks->object()) {
        for (const auto &[module, value] : *ranks->object()) {
            TRY_(mustBePlain(module));
            TRY(config.ranks[module], rankFrom(value));
        }
    }
    if (const Json *alphas = json.find("alpha_pattern"); alphas && alphas->object()) {
        for (const auto &[module, value] : *alphas->object()) {
            TRY_(mustBePlain(module));
            if (!value.isNumber() || !std::isfinite(value.number()))
                return badConfig("an alpha is no number.");
            config.alphas[module] = value.number();
        }
    }
    return {};
}

// The value of the pattern that names the module or the end of it; patterns are plain names here.
template <typename T>
T forModule(const std::map<std::string, T> &patterns, const std::string &module, T otherwise)
{
    for (const auto &[pattern, value] : patterns) {
        if (module == pattern || module.ends_with("." + pattern))
            return value;
    }
    return otherwise;
}

} // namespace

Result<PeftConfig> PeftConfig::parse(std::string_view text)
{
    auto parsed = Json::parse(text);
    if (!parsed)
        return std::move(parsed).error().during("Reading adapter_config.json");
    const Json &json = parsed.value();
    const Json *type = json.find("peft_type");
    if (!type || !type->string())
        return badConfig("peft_type is missing.");
    PeftConfig config;
    config.lora = *type->string() == "LORA";
    if (!config.lora && *type->string() != "BONE" && *type->string() != "MISS")
        return refused(format("Adapters of the type %s are unknown.", printable(*type->string()).c_str()),
                       "LoRA, Bone and MiSS adapters can be applied.");
    const Json *rank = json.find("r");
    TRY(config.rank, rank ? rankFrom(*rank) : Result<std::int64_t>(config.lora ? 8 : 64));
    const Json *init = json.find("init_weights");
    if (!config.lora && init && init->string()) {
        config.bat = *init->string() == "bat";
        config.mini = *init->string() == "mini" && *type->string() == "MISS";
        if (!config.bat && !config.mini)
            return refused(format("init_weights “%s” is unknown.", printable(*init->string()).c_str()));
    }
    if (!config.lora)
        return config;
    if (isSet(json.find("use_dora")))
        return refused("It uses DoRA (use_dora), which cannot be applied.");
    const Json *loraInit = json.find("init_lora_weights");
    if (loraInit && loraInit->string() && loraInit->string()->starts_with("pissa"))
        return refused("It is a PiSSA adapter, whose initial factors are not in the folder.",
                       "Convert it to LoRA when saving (path_initial_model_for_weight_conversion).");
    const Json *alpha = json.find("lora_alpha");
    config.alpha = alpha ? alpha->number(NAN) : 8;
    if (!std::isfinite(config.alpha))
        return badConfig("lora_alpha is no number.");
    config.rankStabilised = isSet(json.find("use_rslora"));
    if (isSet(json.find("fan_in_fan_out")))
        return refused("It was made for transposed weights (fan_in_fan_out).");
    TRY_(readPatterns(json, config));
    return config;
}

Result<Adapter> Adapter::open(const AdapterRequest &request)
{
    if (!std::isfinite(request.strength))
        return Error{ErrorCode::Invalid, "The strength of an adapter must be a finite number.", ""};
    if (request.alpha && !std::isfinite(*request.alpha))
        return Error{ErrorCode::Invalid, "The alpha of an adapter must be a finite number.", ""};
    Adapter adapter;
    adapter.m_request = request;
    std::error_code error;
    if (std::filesystem::is_directory(request.path, error)) {
        TRY(const std::string text, readFile(request.path / "adapter_config.json", kMaxConfigBytes));
        TRY(const PeftConfig config, PeftConfig::parse(text));
        TRY(adapter.m_file, openTensorFile(request.path / "adapter_model.safetensors"));
        TRY_(adapter.readPeft(config));
    } else {
        TRY(adapter.m_file, openTensorFile(request.path));
        if (!request.pissaInit.empty()) {
            TRY(adapter.m_init, openTensorFile(request.pissaInit));
        }
        TRY_(adapter.readRwkvPeft());
    }
    if (adapter.m_parts.empty())
        return Error{ErrorCode::Invalid, "It changes nothing.", "Choose the file or folder of an adapter."};
    return adapter;
}

Result<> Adapter::add(const std::string &target, const AdapterPart &part)
{
    if (!m_parts.emplace(target, part).second)
        return refused(format("It changes %s in two ways.", target.c_str()));
    return {};
}

// Both factors must be there; that they fit each other shows against the model.
Result<> Adapter::addLora(const std::string &target, const std::string &a, const std::string &b, double scale)
{
    AdapterPart part{.form = AdapterForm::Lora, .first = 0, .scale = scale};
    TRY(part.first, find(b));
    TRY(part.second, find(a));
    if (m_init) {
        part.form = AdapterForm::Pissa;
        part.scale = 1;
        const std::string prefix = "model." + target.substr(0, target.size() - std::string(".weight").size());
        const auto init = [&](const char *suffix) -> Result<std::size_t> {
            const auto found = std::ranges::find(m_init->tensors(), prefix + suffix, &TensorInfo::name);
            if (found == m_init->tensors().end())
                return Error{ErrorCode::NotFound,
                             format("The tensor %s%s is missing in the file of initial factors.",
                                    prefix.c_str(), suffix),
                             "Use the init_pissa.pth that was written when this training began."};
            return std::size_t(found - m_init->tensors().begin());
        };
        TRY(part.initA, init(".init_lora_A"));
        TRY(part.initB, init(".init_lora_B"));
    }
    return add(target, part);
}

Result<> Adapter::readPeft(const PeftConfig &config)
{
    constexpr std::string_view kPrefix = "base_model.model.";
    for (std::size_t i = 0; i < m_file->tensors().size(); ++i) {
        const TensorInfo &info = m_file->tensors()[i];
        if (!info.name.starts_with(kPrefix))
            return refused(format("The tensor %s is no part of a peft adapter.", info.name.c_str()));
        const std::string inner = info.name.substr(kPrefix.size());
        if (const auto module = without(inner, ".lora_B.weight"); module && config.lora) { // comes with its A
            TRY_(find(std::string(kPrefix) + *module + ".lora_A.weight"));
            continue;
        }
        if (const auto module = without(inner, ".lora_A.weight"); module && config.lora) {
            const auto rank = double(forModule(config.ranks, *module, config.rank));
            if (info.shape.rank() != 2 || double(info.shape[0]) != rank)
                return Error{ErrorCode::Mismatch,
                             format("The tensor %s has the shape %s, but its rank is %.0f.",
                                    info.name.c_str(), info.shape.text().c_str(), rank),
                             "adapter_config.json may belong to another adapter."};
            const double alpha = forModule(config.alphas, *module, config.alpha);
            const double scale = alpha / (config.rankStabilised ? std::sqrt(rank) : rank);
            const std::string stem = std::string(kPrefix) + *module;
            TRY_(addLora(*module + ".weight", info.name, stem + ".lora_B.weight", scale));
            continue;
        }
        auto module = without(inner, ".bone_block");
        if (!module)
            module = without(inner, ".miss_block");
        if (module && !config.lora) {
            const AdapterForm form = config.bat    ? AdapterForm::BatByOutput
                                     : config.mini ? AdapterForm::Mini
                                                   : AdapterForm::Bone;
            TRY_(add(*module + ".weight", {.form = form, .first = i}));
            continue;
        }
        if (inner.find(".lora_magnitude_vector") != std::string::npos)
            return refused(format("It uses DoRA (%s), which cannot be applied.", info.name.c_str()));
        if (inner.find(".lora_") != std::string::npos || module)
            return refused(format("The tensor %s is of an unknown kind.", info.name.c_str()));
        TRY_(add(inner, {.form = AdapterForm::Full, .first = i})); // modules_to_save, biases
    }
    return {};
}

Result<> Adapter::readRwkvPeft()
{
    for (std::size_t i = 0; i < m_file->tensors().size(); ++i) {
        const TensorInfo &info = m_file->tensors()[i];
        if (const auto module = without(info.name, ".lora_B")) { // comes with its A
            TRY_(find(*module + ".lora_A"));
            continue;
        }
        if (info.name.ends_with(".lora_M"))
            return refused(format("It uses DoRA (%s), which cannot be applied.", info.name.c_str()));
        if (info.name.ends_with(".time_state"))
            return refused(format("It holds a tuned initial state (%s).", info.name.c_str()),
                           "Give a file of such tensors as the initial state instead.");
        if (const auto module = without(info.name, ".lora_A")) {
            if (!m_init && !m_request.alpha)
                return Error{ErrorCode::Invalid,
                             "The file holds LoRA factors, but not the alpha they were trained with.",
                             "Give it by --adapter-alpha (32 is usual), or the initial factors of a PiSSA "
                             "adapter by --pissa-init."};
            const double rank = info.shape.rank() == 2 ? double(std::max<std::int64_t>(info.shape[0], 1)) : 1;
            TRY_(addLora(*module + ".weight", info.name, *module + ".lora_B",
                         m_init ? 1 : *m_request.alpha / rank));
            continue;
        }
        auto module = without(info.name, ".disha");
        if (!module)
            module = without(info.name, ".bone");
        const AdapterForm form = !module                  ? AdapterForm::Full
                                 : info.shape.rank() == 3 ? AdapterForm::BatByInput
                                                          : AdapterForm::Bone;
        TRY_(add(module ? *module + ".weight" : info.name, {.form = form, .first = i}));
    }
    return {};
}

} // namespace volary
