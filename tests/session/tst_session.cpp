// Sessions and replies: going on after a cut is the same as never having stopped.
#include "core/session/generation.h"
#include "core/session/session.h"
#include "kernels/cpu/backend.h"
#include "tests/support/golden.h"
#include "tests/support/random.h"
#include "tests/support/verify.h"

#include <QTest>

#include <thread>

using namespace volary;
using namespace volary::test;

namespace {

const ModelIdentity kIdentity{.fingerprint = "0123456789abcdef",
                              .architecture = "rwkv7",
                              .name = "golden",
                              .tokenizer = "none",
                              .numericProfile = "test"};

std::vector<TokenId> randomTokens(int count)
{
    std::vector<TokenId> tokens(static_cast<std::size_t>(count));
    for (TokenId &token : tokens)
        token = integer(0, 511);
    return tokens;
}

bool sameState(const SnapshotImage &a, const SnapshotImage &b)
{
    if (a.state.size() != b.state.size())
        return false;
    for (std::size_t i = 0; i < a.state.size(); ++i) {
        if (a.state[i].spec != b.state[i].spec || *a.state[i].bytes != *b.state[i].bytes)
            return false;
    }
    return a.tokens == b.tokens && a.sampler == b.sampler;
}

// A vocabulary of 512 tokens whose texts are chosen so that stop strings fall across, inside and between
// tokens.
class FakeTokenizer final : public Tokenizer {
public:
    explicit FakeTokenizer(std::map<TokenId, std::string> texts) : m_texts(std::move(texts)) {}
    std::string_view kind() const override { return "fake"; }
    int vocabularySize() const override { return 512; }
    std::vector<TokenId> encode(std::string_view text) const override
    {
        std::vector<TokenId> tokens;
        while (!text.empty()) { // longest known text first, else the byte itself
            TokenId best = static_cast<unsigned char>(text[0]);
            std::size_t length = 1;
            for (const auto &[id, piece] : m_texts) {
                if (piece.size() > length && text.starts_with(piece)) {
                    best = id;
                    length = piece.size();
                }
            }
            tokens.push_back(best);
            text.remove_prefix(length);
        }
        return tokens;
    }
    std::string_view bytes(TokenId id) const override
    {
        const auto found = m_texts.find(id);
        return found == m_texts.end() ? std::string_view(&kBytes[std::size_t(id & 0xFF)], 1) : found->second;
    }
    bool isDefined(TokenId) const override { return true; }
    const std::string &identity() const override { return kIdentity.tokenizer; }

private:
    static constexpr std::array<char, 256> kBytes = [] {
        std::array<char, 256> all{};
        for (int i = 0; i < 256; ++i)
            all[std::size_t(i)] = char(i);
        return all;
    }();
    std::map<TokenId, std::string> m_texts;
};

} // namespace

class TestSession : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void restoredSnapshotContinuesBitForBit();
    void feedingInPiecesEqualsFeedingAtOnce();
    void sessionsSteppedTogetherEqualEachAlone();
    void sessionsOnTwoThreadsDoNotDisturbEachOther();
    void cancelledReadingCanBeContinued();
    void freshSessionRemembersNothing();
    void snapshotOfAnotherModelIsRefusedByName();
    void damagedStateIsRefusedAndChangesNothing();
    void unknownTokenIsRefusedByNumber();
    void sameSeedGivesTheSameReply();
    void replyEndsExactlyBehindItsLastShownCharacter();
    void endTokenIsNeverShown();
    void cancelledReplyCanBeContinuedBitForBit();

private:
    Result<Session> session(const SamplerSettings &settings = {.seed = 7})
    {
        return Session::create(*m_test->runner, kIdentity, settings);
    }

    std::optional<OpenedForTest> m_test;
};

void TestSession::initTestCase()
{
    REQUIRE(m_test, openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2)));
}

