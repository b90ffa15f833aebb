// Every architecture chats: it streams, is stored, goes on after a restart, is written anew and branches. The
// weights are random, so that only what surrounds the words is looked at.
#include "core/engine/gguf_vocabulary.h"
#include "core/models/gguf_export.h"
#include "core/models/model_file.h"
#include "core/models/registry.h"
#include "core/text/world_tokenizer.h"
#include "kernels/reference/backend.h"
#include "tests/engine/harness.h"
#include "tests/support/golden.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

constexpr int kReplyTokens = 12;

GenerationSettings settings()
{
    GenerationSettings s;
    s.sampler.seed = 7;
    s.maxTokens = kReplyTokens;
    s.chatFormat = "rwkv-chat";
    return s;
}

// The golden models have no vocabulary; single bytes do for all of them.
Result<> addVocabulary(const std::filesystem::path &from, const std::filesystem::path &to)
{
    WorldVocabulary bytes(1);
    for (int byte = 0; byte < 256; ++byte)
        bytes.emplace_back(1, char(byte));
    const auto tokenizer = worldTokenizer(bytes);
    const auto backend = makeReferenceBackend();
    TRY(const ModelFile file, openModelFile(from));
    TRY(const OpenedModel opened, openModel(*file.tensors, *backend));
    Json settings;
    if (const auto config = from.parent_path() / "config.json"; std::filesystem::exists(config)) {
        TRY(const std::string text, readFile(config, 1 << 20));
        TRY(settings, Json::parse(text));
    }
    return exportGguf(*file.tensors, opened.model->info(), to,
                      {.name = "golden",
                       .type = {},
                       .settings = settings,
                       .vocabulary = ggufVocabulary(*tokenizer),
                       .progress = {}});
}

} // namespace

class TestEveryArchitecture : public QObject {
    Q_OBJECT

private slots:
    void chats_data();
    void chats();

private:
    std::optional<event::TurnFinished> send(Harness &harness, ConversationId conversation,
                                            std::optional<TurnId> parent, const std::string &text)
    {
        return harness.ask<event::TurnFinished>(command::SendMessage{conversation, parent, text, settings()});
    }
};

void TestEveryArchitecture::chats_data()
{
    QTest::addColumn<QString>("model"); // of the golden data
    for (const char *model :
         {"rwkv4/model.pth", "rwkv5.0/model.pth", "rwkv5.1/model.pth", "rwkv5.2/model.pth", "rwkv6/model.pth",
          "rwkv7/model.pth", "goldfinch/model.safetensors", "arwkv7/gate-norm-tied/model.safetensors",
          "qrwkv6/qrwkv6-preview/model.safetensors", "finchc2/model.safetensors",
          "arwkv7/hybrid-attn/model.safetensors", "qrwkv6/qrwkv7-radlads/model.safetensors"})
        QTest::newRow(model) << model;
}

void TestEveryArchitecture::chats()
{
    QFETCH(QString, model);
    SKIP_WITHOUT_GOLDEN(model.toStdString());
    const auto source = goldenPath(model.toStdString());
    const QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("model.gguf").toStdString(),
                                library = folder.filePath("library.db").toStdString();
    VERIFY_OK(addVocabulary(*source, file));

    std::optional<event::TurnFinished> first, second, again;
    ConversationId conversation = 0;
    {
        Harness harness(library);
        QVERIFY(harness.openModel(file));
        conversation = harness.newConversation();
        const RequestId request =
            harness.engine().post(command::SendMessage{conversation, {}, "Hello, who are you?", settings()});
        QVERIFY(harness.wait<event::TextAppended>(request)); // streams
        first = harness.wait<event::TurnFinished>(request);
        QVERIFY(first && first->reply.snapshot);
        QVERIFY(first->reply.tokens > 0);
        second = send(harness, conversation, first->reply.id, "And then?");
        QVERIFY(second);
        again = harness.ask<event::TurnFinished>(
            command::Regenerate{conversation, *second->reply.parent, settings()});
        QVERIFY(again);
        QCOMPARE(again->reply.text, second->reply.text); // the same state and seed
    }
    Harness harness(library); // as after a restart
    QVERIFY(harness.openModel(file));
    const auto afterRestart = send(harness, conversation, first->reply.id, "And then?");
    QVERIFY(afterRestart);
    QCOMPARE(afterRestart->reply.text, second->reply.text);

    const auto branch = harness.ask<event::TurnFinished>(
        command::BranchAtToken{conversation, first->reply.id, 0, TokenId('Q' + 1), settings()});
    QVERIFY(branch);
    QVERIFY2(branch->reply.text.starts_with("Q"), branch->reply.text.c_str());
    QCOMPARE(branch->reply.parent, first->reply.parent);
    QCOMPARE(harness.turns(conversation).size(), std::size_t(2 + 3 + 2 + 1));
}

QTEST_GUILESS_MAIN(TestEveryArchitecture)
#include "tst_every_architecture.moc"
