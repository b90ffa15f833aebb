// Sampling against golden distributions, and what must hold for every draw.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/session/sampler.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

using namespace volary;
using volary::test::integer;
using volary::test::normals;

namespace {

Result<Json> readCases()
{
    TRY(const std::string text,
        readFile(std::filesystem::path(VOLARY_TEST_DATA) / "sampling/cases.json", 1 << 24));
    return Json::parse(text);
}

std::vector<TokenId> draws(Sampler sampler, std::span<const float> logits, int count)
{
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back(sampler.sample(logits));
    return tokens;
}

} // namespace

class TestSampler : public QObject {
    Q_OBJECT

private slots:
    void distributionsAreThoseOfTheReference();
    void penaltiesAreThoseOfTheReference();
    void drawsFollowTheDistribution();
    void sameSeedGivesTheSameTokens();
    void stateContinuesTheStream();
    void temperatureZeroTakesTheLikeliest();
    void minPCutsRelativeToTheLikeliest();
    void refusedTokensAreNeverDrawn();
    void logitsThatAreNoNumbersGiveNoToken();
    void everySettingOutOfRangeIsRefused();
    void settingsSurviveJson();
    void stateSurvivesItsBytes();
    void damagedStatesAreRefusedOrEqual();
    void countsThatNoDrawsCanReachAreRefused();
    void whateverWasDrawnCanBeSavedAndRead();
    void mostLikelyAreSortedAndSumBelowOne();
};

void TestSampler::distributionsAreThoseOfTheReference()
{
    REQUIRE(const Json cases, readCases());
    for (const Json &c : *cases.find("distributions")->array()) {
        std::vector<float> logits;
        for (const Json &logit : *c.find("logits")->array())
            logits.push_back(logit.isNull() ? -INFINITY : float(logit.number()));
        SamplerSettings settings;
        settings.temperature = c.find("temperature")->number();
        settings.topP = c.find("top_p")->number();
        settings.topK = int(c.find("top_k")->number());
        settings.seed = 1;

        auto got = Sampler(settings).distribution(logits);

        std::vector<double> expected;
        for (const Json &p : *c.find("rule_a")->array())
            expected.push_back(p.number());
        QCOMPARE(got.size(), expected.size());
        QVERIFY(std::abs(std::accumulate(got.begin(), got.end(), 0.0) - 1) < 1e-9);
        double difference = 0, sortedDifference = 0;
        for (std::size_t i = 0; i < got.size(); ++i)
            difference = std::max(difference, std::abs(got[i] - expected[i]));
        // Which of equal probabilities top-k keeps is not fixed.
        std::ranges::sort(got);
        std::ranges::sort(expected);
        for (std::size_t i = 0; i < got.size(); ++i)
            sortedDifference = std::max(sortedDifference, std::abs(got[i] - expected[i]));
        QVERIFY2(std::min(difference, sortedDifference) < 1e-6, qPrintable(QString::number(difference)));
    }
}

void TestSampler::penaltiesAreThoseOfTheReference()
{
    REQUIRE(const Json cases, readCases());
    for (const Json &c : *cases.find("penalties")->array()) {
        SamplerSettings settings;
        settings.presencePenalty = c.find("presence")->number();
        settings.frequencyPenalty = c.find("frequency")->number();
        settings.penaltyDecay = c.find("decay")->number();
        settings.temperature = 0;
        settings.seed = 1;
        Sampler sampler(settings);
        // The pip package counts some tokens with weight zero; Volary counts all alike.
        const auto zeroWeight = [&](TokenId token) {
            for (const Json &listed : *c.find("zero_weight_tokens")->array()) {
                if (*listed.integer() == token)
                    return true;
            }
            return false;
        };
        for (const Json &step : *c.find("steps")->array()) {
            const auto token = TokenId(*step.find("token")->integer());
            for (const auto &[name, penalty] : *step.find("penalty_before")->object()) {
                const auto id = TokenId(std::stoi(name));
                if (zeroWeight(id))
                    continue;
                const auto found = sampler.state().occurrences.find(id);
                QVERIFY(found != sampler.state().occurrences.end());
                const double got = settings.presencePenalty + found->second * settings.frequencyPenalty;
                QVERIFY(std::abs(got - penalty.number()) < 1e-9);
            }
            // Makes this token the only possible one.
            std::vector<float> logits(64, -INFINITY);
            logits[std::size_t(token)] = 0;
            QCOMPARE(sampler.sample(logits), token);
        }
    }
}

