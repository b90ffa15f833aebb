#include "core/session/sampler.h"

#include "core/base/check.h"
#include "core/session/random.h"
#include "core/session/sampler_exp.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace volary {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// A token that can still be drawn. `weight` is its probability relative to the most likely token: in [0, 1].
struct Candidate {
    TokenId token;
    double logit;
    double weight;
};

bool moreLikely(const Candidate &a, const Candidate &b)
{
    return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
}

// NaN counts as minus infinity: a token without a likelihood is not drawn.
std::vector<double> penalized(std::span<const float> logits, const SamplerState &state)
{
    std::vector<double> result(logits.size());
    std::transform(logits.begin(), logits.end(), result.begin(),
                   [](float logit) { return std::isnan(logit) ? kNever : double(logit); });
    for (const auto &[token, count] : state.occurrences)
        if (std::size_t(token) < result.size())
            result[std::size_t(token)] -=
                state.settings.presencePenalty + count * state.settings.frequencyPenalty;
    return result;
}

double largest(std::span<const double> logits)
{
    return logits.empty() ? kNever : *std::max_element(logits.begin(), logits.end());
}

double relativeWeight(double logit, double maximum)
{
    return logit == maximum ? 1 : reproducibleExp(logit - maximum);
}

// In order of ids; weights that are zero in double are left out.
std::vector<Candidate> candidates(std::span<const double> logits)
{
    const double maximum = largest(logits);
    std::vector<Candidate> result;
    if (maximum == kNever)
        return result;
    result.reserve(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i)
        if (const double weight = relativeWeight(logits[i], maximum); weight > 0)
            result.push_back({static_cast<TokenId>(i), logits[i], weight});
    return result;
}

// Sorts weights coarsely by the leading bits of their representation, so that only the few around a threshold
// need exact sorting. Bucket 0 holds the largest; everything below 2^-64 shares the last one.
class Buckets {
public:
    explicit Buckets(std::span<const Candidate> all) : m_all(all), m_sums(kCount, 0.0)
    {
        for (const Candidate &candidate : all)
            m_sums[bucketOf(candidate.weight)] += candidate.weight;
    }

    // The weight at the first place, from the largest down, where the sum reaches `share` of the whole; the
    // smallest weight when rounding leaves no such place.
    double weightAtShare(double share) const
    {
        double whole = 0;
        for (const double sum : m_sums)
            whole += sum;
        double sum = 0;
        for (std::size_t bucket = 0; bucket < kCount; ++bucket) {
            if (m_sums[bucket] == 0)
                continue;
            if (sum + m_sums[bucket] >= share * whole)
                return weightInside(bucket, share * whole - sum);
            sum += m_sums[bucket];
        }
        return 0;
    }

private:
    static constexpr int kStepBits = 5; // 32 buckets for each power of two
    static constexpr std::size_t kCount = (64 << kStepBits) + 1;

    static std::size_t bucketOf(double weight)
    {
        constexpr int kShift = 52 - kStepBits;
        constexpr auto kTop = std::bit_cast<std::uint64_t>(1.0) >> kShift;
        return std::min<std::size_t>(kTop - (std::bit_cast<std::uint64_t>(weight) >> kShift), kCount - 1);
    }

    double weightInside(std::size_t bucket, double needed) const
    {
        std::vector<double> weights;
        for (const Candidate &candidate : m_all)
            if (bucketOf(candidate.weight) == bucket)
                weights.push_back(candidate.weight);
        std::sort(weights.begin(), weights.end(), std::greater<>());
        double sum = 0;
        for (const double weight : weights) {
            sum += weight;
            if (sum >= needed)
                return weight;
        }
        return weights.back();
    }

    std::span<const Candidate> m_all;
    std::vector<double> m_sums;
};

