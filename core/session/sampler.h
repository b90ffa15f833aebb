// From logits to the next token. The rules are those of the RWKV demos: see specs in docs/sampling.md.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizer.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace volary {

struct SamplerSettings {
    double temperature = 1.0; // 0: always the most likely token
    int topK = 0;             // 0: off
    double topP = 0.85;       // applied to the untempered distribution
    double minP = 0;          // keeps tokens of at least minP times the largest probability; 0: off
    double presencePenalty = 0;
    double frequencyPenalty = 0;
    double penaltyDecay = 0.996;
    std::uint64_t seed = 0;

    bool operator==(const SamplerSettings &) const = default;

    // Names the first setting that is out of its range.
    Result<> validate() const;
    std::string toJson() const;
    static Result<SamplerSettings> fromJson(std::string_view json);
};

// Everything that decides the next draw beside the logits; part of every snapshot.
struct SamplerState {
    SamplerSettings settings;
    std::array<std::uint64_t, 4> random{}; // xoshiro256**
    std::map<TokenId, double> occurrences; // decayed counts

    bool operator==(const SamplerState &) const = default;
    std::vector<std::byte> serialize() const;
    static Result<SamplerState> deserialize(std::span<const std::byte> bytes); // hostile input is refused
};

// What sample() gives when no token can be drawn: every logit is NaN or minus infinity, or refused.
inline constexpr TokenId kNoToken = -1;

struct TokenProbability {
    TokenId token;
    float probability;
    bool operator==(const TokenProbability &) const = default;
};

// One random stream: the same state and logits give the same token, on every machine.
class Sampler {
public:
    explicit Sampler(const SamplerSettings &settings);
    explicit Sampler(SamplerState state);

    // Draws a token; penalties, the draw, the decay and the count follow in that order. `logits` has V
    // entries; ids that `allowed` refuses (when given) are never drawn.
    TokenId sample(std::span<const float> logits, const std::function<bool(TokenId)> &allowed = {});

    // The distribution that the next sample() would draw from, V entries that sum to one.
    std::vector<double> distribution(std::span<const float> logits) const;

    const SamplerState &state() const { return m_state; }
    void setSettings(const SamplerSettings &settings); // keeps the random stream unless the seed changes
    void restart();                                    // penalties empty, as at the start of a reply

private:
    SamplerState m_state;
};

// The k most likely tokens of plain softmax(logits), most likely first; ties by lower id.
std::vector<TokenProbability> mostLikely(std::span<const float> logits, int k);

} // namespace volary
