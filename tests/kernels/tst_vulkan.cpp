// Vulkan where it fails: without driver, out of memory, with a device that is lost; and whether it is used as
// its specification asks.
#include "core/engine/backends.h"
#include "kernels/cpu/backend.h"
#include "kernels/vulkan/backend.h"
#include "tests/models/golden_model.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;
using vulkan::Functions;

namespace {

// Fails the call that the countdown ends with, and every later one when `forGood`: a lost device stays lost.
struct Fault {
    int left = -1; // calls until then; below 0: never
    bool forGood = false;
    bool happened = false;

    bool now()
    {
        if (left < 0 || (left > 0 && left-- > 1))
            return false;
        if (!forGood)
            left = -1;
        else
            left = 0;
        happened = true;
        return true;
    }
};

Fault g_fault;
Functions g_real;

VkResult failingAllocate(VkDevice device, const VkMemoryAllocateInfo *info,
                         const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory)
{
    return g_fault.now() ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                         : g_real.vkAllocateMemory(device, info, callbacks, memory);
}

VkResult failingBuffer(VkDevice device, const VkBufferCreateInfo *info,
                       const VkAllocationCallbacks *callbacks, VkBuffer *buffer)
{
    return g_fault.now() ? VK_ERROR_OUT_OF_HOST_MEMORY
                         : g_real.vkCreateBuffer(device, info, callbacks, buffer);
}

VkResult failingPipelines(VkDevice device, VkPipelineCache cache, std::uint32_t count,
                          const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *callbacks,
                          VkPipeline *pipelines)
{
    return g_fault.now() ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                         : g_real.vkCreateComputePipelines(device, cache, count, infos, callbacks, pipelines);
}

VkResult failingSubmit(VkQueue queue, std::uint32_t count, const VkSubmitInfo *infos, VkFence fence)
{
    return g_fault.now() ? VK_ERROR_DEVICE_LOST : g_real.vkQueueSubmit(queue, count, infos, fence);
}

VkResult failingWait(VkDevice device, std::uint32_t count, const VkFence *fences, VkBool32 all,
                     std::uint64_t timeout)
{
    return g_fault.now() ? VK_ERROR_DEVICE_LOST : g_real.vkWaitForFences(device, count, fences, all, timeout);
}

using Shim = void (*)(Functions &);

struct Kind {
    const char *name;
    Shim shim;
    ErrorCode code;
    bool forGood;
};

const Kind kKinds[] = {
    {"allocation", [](Functions &f) { f.vkAllocateMemory = failingAllocate; }, ErrorCode::OutOfMemory, false},
    {"buffer", [](Functions &f) { f.vkCreateBuffer = failingBuffer; }, ErrorCode::OutOfMemory, false},
    {"pipeline", [](Functions &f) { f.vkCreateComputePipelines = failingPipelines; }, ErrorCode::OutOfMemory,
     false},
    {"submit", [](Functions &f) { f.vkQueueSubmit = failingSubmit; }, ErrorCode::DeviceLost, true},
    {"wait", [](Functions &f) { f.vkWaitForFences = failingWait; }, ErrorCode::DeviceLost, true},
};

Result<std::unique_ptr<Backend>> backendWith(Shim shim)
{
    return makeVulkanBackend({.cacheFolder = "", .adjust = [shim](Functions &functions) {
                                  g_real = functions;
                                  shim(functions);
                              }});
}

// Opens a small model, reads a text in two pieces and takes a copy of the state.
Result<> useIt(Shim shim)
{
    TRY(auto backend, backendWith(shim));
    TRY(const auto test, openForTest(goldenFile("rwkv7", "model.pth"), std::move(backend)));
    TRY(State state, test.runner->newState());
    const std::vector<TokenId> tokens{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    TRY_(allLogits(*test.runner, state, tokens, 19));
    TRY_(state.download());
    return {};
}

} // namespace

class TestVulkan : public QObject {
    Q_OBJECT

private slots:
    void withoutADriverTheReasonIsSaid();
    void everyFailingCallIsAnError_data();
    void everyFailingCallIsAnError();
    void aTextGoesOnElsewhereWhenTheDeviceIsLost();
    void aConversationMovesBetweenDevices();
    void theValidationLayerFindsNothing();
};

void TestVulkan::withoutADriverTheReasonIsSaid()
{
    // The loader reads its environment once, so that another process has to try.
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("VK_DRIVER_FILES", "/nonexistent.json");
    environment.insert("VK_ICD_FILENAMES", "/nonexistent.json");
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationDirPath() + "/tst_conformance",
                  {"everyOpAgreesWithTheReference:vulkan add f32"});
    QVERIFY(process.waitForFinished(60'000));
    const QByteArray said = process.readAllStandardOutput();
    QVERIFY2(said.contains("There is no Vulkan driver.") || said.contains("no Vulkan loader"), said);
    QCOMPARE(process.exitCode(), 0);
}

void TestVulkan::everyFailingCallIsAnError_data()
{
    QTest::addColumn<int>("kind");
    for (std::size_t i = 0; i < std::size(kKinds); ++i)
        QTest::newRow(kKinds[i].name) << int(i);
}

// The first call fails, then in another round the second, and so on until one round needs no more calls.
void TestVulkan::everyFailingCallIsAnError()
{
    SKIP_WITHOUT_GOLDEN("rwkv7");
    SKIP_WITHOUT("vulkan");
    QFETCH(int, kind);
    const Kind &tried = kKinds[kind];
    int rounds = 0;
    for (int call = 1;; call += 1 + call / 16) { // the later the sparser: they are more of the same
        g_fault = {.left = call, .forGood = tried.forGood};
        const Result<> outcome = useIt(tried.shim);
        if (!g_fault.happened) {
            VERIFY_OK(outcome);
            break;
        }
        QVERIFY2(!outcome, qPrintable(QString("call %1 failed and nothing was said").arg(call)));
        QCOMPARE(int(outcome.error().code), int(tried.code));
        QVERIFY(!outcome.error().what.empty() && !outcome.error().remedy.empty());
        ++rounds;
    }
    qInfo("%d calls failed in turn", rounds);
    QVERIFY(rounds >= 3);
    g_fault = {};
}

void TestVulkan::aTextGoesOnElsewhereWhenTheDeviceIsLost()
{
    SKIP_WITHOUT_GOLDEN("rwkv7");
    SKIP_WITHOUT("vulkan");
    REQUIRE(const auto tokens, readTokens(goldenFile("rwkv7", "tokens.json")));
    REQUIRE(const Golden golden, Golden::read(goldenFile("rwkv7", "expected.safetensors")));
    const std::size_t half = tokens.size() / 2;
    g_fault = {};
    REQUIRE(auto backend, backendWith([](Functions &f) { f.vkQueueSubmit = failingSubmit; }));
    REQUIRE(const auto lost, openForTest(goldenFile("rwkv7", "model.pth"), std::move(backend)));
    REQUIRE(State state, lost.runner->newState());
    REQUIRE(const auto before, allLogits(*lost.runner, state, std::span(tokens).first(half), 64));
    REQUIRE(const auto snapshot, state.download());

    g_fault = {.left = 1, .forGood = true};
    const auto after = allLogits(*lost.runner, state, std::span(tokens).subspan(half), 64);
    QVERIFY(!after);
    QCOMPARE(int(after.error().code), int(ErrorCode::DeviceLost));
    QVERIFY(!state.download());

    REQUIRE(const auto elsewhere, openForTest(goldenFile("rwkv7", "model.pth"), makeCpuBackend(2)));
    REQUIRE(State restored, elsewhere.runner->newState());
    VERIFY_OK(restored.upload(snapshot));
    REQUIRE(const auto logits, allLogits(*elsewhere.runner, restored, std::span(tokens).subspan(half), 64));
    const auto expected = golden.floats("logits");
    QVERIFY(largestDifference(logits, std::span(expected).last(logits.size())) <= kLogitTolerance);
    g_fault = {};
}

// Each piece of a text on another backend than the piece before, from the snapshot of that one.
void TestVulkan::aConversationMovesBetweenDevices()
{
    SKIP_WITHOUT_GOLDEN("rwkv7");
    SKIP_WITHOUT("vulkan");
    REQUIRE(const auto tokens, readTokens(goldenFile("rwkv7", "tokens.json")));
    REQUIRE(const Golden golden, Golden::read(goldenFile("rwkv7", "expected.safetensors")));
    const auto expected = golden.floats("logits");
    std::vector<QString> backends{"vulkan", "cpu", "vulkan"};
    if (whyUnusable("cuda").isEmpty())
        backends.insert(backends.begin(), "cuda");
    const std::size_t piece = tokens.size() / backends.size();
    std::vector<TensorImage> snapshot;
    for (std::size_t i = 0; i < backends.size(); ++i) {
        REQUIRE(const auto test,
                openForTest(goldenFile("rwkv7", "model.pth"), makeBackendForTest(backends[i])));
        REQUIRE(State state, test.runner->newState());
        if (i > 0)
            VERIFY_OK(state.upload(snapshot));
        REQUIRE(const auto logits,
                allLogits(*test.runner, state, std::span(tokens).subspan(i * piece, piece), piece));
        const std::size_t V = logits.size() / piece;
        QVERIFY(largestDifference(logits, std::span(expected).subspan(i * piece * V, piece * V)) <=
                kLogitTolerance);
        REQUIRE(snapshot, state.download());
    }
}

// Every op, with the checks of synchronisation, in a process of its own: layers are chosen when Vulkan
// starts.
void TestVulkan::theValidationLayerFindsNothing()
{
    SKIP_WITHOUT("vulkan");
    if (!QFile::exists("/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json"))
        QSKIP("the package vulkan-validationlayers is not installed");
    const QTemporaryDir folder;
    const QString log = folder.filePath("validation.log");
    QFile settings(folder.filePath("vk_layer_settings.txt"));
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.write(
        "khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
        "khronos_validation.report_flags = error,warn\n"
        "khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n"
        "khronos_validation.log_filename = " +
        log.toUtf8() + "\n");
    settings.close();
    QStringList tests;
    for (int kind = 0; kind < kOpKinds; ++kind)
        tests << QString("everyOpAgreesWithTheReference:vulkan %1 f32").arg(name(OpKind(kind)).data());
    tests << "everyOpAgreesWithTheReference:vulkan linear q4_k"
          << "cuttingManyRowsElsewhereLeavesEveryBit:vulkan";
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation");
    environment.insert("VK_LAYER_SETTINGS_PATH", settings.fileName());
    environment.insert("ASAN_OPTIONS", "detect_leaks=0"); // the layer leaves its own memory behind
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationDirPath() + "/tst_conformance", tests);
    QVERIFY(process.waitForFinished(240'000));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardOutput());
    QFile found(log); // made by the layer when it starts: without it nothing was checked
    QVERIFY2(found.open(QIODevice::ReadOnly), "the layer was not there");
    const QByteArray messages = found.readAll();
    QVERIFY2(messages.isEmpty(), messages.left(4000));
}

QTEST_GUILESS_MAIN(TestVulkan)
#include "tst_vulkan.moc"
