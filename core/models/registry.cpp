#include "core/models/registry.h"

#include "core/base/text.h"
#include "core/models/arwkv.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/goldfinch.h"
#include "core/models/qrwkv6.h"
#include "core/models/qrwkv7.h"
#include "core/models/rwkv4.h"
#include "core/models/rwkv5.h"
#include "core/models/rwkv6.h"
#include "core/models/rwkv7.h"

#include <array>

namespace volary {

namespace {

struct Architecture {
    std::string_view id;
    bool (*recognises)(const TensorFile &file);
    std::unique_ptr<const Model> (*load)(
        WeightLoader &loader); // null after a failure, which sticks to the loader
};

// One line per architecture; the first that recognises a file opens it.
constexpr std::array kArchitectures{
    Architecture{"goldfinch", goldfinch::recognises, goldfinch::load},
    Architecture{"arwkv7", arwkv::recognises, arwkv::load},
    Architecture{"qrwkv6", qrwkv6::recognises, qrwkv6::load},
    Architecture{"qrwkv7", qrwkv7::recognises, qrwkv7::load},
    Architecture{"rwkv7", rwkv7::recognises, rwkv7::load},
    Architecture{"rwkv6", rwkv6::recognises, rwkv6::load},
    Architecture{"rwkv5", rwkv5::recognises, rwkv5::load},
    Architecture{"rwkv4", rwkv4::recognises, rwkv4::load},
};

// What a file that nobody recognised looks like: the tensor that decides, and what it is a sign of.
struct Lookalike {
    std::string_view tensor;
    std::string_view what;
};
constexpr std::array kLookalikes{
    Lookalike{"blocks.0.qkv.qq.weight", "an RWKV-7b model (DeepEmbed and DEA attention)"},
    Lookalike{"blocks.0.att.ln_r.weight", "a GPTAlpha model"},
    Lookalike{"blocks.0.att.wq.weight", "a model of Llama blocks"},
    Lookalike{"blocks.0.ffn.enn.weight", "an RWKV-8 model"},
    Lookalike{"blocks.0.att.time_state", "a tuned initial state, not a model"},
    Lookalike{"model.layers.0.mlp.gate_proj.weight", "a Qwen-style model without recurrent layers"},
    Lookalike{"model.embeddings.weight", "an RWKV model in Hugging Face names"},
};

constexpr std::string_view kRemedy =
    "Open a model of RWKV-4, 5, 6 or 7, GoldFinch, Finch-C2, ARWKV or QRWKV with the official tensor names.";

Error unknownArchitecture(const TensorFile &file)
{
    const std::string name = printable(file.path().filename().string());
    for (const Lookalike &known : kLookalikes) {
        if (hasTensor(file, known.tensor))
            return {
                ErrorCode::Unsupported,
                format("%s looks like %s (it has the tensor %s), which this version of Volary cannot run.",
                       name.c_str(), std::string(known.what).c_str(), std::string(known.tensor).c_str()),
                std::string(kRemedy)};
    }
    const std::string first = file.tensors().empty()
                                  ? "no tensors at all"
                                  : "tensors such as " + printable(file.tensors().front().name);
    return {ErrorCode::Unsupported,
            format("%s is no model that Volary knows: it has %s, and none that RWKV models are known by.",
                   name.c_str(), first.c_str()),
            std::string(kRemedy)};
}

} // namespace

Result<OpenedModel> openModel(const TensorFile &file, Backend &backend, LoadOptions options)
{
    for (const Architecture &architecture : kArchitectures) {
        if (!architecture.recognises(file))
            continue;
        WeightLoader loader(file, backend, std::move(options));
        OpenedModel opened;
        opened.model = architecture.load(loader);
        TRY(opened.weights, loader.finish(architecture.id));
        return opened;
    }
    return unknownArchitecture(file);
}

} // namespace volary