void TestSession::restoredSnapshotContinuesBitForBit()
{
    for (int round = 0; round < 40; ++round) {
        const auto prompt = randomTokens(integer(1, 120));
        const int before = integer(0, 12), after = 12;
        REQUIRE(Session original, session({.temperature = 1.2f, .presencePenalty = 0.3f, .seed = 7}));
        VERIFY_OK(original.feed(prompt));
        for (int i = 0; i < before; ++i)
            VERIFY_OK(original.step());
        REQUIRE(const SnapshotImage saved, original.snapshot());
        for (int i = 0; i < after; ++i)
            VERIFY_OK(original.step());

        REQUIRE(Session restored, session({.seed = 99}));
        VERIFY_OK(restored.restore(saved));
        for (int i = 0; i < after; ++i)
            VERIFY_OK(restored.step());

        REQUIRE(const SnapshotImage expected, original.snapshot());
        REQUIRE(const SnapshotImage got, restored.snapshot());
        QVERIFY(sameState(got, expected));
        QVERIFY(std::ranges::equal(restored.logits(), original.logits()));
    }
}

void TestSession::feedingInPiecesEqualsFeedingAtOnce()
{
    const auto prompt = randomTokens(600);
    REQUIRE(Session whole, session());
    VERIFY_OK(whole.feed(prompt));
    REQUIRE(const SnapshotImage expected, whole.snapshot());

    for (int round = 0; round < 4; ++round) {
        REQUIRE(Session pieces, session());
        for (std::size_t at = 0; at < prompt.size();) {
            const auto count = std::min(prompt.size() - at, std::size_t(integer(1, 300)));
            VERIFY_OK(pieces.feed(std::span(prompt).subspan(at, count)));
            at += count;
        }
        REQUIRE(const SnapshotImage got, pieces.snapshot());
        QVERIFY(sameState(got, expected));
    }
}

void TestSession::sessionsSteppedTogetherEqualEachAlone()
{
    std::vector<Session> together, alone;
    for (const int length : {1, 5, 33}) {
        const auto prompt = randomTokens(length);
        for (auto *group : {&together, &alone}) {
            REQUIRE(Session made, session({.seed = std::uint64_t(length)}));
            VERIFY_OK(made.feed(prompt));
            group->push_back(std::move(made));
        }
    }
    std::vector<Session *> all;
    for (Session &one : together)
        all.push_back(&one);

    for (int i = 0; i < 10; ++i) {
        VERIFY_OK(stepTogether(all));
        for (Session &one : alone)
            VERIFY_OK(one.step());
    }

    for (std::size_t b = 0; b < alone.size(); ++b) {
        REQUIRE(const SnapshotImage expected, alone[b].snapshot());
        REQUIRE(const SnapshotImage got, together[b].snapshot());
        QVERIFY(sameState(got, expected));
    }
}

void TestSession::sessionsOnTwoThreadsDoNotDisturbEachOther()
{
    const auto run = [](std::uint64_t seed) -> std::vector<TokenId> {
        auto test = openForTest(dataFile("rwkv7/model.pth"), makeCpuBackend(2));
        if (!test)
            return {};
        auto one = Session::create(*test.value().runner, kIdentity, {.seed = seed});
        const std::vector<TokenId> prompt{TokenId(seed), 2, 3};
        if (!one || !one.value().feed(prompt))
            return {};
        for (int i = 0; i < 60; ++i) {
            if (!one.value().step())
                return {};
        }
        return {one.value().tokens().begin(), one.value().tokens().end()};
    };
    const auto first = run(1), second = run(2);
    QCOMPARE(first.size(), std::size_t(63));

    std::vector<TokenId> a, b;
    std::thread other([&] { a = run(1); });
    b = run(2);
    other.join();

    QVERIFY(a == first);
    QVERIFY(b == second);
}

void TestSession::cancelledReadingCanBeContinued()
{
    const auto prompt = randomTokens(1000);
    REQUIRE(Session whole, session());
    VERIFY_OK(whole.feed(prompt));
    REQUIRE(const SnapshotImage expected, whole.snapshot());

    REQUIRE(Session cut, session());
    std::stop_source stop;
    const auto outcome = cut.feed(prompt, stop.get_token(), [&](std::size_t done) {
        if (done > 300)
            stop.request_stop();
    });
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().code, ErrorCode::Cancelled);
    const std::size_t read = cut.tokens().size();
    QVERIFY(read > 300 && read < prompt.size());
    VERIFY_OK(cut.feed(std::span(prompt).subspan(read)));

    REQUIRE(const SnapshotImage got, cut.snapshot());
    QVERIFY(sameState(got, expected));
}