void TestSampler::drawsFollowTheDistribution()
{
    const std::vector<float> logits{0, 1, 2, 0.5f, -1, 1.5f};
    SamplerSettings settings{.temperature = 1, .topP = 1, .seed = 12345};
    Sampler sampler(settings);
    const auto expected = sampler.distribution(logits);
    constexpr int kDraws = 20000;
    std::vector<int> counts(logits.size());
    for (const TokenId token : draws(sampler, logits, kDraws))
        ++counts[std::size_t(token)];

    double chiSquare = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double wanted = expected[i] * kDraws;
        chiSquare += (counts[i] - wanted) * (counts[i] - wanted) / wanted;
    }
    QVERIFY2(chiSquare < 20.5,
             qPrintable(QString::number(chiSquare))); // 99.9 % quantile, 5 degrees of freedom
}

void TestSampler::sameSeedGivesTheSameTokens()
{
    const auto logits = normals(500);
    SamplerSettings settings{.temperature = 1.3, .topP = 0.95, .seed = 9};
    QVERIFY(draws(Sampler(settings), logits, 200) == draws(Sampler(settings), logits, 200));
    SamplerSettings other = settings;
    other.seed = 10;
    QVERIFY(draws(Sampler(settings), logits, 200) != draws(Sampler(other), logits, 200));
}

void TestSampler::stateContinuesTheStream()
{
    const auto logits = normals(500);
    Sampler sampler(SamplerSettings{.presencePenalty = 0.3, .frequencyPenalty = 0.2, .seed = 9});
    for (int i = 0; i < 50; ++i)
        sampler.sample(logits);
    REQUIRE(SamplerState state, SamplerState::deserialize(sampler.state().serialize()));

    QVERIFY(draws(Sampler(state), logits, 100) == draws(sampler, logits, 100));
}

void TestSampler::temperatureZeroTakesTheLikeliest()
{
    for (int round = 0; round < 50; ++round) {
        const auto logits = normals(std::size_t(integer(1, 400)));
        Sampler sampler(SamplerSettings{.temperature = 0, .seed = std::uint64_t(round)});
        QCOMPARE(sampler.sample(logits), TokenId(std::ranges::max_element(logits) - logits.begin()));
    }
}

void TestSampler::minPCutsRelativeToTheLikeliest()
{
    const std::vector<float> logits{0, std::log(0.5f), std::log(0.2f), std::log(0.05f)};
    const auto p = Sampler(SamplerSettings{.topP = 1, .minP = 0.1, .seed = 1}).distribution(logits);

    QVERIFY(p[0] > 0 && p[1] > 0 && p[2] > 0);
    QCOMPARE(p[3], 0.0);
}

void TestSampler::refusedTokensAreNeverDrawn()
{
    const auto logits = normals(50);
    Sampler sampler(SamplerSettings{.temperature = 2, .topP = 1, .seed = 3});
    for (int i = 0; i < 500; ++i)
        QVERIFY(sampler.sample(logits, [](TokenId token) { return token % 2 == 0; }) % 2 == 0);
}

void TestSampler::logitsThatAreNoNumbersGiveNoToken()
{
    Sampler sampler(SamplerSettings{.seed = 3});
    const std::vector<float> none(10, -INFINITY), nan(10, NAN);
    QCOMPARE(sampler.sample(none), kNoToken);
    QCOMPARE(sampler.sample(nan), kNoToken);
    const std::vector<float> one{NAN, -INFINITY, 3, -INFINITY};
    QCOMPARE(sampler.sample(one), TokenId(2));
}

void TestSampler::everySettingOutOfRangeIsRefused()
{
    const auto refused = [](auto change) {
        SamplerSettings settings;
        change(settings);
        return !settings.validate();
    };
    QVERIFY(SamplerSettings().validate());
    for (const double bad : {-0.1, double(NAN), double(INFINITY)}) {
        QVERIFY(refused([&](auto &s) { s.temperature = bad; }));
        QVERIFY(refused([&](auto &s) { s.topP = bad; }));
        QVERIFY(refused([&](auto &s) { s.minP = bad; }));
        QVERIFY(refused([&](auto &s) { s.penaltyDecay = bad; }));
    }
    QVERIFY(refused([](auto &s) { s.topP = 1.1; }));
    QVERIFY(refused([](auto &s) { s.topK = -1; }));
    QVERIFY(refused([](auto &s) { s.presencePenalty = NAN; }));
    QVERIFY(refused([](auto &s) { s.frequencyPenalty = INFINITY; }));
}

