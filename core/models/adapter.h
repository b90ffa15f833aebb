// Adapters: small files that change a model. They are merged into the weights when a model is opened.
//
// Weights are [out, in]. With strength s:
//   LoRA    W + s (alpha / r) B A           Hu et al. 2021; rank-stabilised: alpha / sqrt(r)
//   PiSSA   W + s (B A - B0 A0)             Meng et al. 2024; B0 A0 comes from a second file
//   Bone    W + s tile(D)                   arXiv 2409.15371, also called DiSHA and MiSS:
//                                           tile(D)[o, i] = D[i mod r, o]
//   mini    the same with D[i mod r, o mod m]
//   Bat     W + s (W_ab D + D)              for each block a, b of r x r; D belongs to the block of inputs b
//                                           (RWKV-PEFT) or of outputs a (Hugging Face peft)
//   full    W + s (R - W)                   a tensor that was trained whole
#pragma once

#include "core/base/json.h"
#include "core/io/tensor_file.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace volary {

struct AdapterRequest {
    std::filesystem::path path; // a folder as Hugging Face peft writes it, or a file of RWKV-PEFT
    double strength = 1;
    std::optional<double> alpha;     // of a LoRA file of RWKV-PEFT, which does not store it
    std::filesystem::path pissaInit; // the second file of PiSSA; empty: the adapter is none

    bool operator==(const AdapterRequest &) const = default;
};

enum class AdapterForm : std::uint8_t { Lora, Pissa, Bone, Mini, BatByInput, BatByOutput, Full };

// What changes one tensor of the model, checked in itself but not yet against the model.
struct AdapterPart {
    AdapterForm form;
    std::size_t first;                // index in the adapter's file: D, B or R
    std::size_t second = 0;           // A
    std::size_t initB = 0, initA = 0; // in the file of PiSSA
    double scale = 1;                 // alpha / r
};

// What adapter_config.json of a peft folder says, as far as it decides about the merge. Everything that would
// change the result and is not known is refused.
struct PeftConfig {
    bool lora = false; // else Bone or MiSS
    bool bat = false, mini = false;
    bool rankStabilised = false;
    std::int64_t rank = 0;
    double alpha = 0;
    std::map<std::string, std::int64_t> ranks; // of modules that differ
    std::map<std::string, double> alphas;

    static Result<PeftConfig> parse(std::string_view json);
};

// An opened adapter. Not thread-safe.
class Adapter {
public:
    static Result<Adapter> open(const AdapterRequest &request);

    // By the name of the tensor in the model.
    const std::map<std::string, AdapterPart> &parts() const { return m_parts; }

    // Whether the part fits a tensor of the model.
    Result<> check(const std::string &tensor, const TensorInfo &info) const;
    // Changes the numbers of a tensor of `shape`, which check() has admitted.
    Result<> apply(const std::string &tensor, const Shape &shape, std::vector<float> &numbers) const;

private:
    Result<> readPeft(const PeftConfig &config);
    Result<> readRwkvPeft();
    Result<> add(const std::string &target, const AdapterPart &part);
    Result<> addLora(const std::string &target, const std::string &a, const std::string &b, double scale);
    Result<std::size_t> find(const std::string &name) const;

    AdapterRequest m_request;
    std::unique_ptr<TensorFile> m_file, m_init;
    std::map<std::string, AdapterPart> m_parts;
};

// `base` with the adapters merged one after the other, as a file like any other: the same tensors in their
// own types, each changed one computed in float32 and rounded once (quantised ones become half floats). What
// an adapter changes must be there, with the right shape.
Result<std::unique_ptr<TensorFile>> adaptTensorFile(std::unique_ptr<TensorFile> base,
                                                    const std::vector<AdapterRequest> &adapters);

} // namespace volary