void TestSession::freshSessionRemembersNothing()
{
    const auto prompt = randomTokens(20);
    REQUIRE(Session first, session());
    VERIFY_OK(first.feed(prompt));
    VERIFY_OK(first.step());
    const std::vector<float> expected(first.logits().begin(), first.logits().end());
    for (int i = 0; i < 5; ++i) {
        REQUIRE(Session other, session());
        VERIFY_OK(other.feed(randomTokens(integer(1, 80))));
        VERIFY_OK(other.step());
    }

    VERIFY_OK(first.reset());
    VERIFY_OK(first.feed(prompt));
    VERIFY_OK(first.step());

    QVERIFY(std::ranges::equal(first.logits(), expected));
}

void TestSession::snapshotOfAnotherModelIsRefusedByName()
{
    REQUIRE(Session one, session());
    VERIFY_OK(one.feed(randomTokens(5)));
    REQUIRE(SnapshotImage image, one.snapshot());
    image.model.fingerprint = "ffffffffffff";
    image.model.name = "another goose";

    const auto refused = one.restore(image);

    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Mismatch);
    QVERIFY(QString::fromStdString(refused.error().what).contains("another goose"));
    QVERIFY(QString::fromStdString(refused.error().what).contains("golden"));
}

void TestSession::damagedStateIsRefusedAndChangesNothing()
{
    REQUIRE(Session one, session());
    VERIFY_OK(one.feed(randomTokens(5)));
    REQUIRE(const SnapshotImage before, one.snapshot());
    const auto refuses = [&](auto damage) {
        SnapshotImage image = before;
        damage(image);
        return !one.restore(image);
    };

    QVERIFY(refuses([](SnapshotImage &i) { i.state.pop_back(); }));
    QVERIFY(refuses([](SnapshotImage &i) { i.state[1].spec.shape = {1, 64, 64}; }));
    QVERIFY(refuses([](SnapshotImage &i) { i.state[1].spec.layout = "head,key,value"; }));
    QVERIFY(
        refuses([](SnapshotImage &i) { i.state[0].bytes = std::make_shared<std::vector<std::byte>>(8); }));
    QVERIFY(refuses([](SnapshotImage &i) { i.tokens.back() = 512; }));
    QVERIFY(refuses([](SnapshotImage &i) { i.model.tokenizer = "another"; }));

    REQUIRE(const SnapshotImage after, one.snapshot());
    QVERIFY(sameState(after, before));
}

void TestSession::unknownTokenIsRefusedByNumber()
{
    REQUIRE(Session one, session());
    const std::vector<TokenId> tokens{1, 512, 2};

    const auto refused = one.feed(tokens);

    QVERIFY(!refused);
    QVERIFY(QString::fromStdString(refused.error().what).contains("512"));
}

void TestSession::sameSeedGivesTheSameReply()
{
    const auto prompt = randomTokens(30);
    const auto reply = [&](std::uint64_t seed) -> std::vector<TokenId> {
        auto one = session({.temperature = 1.5f, .topP = 1, .seed = seed});
        if (!one || !one.value().feed(prompt))
            return {};
        for (int i = 0; i < 30; ++i) {
            if (!one.value().step())
                return {};
        }
        return {one.value().tokens().begin(), one.value().tokens().end()};
    };

    QVERIFY(reply(5) == reply(5));
    QVERIFY(reply(5) != reply(6));
}

