// One snapshot as one file: what comes back, and what is refused.
#include "core/base/file.h"
#include "core/session/state_form.h"
#include "core/store/bundle.h"
#include "tests/store/resealed_bundle.h"
#include "tests/store/samples.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

std::vector<std::byte> bytesOf(const std::string &text)
{
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

} // namespace

class TestBundle : public QObject {
    Q_OBJECT

private slots:
    void whatWasSharedComesBack();
    void rowsPerTokenComeBack();
    void aFreshStartCanBeShared();
    void everyFlippedByteIsRefused();
    void everyShorterFileIsRefused();
    void sizesOfAMaliciousSenderAreRefused();
    void anUnknownPartIsPassedOver();
    void aRoundedStateComesBackAsItIs();
    void aNewerVersionAsksForAnUpdate();

private:
    std::filesystem::path file() const { return m_folder.filePath("shared.volary").toStdString(); }
    std::vector<std::byte> written(const SnapshotImage &image, std::string_view name = "pond")
    {
        if (!writeBundle(file(), image, name))
            return {};
        const auto text = readFile(file(), 1u << 30);
        return text ? bytesOf(text.value()) : std::vector<std::byte>();
    }
    Result<Bundle> readBack(std::span<const std::byte> bytes)
    {
        TRY_(writeFileAtomically(file(), bytes));
        return readBundle(file());
    }

    QTemporaryDir m_folder;
};

void TestBundle::whatWasSharedComesBack()
{
    const SnapshotImage image = test::image(1, 40);
    QVERIFY(writeBundle(file(), image, "the pond"));

    REQUIRE(const Bundle back, readBundle(file()));

    QVERIFY(same(back.image, image));
    QCOMPARE(back.name, std::string("the pond"));
}

void TestBundle::rowsPerTokenComeBack()
{
    SnapshotImage image = test::image(2, 5);
    for (const char *name : {"latents", "more"}) {
        TensorImage rows = tensor(name, {5, 12}, StateRole::AttentionShift, -1, "token,channel", 9);
        rows.spec.growth = StateGrowth::OneRowPerToken;
        image.state.insert(image.state.begin() + 1, rows);
    }
    QVERIFY(writeBundle(file(), image, ""));

    REQUIRE(const Bundle back, readBundle(file()));

    QVERIFY(same(back.image, image));
}

void TestBundle::aFreshStartCanBeShared()
{
    const SnapshotImage image = test::image(3, 0);
    QVERIFY(writeBundle(file(), image, ""));

    REQUIRE(const Bundle back, readBundle(file()));

    QVERIFY(back.image.tokens.empty());
}

void TestBundle::everyFlippedByteIsRefused()
{
    const std::vector<std::byte> good = written(test::image(4, 3, 1));
    QVERIFY(readBack(good));
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto damaged = good;
        damaged[at] ^= std::byte(1 << at % 8);
        const auto back = readBack(damaged);
        QVERIFY2(!back, qPrintable(QString("byte %1").arg(at)));
        QVERIFY(QString::fromStdString(back.error().what).contains("shared.volary"));
    }
}

void TestBundle::everyShorterFileIsRefused()
{
    const std::vector<std::byte> good = written(test::image(5, 3, 1));
    for (std::size_t bytes = 0; bytes < good.size(); bytes += 7)
        QVERIFY(!readBack(std::span(good).first(bytes)));
    auto longer = good;
    longer.push_back(std::byte(0));
    QVERIFY(!readBack(longer));
}

void TestBundle::sizesOfAMaliciousSenderAreRefused()
{
    const std::vector<std::byte> good = written(test::image(6, 3, 1));
    std::uint32_t sections = 0;
    std::memcpy(&sections, good.data() + kBundleHead - 4, 4);
    for (std::size_t i = 0; i < sections; ++i) {
        const std::size_t at = kBundleHead + i * kBundleEntry + kBundleLength;
        std::uint64_t right = 0;
        std::memcpy(&right, good.data() + at, 8);
        for (const std::uint64_t wrong : {std::uint64_t(0), std::uint64_t(1), right - 1, right + 1,
                                          std::uint64_t(good.size() + 1), UINT64_MAX >> 1, UINT64_MAX}) {
            if (wrong == right)
                continue;
            auto damaged = good;
            std::memcpy(damaged.data() + at, &wrong, 8);
            resealBundle(damaged);
            const auto back = readBack(damaged);
            QVERIFY(!back);
            QVERIFY(!back.error().what.empty());
        }
    }
    for (const std::uint32_t wrong : {0u, 1u, sections - 1, sections + 1, 65'537u, UINT32_MAX}) {
        auto damaged = good;
        std::memcpy(damaged.data() + kBundleHead - 4, &wrong, 4);
        resealBundle(damaged);
        QVERIFY(!readBack(damaged));
    }
}

// Later versions may add a transcript or a picture without asking older programs to refuse the state.
void TestBundle::anUnknownPartIsPassedOver()
{
    const SnapshotImage image = test::image(7, 3, 1);
    std::vector<std::byte> bytes = written(image);
    std::uint32_t sections = 0;
    std::memcpy(&sections, bytes.data() + kBundleHead - 4, 4);
    std::vector<std::byte> entry(kBundleEntry);
    std::memcpy(entry.data(), "picture", 7);
    const std::uint64_t length = 3;
    std::memcpy(entry.data() + kBundleLength, &length, 8);
    bytes.insert(bytes.begin() + std::ptrdiff_t(kBundleHead + sections * kBundleEntry), entry.begin(),
                 entry.end());
    bytes.insert(bytes.end(), length, std::byte(7));
    ++sections;
    std::memcpy(bytes.data() + kBundleHead - 4, &sections, 4);
    resealBundle(bytes);

    REQUIRE(const Bundle back, readBack(bytes));

    QVERIFY(same(back.image, image));
}

void TestBundle::aRoundedStateComesBackAsItIs()
{
    const SnapshotImage exact = finiteImage(8, 20);
    const std::size_t whole = written(exact).size();
    for (const StateForm form : {StateForm::Half, StateForm::Int8}) {
        REQUIRE(const RoundedImage rounded, roundedTo(exact, form));
        const std::vector<std::byte> bytes = written(rounded.image);
        QVERIFY(bytes.size() < whole);
        QCOMPARE(int(bytes[12]), 2);
        REQUIRE(const Bundle back, readBack(bytes));
        QVERIFY(same(back.image, rounded.image));
        QVERIFY(back.image.stored == rounded.image.stored);
        QVERIFY(back.image.beginning != exact.beginning); // never taken for the exact state
        QCOMPARE(back.image.beginning.size(), std::size_t(64));
        for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 200) {
            std::vector<std::byte> flipped = bytes;
            flipped[at] ^= std::byte(1);
            QVERIFY(!readBack(flipped));
        }
    }
}

void TestBundle::aNewerVersionAsksForAnUpdate()
{
    std::vector<std::byte> bytes = written(test::image(8));
    bytes[12] = std::byte(3);
    resealBundle(bytes);

    const auto back = readBack(bytes);

    QVERIFY(!back);
    QCOMPARE(int(back.error().code), int(ErrorCode::Unsupported));
}

QTEST_GUILESS_MAIN(TestBundle)
#include "tst_bundle.moc"