// All filters look at the untempered distribution. Ties at the cut survive top-p and min-p; top-k prefers
// lower ids.
void filter(std::vector<Candidate> &all, const SamplerSettings &settings)
{
    const bool greedy = settings.temperature == 0;
    double cut = settings.minP;
    if (greedy || settings.topP <= 0)
        cut = 1;
    else if (settings.topP < 1)
        cut = std::max(cut, Buckets(all).weightAtShare(settings.topP));
    std::erase_if(all, [&](const Candidate &candidate) { return candidate.weight < cut; });

    const auto k = static_cast<std::size_t>(settings.topK);
    if (k == 0 || k >= all.size())
        return;
    std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(k), all.end(), moreLikely);
    all.resize(k);
    std::sort(all.begin(), all.end(),
              [](const Candidate &a, const Candidate &b) { return a.token < b.token; });
}

// p^(1/T) is e^(logit/T) but for a factor that normalising removes.
void temper(std::vector<Candidate> &all, double temperature)
{
    if (temperature == 0 || temperature == 1)
        return;
    double maximum = kNever;
    for (const Candidate &candidate : all)
        maximum = std::max(maximum, candidate.logit);
    for (Candidate &candidate : all)
        candidate.weight =
            candidate.logit == maximum ? 1 : reproducibleExp((candidate.logit - maximum) / temperature);
}

double sumOfWeights(std::span<const Candidate> all)
{
    double sum = 0;
    for (const Candidate &candidate : all)
        sum += candidate.weight;
    return sum;
}

std::vector<Candidate> drawable(std::span<const double> logits, const SamplerSettings &settings)
{
    std::vector<Candidate> all = candidates(logits);
    filter(all, settings);
    temper(all, settings.temperature);
    return all;
}

TokenId draw(std::span<const Candidate> all, double uniform)
{
    const double target = uniform * sumOfWeights(all);
    double sum = 0;
    TokenId last = kNoToken;
    for (const Candidate &candidate : all) {
        if (candidate.weight == 0)
            continue;
        sum += candidate.weight;
        last = candidate.token;
        if (sum > target)
            break;
    }
    return last;
}

} // namespace

Sampler::Sampler(const SamplerSettings &settings)
    : Sampler(SamplerState{settings, seededRandom(settings.seed), {}})
{}

Sampler::Sampler(SamplerState state) : m_state(std::move(state))
{
    VOLARY_CHECK(bool(m_state.settings.validate()), "sampler settings are out of range");
}

TokenId Sampler::sample(std::span<const float> logits, const std::function<bool(TokenId)> &allowed)
{
    std::vector<double> scores = penalized(logits, m_state);
    for (std::size_t i = 0; allowed && i < scores.size(); ++i)
        if (!allowed(static_cast<TokenId>(i)))
            scores[i] = kNever;
    const std::vector<Candidate> all = drawable(scores, m_state.settings);
    if (all.empty())
        return kNoToken;

    const TokenId token = draw(all, nextUniform(m_state.random));
    for (auto &[seen, count] : m_state.occurrences)
        count *= m_state.settings.penaltyDecay;
    m_state.occurrences[token] += 1;
    return token;
}

std::vector<double> Sampler::distribution(std::span<const float> logits) const
{
    std::vector<double> probabilities(logits.size(), 0.0);
    const std::vector<Candidate> all = drawable(penalized(logits, m_state), m_state.settings);
    const double sum = sumOfWeights(all);
    for (const Candidate &candidate : all)
        probabilities[std::size_t(candidate.token)] = candidate.weight / sum;
    return probabilities;
}

void Sampler::setSettings(const SamplerSettings &settings)
{
    VOLARY_CHECK(bool(settings.validate()), "sampler settings are out of range");
    if (settings.seed != m_state.settings.seed)
        m_state.random = seededRandom(settings.seed);
    m_state.settings = settings;
}

void Sampler::restart()
{
    m_state.occurrences.clear();
}

std::vector<TokenProbability> mostLikely(std::span<const float> logits, int k)
{
    std::vector<Candidate> all = candidates(penalized(logits, {}));
    const double sum = sumOfWeights(all);
    const auto count = std::min(static_cast<std::size_t>(std::max(k, 0)), all.size());
    std::partial_sort(all.begin(), all.begin() + std::ptrdiff_t(count), all.end(), moreLikely);
    std::vector<TokenProbability> result;
    for (std::size_t i = 0; i < count; ++i)
        result.push_back({all[i].token, static_cast<float>(all[i].weight / sum)});
    return result;
}

} // namespace volary