// Whatever the model says, the session must afterwards stand where a session stands that was fed the prompt
// and the text that was shown.
void TestSession::replyEndsExactlyBehindItsLastShownCharacter()
{
    int stopped = 0;
    for (int round = 0; round < 60; ++round) {
        // Random texts of one to three letters over a small alphabet: the stop string turns up everywhere.
        // The ids of the letters themselves stand for one letter, so that any text can be encoded.
        std::map<TokenId, std::string> texts;
        for (TokenId id = 0; id < 512; ++id) {
            std::string text;
            const bool letter = id == 'a' || id == 'b' || id == '\n';
            for (int n = letter ? 0 : integer(1, 3); n > 0; --n)
                text += "ab\n"[integer(0, 2)];
            texts[id] = letter ? std::string(1, char(id)) : text;
        }
        const FakeTokenizer tokenizer(texts);
        const auto prompt = randomTokens(integer(1, 40));
        REQUIRE(Session one, session({.temperature = 2, .topP = 1, .seed = std::uint64_t(round) + 1}));
        VERIFY_OK(one.feed(prompt));
        REQUIRE(Generation generation,
                Generation::start(one, tokenizer,
                                  {.maxTokens = 60, .stops = {"\n\na", "bbbb"}, .endTokens = {}}));
        std::string shown;
        std::optional<FinishReason> reason;
        while (!reason) {
            REQUIRE(const Generation::Step step, generation.next());
            shown += step.text;
            reason = step.finished;
        }
        REQUIRE(const Generation::Step rest, generation.finish(*reason));
        shown += rest.text;
        stopped += *reason == FinishReason::Stop;

        QVERIFY(shown == generation.text());
        QVERIFY(shown.find("\n\na") == std::string::npos && shown.find("bbbb") == std::string::npos);
        std::vector<TokenId> tokens = prompt;
        std::string fromTokens;
        for (const TokenTrace &trace : generation.traces()) {
            tokens.push_back(trace.token);
            fromTokens += tokenizer.bytes(trace.token);
        }
        QVERIFY(fromTokens == shown);
        QVERIFY(std::ranges::equal(one.tokens(), tokens));
        REQUIRE(Session told, session());
        VERIFY_OK(told.feed(tokens));
        REQUIRE(SnapshotImage expected, told.snapshot());
        REQUIRE(SnapshotImage got, one.snapshot());
        expected.sampler = got.sampler = SamplerState();
        QVERIFY(sameState(got, expected));
    }
    QVERIFY2(stopped > 10, "the stop strings must have been met for this test to mean anything");
}

void TestSession::endTokenIsNeverShown()
{
    const FakeTokenizer tokenizer({});
    REQUIRE(Session one, session({.temperature = 0, .seed = 1}));
    const auto prompt = randomTokens(10);
    VERIFY_OK(one.feed(prompt));
    REQUIRE(const SnapshotImage start, one.snapshot());
    REQUIRE(const TokenId first, one.step());
    VERIFY_OK(one.restore(start));

    REQUIRE(Generation generation,
            Generation::start(one, tokenizer, {.maxTokens = 5, .stops = {}, .endTokens = {first}}));
    REQUIRE(const Generation::Step step, generation.next());
    QVERIFY(step.finished == FinishReason::Stop);
    VERIFY_OK(generation.finish(FinishReason::Stop));

    QVERIFY(generation.text().empty());
    REQUIRE(SnapshotImage end, one.snapshot());
    end.sampler = start.sampler;
    QVERIFY(sameState(end, start));
}

void TestSession::cancelledReplyCanBeContinuedBitForBit()
{
    const FakeTokenizer tokenizer({});
    const auto prompt = randomTokens(10);
    const GenerationLimits limits{.maxTokens = 1000, .stops = {}, .endTokens = {}};
    const auto steps = [&](Session &one, int count) -> Result<> {
        TRY(Generation generation, Generation::start(one, tokenizer, limits));
        for (int i = 0; i < count; ++i)
            TRY_(generation.next());
        TRY_(generation.finish(FinishReason::Cancelled));
        return {};
    };
    REQUIRE(Session whole, session());
    VERIFY_OK(whole.feed(prompt));
    VERIFY_OK(steps(whole, 50));
    REQUIRE(Session cut, session());
    VERIFY_OK(cut.feed(prompt));
    VERIFY_OK(steps(cut, 21));

    REQUIRE(const SnapshotImage kept, cut.snapshot());
    REQUIRE(Session resumed, session({.seed = 1234}));
    VERIFY_OK(resumed.restore(kept));
    VERIFY_OK(steps(resumed, 29));

    REQUIRE(const SnapshotImage expected, whole.snapshot());
    REQUIRE(const SnapshotImage got, resumed.snapshot());
    QVERIFY(sameState(got, expected));
}

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
