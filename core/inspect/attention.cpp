#include "core/inspect/attention.h"

#include "core/models/floats.h"
#include "core/session/runner.h"

#include <algorithm>
#include <cmath>

namespace volary {

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t(2) << 30; // of derived rows and weights together
constexpr std::int64_t kTile = 1024;                         // keys that are fetched from the device at once
constexpr std::size_t kOrdinaryBytes = 2;                    // of a number in the common cache

Error cancelled()
{
    return {ErrorCode::Cancelled, "Looking at the attention was cancelled.", ""};
}

Result<> checkSize(std::span<const StateTensor> spec, const ModelInfo &info, std::size_t tokens)
{
    const std::uint64_t perToken = derivedRows(spec).bytesPerToken +
                                   std::uint64_t(info.heads) * std::uint64_t(info.layers) * sizeof(float);
    if (tokens <= kMostBytes / perToken)
        return {};
    return Error{ErrorCode::Unsupported,
                 "This text is too long to show its attention: the keys and values of all its tokens do not "
                 "fit in 2 GB.",
                 "Look at an earlier turn."};
}

// Of one layer. Two passes would fetch the keys twice; the scores are few, so they are kept.
Result<LayerAttention> weightsOf(const AttentionProbe &probe, const State &state, Backend &backend,
                                 const std::function<bool(std::int64_t done)> &keepGoing)
{
    const auto index = std::size_t(probe.keys);
    const StateTensor &spec = state.spec()[index];
    const auto T = std::size_t(state.length()), H = std::size_t(probe.heads), K = std::size_t(probe.keyHeads);
    const std::size_t N = probe.query.size() / H, rowBytes = bytesPerRow(spec);
    std::vector<double> scores(H * T);
    for (std::int64_t from = 0; from < state.length(); from += kTile) {
        if (!keepGoing(from))
            return cancelled();
        const auto rows = std::size_t(std::min(kTile, state.length() - from));
        std::vector<std::byte> bytes(rows * rowBytes);
        const Tensor &keys = state.tensors()[index];
        TRY_(backend.download(bytes, *keys.buffer, keys.offset + std::size_t(from) * rowBytes));
        const std::vector<float> numbers = toFloats(bytes, spec.type);
        for (std::size_t h = 0; h < H; ++h) {
            const float *const query = probe.query.data() + h * N;
            for (std::size_t i = 0; i < rows; ++i) {
                const float *const key = numbers.data() + (i * K + h * K / H) * N;
                double product = 0;
                for (std::size_t c = 0; c < N; ++c)
                    product += double(query[c]) * double(key[c]);
                scores[h * T + std::size_t(from) + i] = product / std::sqrt(double(N));
            }
        }
    }
    LayerAttention attention{.layer = spec.layer, .heads = probe.heads, .weights = std::vector<float>(H * T)};
    for (std::size_t h = 0; h < H; ++h) {
        const auto row = std::span(scores).subspan(h * T, T);
        const double largest = *std::ranges::max_element(row);
        double sum = 0;
        for (double &score : row)
            sum += score = std::exp(score - largest);
        std::ranges::transform(row, attention.weights.begin() + std::ptrdiff_t(h * T),
                               [sum](double score) { return float(score / sum); });
    }
    return attention;
}

void takeLatents(AttentionPicture &picture, const SnapshotImage &image)
{
    const auto found = std::ranges::find_if(
        image.state, [](const TensorImage &tensor) { return tensor.spec.role == StateRole::KeyLatents; });
    if (found == image.state.end())
        return;
    picture.latents = toFloats(*found->bytes, found->spec.type);
    picture.latentWidth = found->spec.shape[1];
}

void takeCosts(AttentionPicture &picture, const Model &model)
{
    const DerivedRows derived = derivedRows(model.stateSpec());
    const auto tokens = std::int64_t(picture.tokens.size());
    picture.savedBytesPerToken = bytesPerToken(model.stateSpec());
    picture.derivedBytesPerToken = derived.bytesPerToken;
    picture.derivedKept = derived.bytesPerToken == 0 ? 0
                          : derived.most == 0        ? tokens
                                                     : std::min(derived.most, tokens);
    picture.ordinaryBytesPerToken =
        2 * std::size_t(model.info().layers) * std::size_t(model.info().width) * kOrdinaryBytes;
}

} // namespace

std::vector<double> AttentionPicture::mean(int layer, int head) const
{
    const std::size_t T = tokens.size();
    std::vector<double> mean(T);
    int rows = 0;
    for (const LayerAttention &shown : layers) {
        if (layer >= 0 && shown.layer != layer)
            continue;
        for (int h = 0; h < shown.heads; ++h) {
            if (head >= 0 && h != head)
                continue;
            ++rows;
            for (std::size_t i = 0; i < T; ++i)
                mean[i] += double(shown.weights[std::size_t(h) * T + i]);
        }
    }
    for (double &weight : mean)
        weight /= std::max(rows, 1);
    return mean;
}

Result<AttentionPicture> attentionAt(Runner &runner, const SnapshotImage &image,
                                     const std::function<bool(double)> &progress)
{
    const Model &model = runner.model();
    // All rows are wanted here, whatever a budget keeps of them.
    std::vector<StateTensor> spec(model.stateSpec().begin(), model.stateSpec().end());
    if (std::ranges::find(spec, StateRole::Keys, &StateTensor::role) == spec.end() || image.tokens.empty())
        return Error{ErrorCode::Unsupported,
                     "There is no attention to show: this model keeps all that it knows in its state.",
                     "Open a model with attention layers, such as GoldFinch."};
    for (StateTensor &tensor : spec)
        tensor.mostRows = 0;
    TRY_(checkSize(spec, model.info(), image.tokens.size()));
    TRY(State state, State::create(runner.backend(), spec));
    TRY_(state.upload(image.state));
    TRY(const auto probes, runner.probe(image.tokens.back(), state));

    AttentionPicture picture;
    picture.tokens = image.tokens;
    const double whole = double(probes.size()) * double(state.length());
    for (const AttentionProbe &probe : probes) {
        const double before = double(picture.layers.size()) * double(state.length());
        TRY(LayerAttention layer, weightsOf(probe, state, runner.backend(), [&](std::int64_t done) {
                return !progress || progress((before + double(done)) / whole);
            }));
        picture.layers.push_back(std::move(layer));
    }
    takeLatents(picture, image);
    takeCosts(picture, model);
    return picture;
}

} // namespace volary