void TestSampler::settingsSurviveJson()
{
    const SamplerSettings settings{.temperature = 0.3,
                                   .topK = 40,
                                   .topP = 0.91,
                                   .minP = 0.05,
                                   .presencePenalty = 0.4,
                                   .frequencyPenalty = 0.1,
                                   .penaltyDecay = 0.97,
                                   .seed = UINT64_MAX};

    REQUIRE(const SamplerSettings back, SamplerSettings::fromJson(settings.toJson()));

    QVERIFY(back == settings);
    QVERIFY(!SamplerSettings::fromJson("[]") || SamplerSettings::fromJson("[]").value() == SamplerSettings());
    QVERIFY(!SamplerSettings::fromJson("{"));
}

void TestSampler::stateSurvivesItsBytes()
{
    SamplerState state;
    state.settings.seed = 77;
    state.random = {1, 2, 3, UINT64_MAX};
    state.occurrences = {{0, 1.5}, {7, 0.25}, {65535, 12}};

    REQUIRE(const SamplerState back, SamplerState::deserialize(state.serialize()));

    QVERIFY(back == state);
}

void TestSampler::damagedStatesAreRefusedOrEqual()
{
    SamplerState state;
    state.random = {1, 2, 3, 4};
    state.occurrences = {{3, 1.5}, {7, 0.25}};
    const auto bytes = state.serialize();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        QVERIFY(!SamplerState::deserialize(std::span(bytes).first(size)));
    auto longer = bytes;
    longer.push_back(std::byte(0));
    QVERIFY(!SamplerState::deserialize(longer));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            auto damaged = bytes;
            damaged[at] = std::byte(value);
            if (const auto parsed = SamplerState::deserialize(damaged))
                QVERIFY(parsed.value().serialize() == damaged); // nothing was guessed or dropped
        }
    }
}

// With counts near the largest double, penalties would be infinite and logits not numbers.
void TestSampler::countsThatNoDrawsCanReachAreRefused()
{
    SamplerState state;
    state.random = {1, 2, 3, 4};
    for (const double possible : {0.0, -0.0, 1e-300, 0x1p53}) {
        state.occurrences[0] = possible;
        QVERIFY(SamplerState::deserialize(state.serialize()));
    }
    for (const double impossible : {-1.0, 0x1.8p53, 1e308, double(INFINITY), double(NAN)}) {
        state.occurrences[0] = impossible;
        QVERIFY(!SamplerState::deserialize(state.serialize()));
    }
}

// Valid settings at the edges of their ranges; a decay of minus zero makes counts of minus zero.
void TestSampler::whateverWasDrawnCanBeSavedAndRead()
{
    const auto logits = normals(20);
    for (const double decay : {0.0, -0.0, 1e-300, 1.0}) {
        for (const double penalty : {-100.0, 0.0, 100.0}) {
            Sampler sampler(SamplerSettings{.topP = 1,
                                            .presencePenalty = penalty,
                                            .frequencyPenalty = penalty,
                                            .penaltyDecay = decay,
                                            .seed = 5});
            for (int i = 0; i < 30; ++i)
                QVERIFY(sampler.sample(logits) != kNoToken);

            REQUIRE(const SamplerState back, SamplerState::deserialize(sampler.state().serialize()));

            QVERIFY(back == sampler.state());
        }
    }
}

void TestSampler::mostLikelyAreSortedAndSumBelowOne()
{
    const auto logits = normals(1000, 3);
    const auto likely = mostLikely(logits, 8);

    QCOMPARE(likely.size(), std::size_t(8));
    QVERIFY(std::ranges::is_sorted(likely, std::greater<>(), &TokenProbability::probability));
    double sum = 0;
    for (const TokenProbability &entry : likely)
        sum += double(entry.probability);
    QVERIFY(sum > 0 && sum <= 1.0001);
    QCOMPARE(likely[0].token, TokenId(std::ranges::max_element(logits) - logits.begin()));
    QCOMPARE(mostLikely(logits, 5000).size(), std::size_t(1000));
}

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
