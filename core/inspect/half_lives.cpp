#include "core/inspect/half_lives.h"

#include "core/base/text.h"
#include "core/models/blocks/checkpoint.h"
#include "core/models/blocks/low_rank.h"
#include "core/models/floats.h"
#include "core/tensor/ops/decay7.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

namespace volary {

namespace {

// QRWKV6 lets nothing decay faster: w >= e^-5.
constexpr double kMostRateOfQwen6 = 5;

// How the numbers of a layer say how fast its channels fade: the rate -log w of each.
struct Decay {
    std::string bias;
    std::string up;         // the second factor of what the tokens add; empty: they decide nothing
    double (*rate)(double); // rises with its argument where tokens decide
};

double rate6(double x)
{
    return std::exp(x);
}
double rateOfQwen6(double x)
{
    return std::min(std::exp(x), kMostRateOfQwen6);
}
double rate7(double x)
{
    return kDecay7Bound / (1 + std::exp(-x));
}
double rateOfDecay(double w)
{
    return -std::log(w);
}
double rateOfLogDecay(double logDecay)
{
    return -logDecay;
}

std::optional<Decay> decayOf(const TensorFile &file, const std::string &mixer)
{
    const std::string four = mixer + "time_decay", seven = mixer + "w0";
    if (hasTensor(file, seven) && hasTensor(file, mixer + "w2"))
        return Decay{seven, mixer + "w2", rate7};
    if (!hasTensor(file, four))
        return {};
    if (hasTensor(file, four + "_w2"))
        return Decay{four, four + "_w2", hasTensor(file, mixer + "q_proj.weight") ? rateOfQwen6 : rate6};
    if (!isRwkvCpp(file))
        return Decay{four, {}, rate6};
    return Decay{four, {}, hasTensor(file, mixer + "ln_x.weight") ? rateOfDecay : rateOfLogDecay};
}

std::size_t indexOf(const TensorFile &file, const std::string &name)
{
    const auto found = std::ranges::find(file.tensors(), name, &TensorInfo::name);
    return std::size_t(found - file.tensors().begin());
}

// How far the tokens can move the argument of each channel: the sum of the absolute numbers of its row.
Result<std::vector<double>> reach(const TensorFile &file, const std::string &up, std::size_t channels)
{
    const std::size_t index = indexOf(file, up);
    const Shape &shape = file.tensors()[index].shape;
    const bool turned = shape.rank() == 2 && isTurned(file, shape, std::int64_t(channels), 1);
    if (shape.rank() != 2 || shape[turned ? 0 : 1] != std::int64_t(channels))
        return Error{ErrorCode::Mismatch,
                     format("The tensor %s has the shape %s, which does not fit %zu channels.",
                            printable(up).c_str(), shape.text().c_str(), channels),
                     ""};
    TRY(const std::vector<float> numbers, readFloats(file, index));
    const std::size_t inputs = numbers.size() / channels;
    std::vector<double> sums(channels);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        sums[turned ? i / inputs : i % channels] += std::abs(double(numbers[i]));
    return sums;
}

Result<LayerHalfLives> layerHalfLives(const TensorFile &file, int layer, const Decay &decay)
{
    TRY(const std::vector<float> bias, readFloats(file, indexOf(file, decay.bias)));
    std::vector<double> moved(bias.size());
    if (!decay.up.empty() && !bias.empty()) {
        TRY(moved, reach(file, decay.up, bias.size()));
    }
    LayerHalfLives made{.layer = layer, .shortest = {}, .typical = {}, .longest = {}};
    const auto halfLife = [&](double x) { return std::numbers::ln2 / decay.rate(x); };
    for (std::size_t c = 0; c < bias.size(); ++c) {
        const auto x = double(bias[c]);
        made.shortest.push_back(halfLife(x + moved[c]));
        made.typical.push_back(halfLife(x));
        made.longest.push_back(halfLife(x - moved[c]));
    }
    return made;
}

} // namespace

Result<std::vector<LayerHalfLives>> halfLives(const TensorFile &file)
{
    std::vector<LayerHalfLives> all;
    for (const char *const prefix : {"blocks.", "model.layers."}) {
        for (int layer = 0, layers = countLayers(file, prefix); layer < layers; ++layer) {
            const std::string block = prefix + std::to_string(layer);
            for (const char *const mixer : {".att.", ".self_attn.", ".self_attn.time_mixer."}) {
                const auto decay = decayOf(file, block + mixer);
                if (!decay)
                    continue;
                TRY(LayerHalfLives lives, layerHalfLives(file, layer, *decay));
                all.push_back(std::move(lives));
            }
        }
    }
    return all;
}

} // namespace volary
