#include "app/cli/shapes.h"

#include "core/base/half.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace volary::cli {

namespace {

// Layers, width and low-rank widths as published.
struct Rwkv7Shape {
    std::string_view name;
    int layers, width, decay, rate, valueMix, gate;
};
constexpr std::array kShapes{
    Rwkv7Shape{"rwkv7-0.1b", 12, 768, 64, 64, 32, 128},
    Rwkv7Shape{"rwkv7-0.4b", 24, 1024, 64, 64, 32, 128},
    Rwkv7Shape{"rwkv7-1.5b", 24, 2048, 96, 96, 64, 256},
    Rwkv7Shape{"rwkv7-2.9b", 32, 2560, 96, 96, 64, 320},
    Rwkv7Shape{"rwkv7-7.2b", 32, 4096, 128, 128, 96, 480},
};
constexpr int kHeadSize = 64;
constexpr int kVocabulary = 65536;

// A model file that exists only as a list of shapes; its numbers come from a hash of name and position.
class RandomTensors final : public TensorFile {
public:
    explicit RandomTensors(const Rwkv7Shape &shape) : TensorFile(std::string(shape.name))
    {
        const std::int64_t C = shape.width, F = 4 * C;
        add("emb.weight", {kVocabulary, C});
        add("head.weight", {kVocabulary, C});
        addNorm("ln_out", C);
        addNorm("blocks.0.ln0", C);
        for (int layer = 0; layer < shape.layers; ++layer) {
            const std::string block = "blocks." + std::to_string(layer) + ".", att = block + "att.";
            addNorm(block + "ln1", C);
            addNorm(block + "ln2", C);
            addNorm(att + "ln_x", C);
            for (const char letter : {'r', 'w', 'k', 'v', 'a', 'g'})
                add(att + "x_" + letter, {1, 1, C});
            for (const char *matrix : {"receptance", "key", "value", "output"})
                add(att + matrix + ".weight", {C, C});
            addLowRank(att + "w", C, shape.decay, true);
            addLowRank(att + "a", C, shape.rate, true);
            addLowRank(att + "g", C, shape.gate, false);
            if (layer > 0)
                addLowRank(att + "v", C, shape.valueMix, true);
            add(att + "k_k", {1, 1, C});
            add(att + "k_a", {1, 1, C});
            add(att + "r_k", {C / kHeadSize, kHeadSize});
            add(block + "ffn.x_k", {1, 1, C});
            add(block + "ffn.key.weight", {F, C});
            add(block + "ffn.value.weight", {C, F});
        }
    }

    std::string_view format() const override { return "random"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        const TensorInfo &info = m_tensors[index];
        // Small enough that activations stay tame through many layers.
        const float scale = 1 / std::sqrt(float(info.shape[info.shape.rank() - 1]));
        std::uint64_t random = index * 0x9E3779B97F4A7C15u + 1;
        for (std::size_t at = 0; at < to.size(); at += 2) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            const std::uint16_t half = floatToF16((float(random >> 40) * 0x1p-23f - 1) * scale);
            std::memcpy(&to[at], &half, 2);
        }
        return {};
    }

private:
    void add(std::string name, Shape shape) { m_tensors.push_back({std::move(name), DType::F16, shape}); }
    void addNorm(const std::string &name, std::int64_t width)
    {
        add(name + ".weight", {width});
        add(name + ".bias", {width});
    }
    void addLowRank(const std::string &prefix, std::int64_t width, std::int64_t rank, bool biased)
    {
        add(prefix + "1", {width, rank});
        add(prefix + "2", {rank, width});
        if (biased)
            add(prefix + "0", {1, 1, width});
    }

    std::vector<TensorInfo> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

} // namespace

std::string shapeNames()
{
    std::string names;
    for (const Rwkv7Shape &shape : kShapes)
        names += (names.empty() ? "" : ", ") + std::string(shape.name);
    return names;
}

Result<std::unique_ptr<TensorFile>> makeShape(std::string_view name)
{
    const auto found = std::ranges::find(kShapes, name, &Rwkv7Shape::name);
    if (found == kShapes.end())
        return Error{ErrorCode::Invalid, format("There is no shape “%s”.", printable(name).c_str()),
                     "Choose one of " + shapeNames() + "."};
    return std::unique_ptr<TensorFile>(std::make_unique<RandomTensors>(*found));
}

} // namespace volary::cli
