// Conversations and snapshots to store: small, different from each other, and the same for the same seed.
#pragma once

#include "core/store/library.h"

#include <cstring>
#include <random>
#include <ranges>

namespace volary::test {

inline std::shared_ptr<const std::vector<std::byte>> noise(std::size_t bytes, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    auto made = std::make_shared<std::vector<std::byte>>(bytes);
    for (std::size_t at = 0; at < bytes; at += 8) {
        const std::uint64_t word = random();
        std::memcpy(made->data() + at, &word, std::min<std::size_t>(8, bytes - at));
    }
    return made;
}

inline TensorImage tensor(std::string name, Shape shape, StateRole role, int layer, std::string layout,
                          std::uint64_t seed)
{
    StateTensor spec{std::move(name), DType::F32, shape, StateGrowth::Fixed, role, layer, std::move(layout)};
    const auto bytes = std::size_t(shape.elements()) * 4;
    return {std::move(spec), noise(bytes, seed)};
}

// Of a model with `layers` layers of two heads of 8; the first tokens of any two images agree.
inline SnapshotImage image(std::uint64_t seed, int tokens = 3, int layers = 2)
{
    SnapshotImage made;
    made.model = {std::string(64, 'f'), "rwkv7", "Goose", std::string(64, 'a'), "cpu/1/scalar"};
    for (int i = 0; i < tokens; ++i)
        made.tokens.push_back(i * 7 % 65'536);
    for (int layer = 0; layer < layers; ++layer) {
        const std::string prefix = "blocks." + std::to_string(layer);
        const std::uint64_t own = seed * 1000 + std::uint64_t(layer) * 3;
        made.state.push_back(
            tensor(prefix + ".att.shift", {16}, StateRole::AttentionShift, layer, "channel", own));
        made.state.push_back(
            tensor(prefix + ".att.wkv", {2, 8, 8}, StateRole::Wkv, layer, "head,value,key", own + 1));
        made.state.push_back(
            tensor(prefix + ".ffn.shift", {16}, StateRole::FeedForwardShift, layer, "channel", own + 2));
    }
    made.sampler.settings.seed = seed;
    made.sampler.random = {seed, 2, 3, 4};
    made.sampler.occurrences = {{1, 0.5}, {70'000, 2.25}};
    return made;
}

// The same with finite numbers of ordinary size in place of any bits.
inline SnapshotImage finiteImage(std::uint64_t seed, int tokens = 3)
{
    SnapshotImage made = image(seed, tokens);
    std::mt19937_64 random(seed);
    std::normal_distribution<float> numbers;
    for (TensorImage &tensor : made.state) {
        auto bytes = std::make_shared<std::vector<std::byte>>(tensor.bytes->size());
        for (std::size_t at = 0; at < bytes->size(); at += sizeof(float)) {
            const float number = numbers(random);
            std::memcpy(bytes->data() + at, &number, sizeof number);
        }
        tensor.bytes = std::move(bytes);
    }
    return made;
}

inline bool same(const SnapshotImage &a, const SnapshotImage &b)
{
    return a.model == b.model && a.tokens == b.tokens && a.sampler == b.sampler &&
           std::ranges::equal(a.state, b.state, [](const TensorImage &x, const TensorImage &y) {
               return x.spec == y.spec && *x.bytes == *y.bytes;
           });
}

inline Turn turn(ConversationId conversation, std::optional<TurnId> parent, std::string text,
                 Role role = Role::Assistant)
{
    Turn made;
    made.conversation = conversation;
    made.parent = parent;
    made.role = role;
    made.text = std::move(text);
    made.tokens = std::int64_t(made.text.size());
    made.position = 2 * made.tokens;
    made.createdMs = 1'700'000'000'000;
    made.statsJson = R"({"tokensPerSecond":12.5})";
    return made;
}

inline Conversation conversation(std::string title)
{
    Conversation made;
    made.title = std::move(title);
    made.modelFingerprint = std::string(64, 'f');
    made.modelName = "Goose";
    made.chatFormat = "world";
    made.settingsJson = R"({"temperature":0.5})";
    return made;
}

} // namespace volary::test
