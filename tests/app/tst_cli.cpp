// volary-cli as a script sees it: outputs, JSON, exit status, and what is left on disk.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

namespace {

const QString kModel = QStringLiteral("bundled:goose-tiny");

struct Outcome {
    int status = -1;
    QByteArray out;
    QByteArray err;

    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

} // namespace

class TestCli : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        qputenv("VOLARY_RESOURCES", VOLARY_SOURCE_DIR "/resources");
    }

    void helpAndVersionSucceed()
    {
        QCOMPARE(run({"--help"}).status, 0);
        QVERIFY(run({"--help"}).out.contains("perplexity"));
        QVERIFY(run({"--version"}).out.startsWith("volary-cli "));
        QCOMPARE(run({"generate", "--help"}).status, 0);
    }

    void wrongUsageEndsWithTwoAndAHint_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::newRow("unknown command") << QStringList{"hatch"};
        QTest::newRow("unknown option") << QStringList{"info", kModel, "--feathers"};
        QTest::newRow("missing model") << QStringList{"info"};
        QTest::newRow("no number") << QStringList{"generate", kModel,         "--prompt",
                                                  "x",        "--max-tokens", "many"};
        QTest::newRow("raw and chat") << QStringList{"generate", kModel, "--prompt", "x", "--raw", "--chat"};
        QTest::newRow("raw and a chat format")
            << QStringList{"generate", kModel, "--prompt", "x", "--raw", "--chat-format", "chatml"};
        QTest::newRow("unknown chat format")
            << QStringList{"generate", kModel, "--prompt", "x", "--chat-format", "jinja"};
        QTest::newRow("unknown weight type") << QStringList{"info", kModel, "--dtype", "f7"};
    }
    void wrongUsageEndsWithTwoAndAHint()
    {
        QFETCH(QStringList, words);

        const Outcome outcome = run(words + QStringList{"--quiet"});

        QCOMPARE(outcome.status, 2);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY2(outcome.err.startsWith("error: "), outcome.err.constData());
        QVERIFY2(outcome.err.contains("\nhint: "), outcome.err.constData());
    }

    void aFailureEndsWithOneAndAHint()
    {
        const Outcome outcome = run({"info", file("absent.safetensors"), "--quiet"});

        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains("absent.safetensors"));
        QVERIFY(outcome.err.contains("\nhint: "));
    }

    void devicesNameTheReasonOfUnusableOnes()
    {
        const QJsonArray devices = run({"devices", "--json"}).json()["devices"].toArray();

        QVERIFY(devices.size() >= 2);
        for (const QJsonValue &device : devices)
            QCOMPARE(device["reason"].toString().isEmpty(), device["usable"].toBool());
    }

    void infoHasTheFieldsScriptsStandOn()
    {
        const QJsonObject info = run({"info", kModel, "--json", "--quiet"}).json();

        QCOMPARE(info["architecture"].toString(), QStringLiteral("rwkv7"));
        QCOMPARE(info["layers"].toInt(), 12);
        QCOMPARE(info["width"].toInt(), 256);
        QCOMPARE(info["head_size"].toInt(), 64);
        QCOMPARE(info["fingerprint"].toString().size(), 64);
        QCOMPARE(info["bytes_per_token"].toInt(-1), 0);
        qint64 bytes = 0;
        for (const QJsonValue &tensor : info["state"].toArray()) {
            qint64 elements = 1;
            for (const QJsonValue &extent : tensor["shape"].toArray())
                elements *= extent.toInt();
            bytes += elements * 4;
        }
        QCOMPARE(qint64(info["state_bytes"].toDouble()), bytes);
    }

    void detokenizeIsTheInverseOfTokenize()
    {
        const QByteArray text = "The goose — 雁 — flew\n\n over\tthe lake \xF0\x9F\xAA\xBF.";
        write("text.txt", text);

        const Outcome tokens = run({"tokenize", kModel, "--file", file("text.txt"), "--json"});
        write("tokens.json", tokens.out);
        const Outcome back = run({"detokenize", kModel, "--tokens", file("tokens.json")});

        QCOMPARE(back.status, 0);
        QCOMPARE(back.out, text);
    }

    void sameSeedGivesTheSameText()
    {
        const QStringList words{"generate", kModel,   "--prompt", "Hello.", "--max-tokens",
                                "24",       "--seed", "20261123", "--json", "--quiet"};

        const QJsonObject first = run(words).json(), second = run(words).json();

        QVERIFY(!first["text"].toString().isEmpty());
        QCOMPARE(first["tokens"].toArray(), second["tokens"].toArray());
        QCOMPARE(first["seed"].toInt(), 20261123);
        QVERIFY(QStringList({"stop", "length"}).contains(first["reason"].toString()));
        QVERIFY(first["prompt_tokens"].toInt() > 0);
        QVERIFY(first["tokens_per_s"].toDouble() > 0);
    }

    void chatFormatIsChosenByName()
    {
        const QStringList words{"generate", kModel, "--prompt", "Hello.", "--max-tokens", "4", "--seed", "1"};

        const Outcome thinking = run(words + QStringList{"--chat-format", "rwkv-g1-thinking", "--json"});
        const Outcome chatml = run(words + QStringList{"--chat-format", "chatml"});

        QVERIFY(thinking.json()["text"].toString().startsWith("<think"));
        QCOMPARE(chatml.status, 1); // this vocabulary has no such tokens
        QVERIFY(chatml.err.contains("<|im_start|>"));
        QVERIFY(chatml.err.contains("\nhint: "));
    }

    // The run is cut in two; the state file carries the rest.
    void logitsDoNotDependOnWhereARunIsCut()
    {
        write("all.json", "[454, 2969, 1697, 588, 263, 2533, 4039]");
        write("head.json", "[454, 2969, 1697]");
        write("tail.json", "[588, 263, 2533, 4039]");
        const QString whole = file("whole.safetensors"), tail = file("tail.safetensors");

        QCOMPARE(logits("all.json", whole, {"--last"}), 0);
        QCOMPARE(logits("head.json", file("head.safetensors"), {"--state-out", file("state.safetensors")}),
                 0);
        QCOMPARE(logits("tail.json", tail, {"--last", "--state-in", file("state.safetensors")}), 0);

        QVERIFY(!read(whole).isEmpty());
        QCOMPARE(read(tail), read(whole));
    }

    // The golden models have no vocabulary, and need none for this.
    void logitsOfAModelWithoutAVocabularyAreWritten()
    {
        const QString data = VOLARY_SOURCE_DIR "/tests/data/rwkv7/";
        QCOMPARE(run({"logits", data + "model.pth", "--tokens", data + "tokens.json", "--out",
                      file("golden.safetensors"), "--quiet"})
                     .status,
                 0);
        QVERIFY(QFileInfo(file("golden.safetensors")).size() > 96 * 512 * 4);
        QCOMPARE(run({"info", data + "model.pth", "--json", "--quiet"}).json()["tokenizer"].toString(),
                 "none");
        QCOMPARE(run({"generate", data + "model.pth", "--prompt", "x", "--quiet"}).status, 1);
    }

    // The list of models shows what these files say, before a model is opened.
    void bundledModelsCostWhatTheirConfigsSay()
    {
        for (const QString name : {"goose-tiny", "goldfinch-tiny"}) {
            QFile file(QString(VOLARY_SOURCE_DIR "/resources/models/%1/config.json").arg(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QJsonObject said = QJsonDocument::fromJson(file.readAll()).object()["state"].toObject();
            const QJsonObject info = run({"info", "bundled:" + name, "--json", "--quiet"}).json();
            QVERIFY(said["bytes"].toInt() > 0);
            QCOMPARE(said["bytes"].toInt(), info["state_bytes"].toInt());
            QCOMPARE(said["bytes_per_token"].toInt(), info["bytes_per_token"].toInt());
        }
    }

    void aFailedRunLeavesNoOutputFile()
    {
        write("outside.json", "[454, 2969, 999999]");

        QVERIFY(logits("outside.json", file("never.safetensors"), {}) != 0);

        QVERIFY(QDir(m_folder.path()).entryList({"never*"}).isEmpty());
    }

    // Opening with an adapter and opening what was merged are the same model to the bit.
    void aMergedModelIsTheModelWithItsAdapter()
    {
        QByteArray header =
            R"({"blocks.0.ln1.weight":{"dtype":"F32","shape":[256],"data_offsets":[0,1024]}})";
        header.resize(128, ' ');
        QByteArray length(8, '\0');
        length[0] = char(128);
        write("norm.safetensors", length + header + QByteArray(1024, '\x3e'));
        const QString adapter = file("norm.safetensors") + "=0.5",
                      merged = file("adapted/merged.safetensors");

        QVERIFY(QDir().mkpath(file("adapted")));
        QVERIFY(QFile::copy(VOLARY_SOURCE_DIR "/resources/models/goose-tiny/tokenizer.model",
                            file("adapted/tokenizer.model")));

        const QString whole =
            file("adapted/whole.gguf"); // safetensors cannot hold the blocks of the bundled model
        QCOMPARE(run({"quantize", kModel, whole, "--dtype", "f16", "--no-eval", "--quiet"}).status, 0);
        QVERIFY(run({"merge", kModel, adapter, merged, "--quiet"}).err.contains("quantised"));
        QCOMPARE(run({"merge", whole, adapter, merged, "--quiet"}).status, 0);

        const auto fingerprint = [&](const QString &model, const QStringList &more) {
            return run(QStringList{"info", model, "--json", "--quiet"} + more)
                .json()["fingerprint"]
                .toString();
        };
        QCOMPARE(fingerprint(merged, {}).size(), 64);
        QCOMPARE(fingerprint(merged, {}), fingerprint(whole, {"--adapter", adapter}));
        QVERIFY(fingerprint(merged, {}) != fingerprint(whole, {}));
    }

    void aFailedMergeLeavesNoFile()
    {
        const QString data = VOLARY_SOURCE_DIR "/tests/data/adapters/";

        const Outcome outcome = run({"merge", data + "base.safetensors", data + "peft-hf/miss",
                                     file("unmade.safetensors"), "--quiet"});

        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("miss") && outcome.err.contains("hint: "), outcome.err.constData());
        QVERIFY(QDir(m_folder.path()).entryList({"*unmade*"}, QDir::AllEntries | QDir::Hidden).isEmpty());
    }

    void perplexityCountsEveryToken()
    {
        write("prose.txt", "The goose flew over the lake and came back in spring.");

        const QJsonObject score =
            run({"perplexity", kModel, "--file", file("prose.txt"), "--json", "--quiet"}).json();

        QVERIFY(score["tokens"].toInt() > 5);
        QVERIFY(qAbs(std::exp(score["mean_nll"].toDouble()) - score["perplexity"].toDouble()) < 1e-6);
        QVERIFY(score["bits_per_byte"].toDouble() > 0);
    }

    void benchReportsAShareOfItsLimit()
    {
        const QJsonObject report =
            run({"bench", kModel, "--repeat", "1", "--decode", "4", "--prefill", "16", "--json", "--quiet"})
                .json();

        QVERIFY(report["device"]["read_bandwidth_gb_s"].toDouble() > 0);
        const QJsonArray cases = report["cases"].toArray();
        QCOMPARE(cases.size(), 2);
        for (const QJsonValue &row : cases) {
            const double share = row["tokens_per_s"].toDouble() / row["limit_tokens_per_s"].toDouble();
            QVERIFY(qAbs(share - row["share_of_limit"].toDouble()) < 1e-9);
        }
    }

    void snapshotsAreSavedComparedAndDeleted()
    {
        const QString library = file("library.volary");
        const auto snapshot = [&](QStringList words) {
            return run(QStringList{"snapshot"} + words +
                       QStringList{"--library", library, "--json", "--quiet"});
        };
        const int first =
            snapshot({"save", kModel, "--prompt", "Once upon", "--name", "pond"}).json()["id"].toInt();
        const int second = snapshot({"save", kModel, "--prompt", "Once upon a"}).json()["id"].toInt();

        QCOMPARE(snapshot({"list"}).json()["snapshots"].toArray().size(), 2);
        QCOMPARE(snapshot({"show", QString::number(first)}).json()["name"].toString(),
                 QStringLiteral("pond"));
        const QString one = QString::number(first);
        for (const QJsonValue &row : snapshot({"diff", one, one}).json()["tensors"].toArray())
            QCOMPARE(row["max_abs"].toDouble(), 0.0);
        const QJsonArray rows = snapshot({"diff", one, QString::number(second)}).json()["tensors"].toArray();
        QVERIFY(rows.first()["max_abs"].toDouble() > 0);
        QCOMPARE(rows[1].toObject()["heads"].toArray().size(), 4);
        QCOMPARE(snapshot({"rename", one, "lake"}).status, 0);
        QCOMPARE(snapshot({"pin", one}).status, 0);
        QCOMPARE(snapshot({"show", one}).json()["name"].toString(), "lake");
        QVERIFY(snapshot({"show", one}).json()["pinned"].toBool());
        QCOMPARE(snapshot({"unpin", one}).status, 0);
        QVERIFY(!snapshot({"show", one}).json()["pinned"].toBool());
        QVERIFY(snapshot({"verify"}).json()["damage"].toArray().isEmpty());
        QCOMPARE(snapshot({"delete", one}).status, 0);
        QCOMPARE(snapshot({"list"}).json()["snapshots"].toArray().size(), 1);
        QCOMPARE(snapshot({"show", one}).status, 1);
    }

    void snapshotIsStoredSmallerAfterItsCostWasShown()
    {
        const QStringList of{"--library", file("forms.volary"), "--json", "--quiet"};
        QCOMPARE(run(QStringList{"snapshot", "save", kModel, "--prompt", "Once upon a time"} + of).status, 0);
        const QJsonObject cost = run(QStringList{"snapshot", "shrink", "1"} + of).json();
        QCOMPARE(cost["form"].toString(), "exact");
        const QJsonArray forms = cost["forms"].toArray();
        QCOMPARE(forms.size(), 3);
        const double half = forms[1].toObject()["error"].toDouble();
        const double small = forms[2].toObject()["error"].toDouble();
        QVERIFY2(0 < half && half < 1e-3 && half < small && small < 0.05,
                 qPrintable(QString("%1 %2").arg(half).arg(small)));
        QCOMPARE(run(QStringList{"snapshot", "shrink", "1", "--form", "f64"} + of).status, 2);

        QCOMPARE(run(QStringList{"snapshot", "shrink", "1", "--form", "i8"} + of).json()["form"].toString(),
                 "small int8");

        const QJsonObject shown = run(QStringList{"snapshot", "show", "1"} + of).json();
        QCOMPARE(shown["form"].toString(), "small int8");
        QCOMPARE(shown["state_bytes"].toInteger(), forms[2].toObject()["bytes"].toInteger());
        QVERIFY(std::abs(shown["form_error"].toDouble() - small) < 1e-9);
        const QString bundle = file("small.volary");
        QCOMPARE(run(QStringList{"snapshot", "export", "1", bundle} + of).status, 0);
        QCOMPARE(run(QStringList{"snapshot", "import", bundle} + of).status, 0);
        QCOMPARE(run(QStringList{"snapshot", "show", "2"} + of).json()["form"].toString(), "small int8");
        QVERIFY(run(QStringList{"snapshot", "shrink", "1", "--form", "f16"} + of).status != 0);
    }

    void libraryIsBackedUpAndRestored()
    {
        const QString library = file("own.volary"), copy = file("own.volary-backup");
        const QStringList of{"--library", library, "--json", "--quiet"};
        QCOMPARE(
            run(QStringList{"snapshot", "save", kModel, "--prompt", "Once", "--name", "pond"} + of).status,
            0);
        const QJsonObject made = run(QStringList{"library", "backup", copy} + of).json();
        QCOMPARE(made["snapshots"].toInt(), 1);
        QVERIFY(made["damage"].toArray().isEmpty());
        QCOMPARE(run(QStringList{"snapshot", "delete", "1"} + of).status, 0);

        const QJsonObject restored = run(QStringList{"library", "restore", copy} + of).json();

        QVERIFY(QFile::exists(restored["replaced"].toString()));
        QCOMPARE(run(QStringList{"snapshot", "show", "1"} + of).json()["name"].toString(), "pond");
        QCOMPARE(run(QStringList{"library", "restore", file("missing")} + of).status, 1);
        QCOMPARE(run(QStringList{"library", "burn"} + of).status, 2);
    }

    void exportedChatsAreImportedOnce()
    {
        const QString library = file("chats.volary"), chats = file("chats.json");
        QFile out(chats);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(R"([{"title": "Fox", "create_time": 1700000000.5, "current_node": "a", "mapping": {
            "a": {"parent": null, "children": [], "message": {"author": {"role": "user"},
                  "content": {"content_type": "text", "parts": ["Hello"]}}}}}])");
        out.close();
        const QStringList of{"--library", library, "--json", "--quiet"};

        const QJsonObject preview = run(QStringList{"library", "import", chats, "--preview"} + of).json();
        QCOMPARE(preview["kind"].toString(), "ChatGPT");
        QCOMPARE(preview["imported"].toInt(), 0);
        QVERIFY(!QFile::exists(library));
        const QJsonObject first = run(QStringList{"library", "import", chats} + of).json();
        QCOMPARE(first["imported"].toInt(), 1);
        QVERIFY(!first["conversations"].toArray()[0].toObject()["known"].toBool());
        const QJsonObject second = run(QStringList{"library", "import", chats} + of).json();
        QCOMPARE(second["imported"].toInt(), 0);
        QVERIFY(second["conversations"].toArray()[0].toObject()["known"].toBool());
        QCOMPARE(run(QStringList{"library", "import", chats, "--again"} + of).json()["imported"].toInt(), 1);
        QCOMPARE(run(QStringList{"library", "import", file("missing")} + of).status, 1);
    }

    // A conversation moves from one library to another, and goes on there as it would have here.
    void sharedSnapshotsGoOnElsewhere()
    {
        const auto inLibrary = [&](const char *library, QStringList words) {
            return run(words + QStringList{"--library", file(library), "--json", "--quiet"});
        };
        write("pond.json", "[79, 110, 99, 101, 32, 117]");
        QCOMPARE(inLibrary("here.volary",
                           {"snapshot", "save", kModel, "--tokens", file("pond.json"), "--name", "pond"})
                     .json()["tokens"]
                     .toInt(),
                 6);
        QCOMPARE(inLibrary("here.volary", {"snapshot", "export", "1", file("pond.shared")}).status, 0);
        QCOMPARE(inLibrary("there.volary", {"snapshot", "import", file("pond.shared")}).json()["id"].toInt(),
                 1);
        QCOMPARE(inLibrary("there.volary", {"snapshot", "show", "1"}).json()["name"].toString(), "pond");

        const QStringList goOn{"generate", kModel,         "--raw", "--seed",
                               "7",        "--max-tokens", "8",     "--snapshot-in"};
        const QJsonObject here = inLibrary("here.volary", goOn + QStringList{"1"}).json();
        const QJsonObject there = inLibrary("there.volary", goOn + QStringList{"1"}).json();
        const QJsonObject fromFile = inLibrary("none.volary", goOn + QStringList{file("pond.shared")}).json();

        QCOMPARE(here["tokens"].toArray().size(), 8);
        QCOMPARE(there["tokens"], here["tokens"]);
        QCOMPARE(fromFile["tokens"], here["tokens"]);
    }

    void aReplyCanBeWrittenToAFileAndGoneOnFrom()
    {
        const QStringList greedy{"generate", kModel, "--raw", "--temperature", "0", "--json", "--quiet"};
        const QJsonArray whole =
            run(greedy + QStringList{"--prompt", "Once", "--max-tokens", "8"}).json()["tokens"].toArray();

        run(greedy + QStringList{"--prompt", "Once", "--max-tokens", "5", "--snapshot-out", file("half")});
        const QJsonArray rest = run(greedy + QStringList{"--snapshot-in", file("half"), "--max-tokens", "3"})
                                    .json()["tokens"]
                                    .toArray();

        QCOMPARE(rest.size(), 3);
        for (int i = 0; i < 3; ++i)
            QCOMPARE(rest[i], whole[5 + i]);
    }

    void listingDoesNotCreateALibrary()
    {
        const QString library = file("none.volary");

        QCOMPARE(run({"snapshot", "list", "--library", library}).status, 1);

        QVERIFY(!QFile::exists(library));
    }

    void ctrlCEndsWith130()
    {
        QProcess process;
        process.start(VOLARY_CLI,
                      {"generate", kModel, "--raw", "--prompt", "a", "--max-tokens", "1000000", "--quiet"});
        QVERIFY(process.waitForReadyRead(60'000)); // the first words: it runs

        ::kill(pid_t(process.processId()), SIGINT);

        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
    }

    void aDocumentIsReadOnceAndAsked()
    {
        QFile book(file("ducks.md"));
        QVERIFY(book.open(QIODevice::WriteOnly));
        for (int chapter = 1; chapter <= 3; ++chapter)
            book.write("# Chapter " + QByteArray::number(chapter) + "\n\n" +
                       QByteArray("Tom has a duck. ").repeated(60) + "\n\n");
        book.close();
        const QStringList common{"--library", file("documents.db"), "--json", "--quiet"};

        const Outcome unread = run(QStringList{"ask", kModel, "--document", "1", "Who?"} + common);
        QCOMPARE(unread.status, 1);
        const QJsonObject first = run(QStringList{"read", kModel, file("ducks.md")} + common).json();
        const int id = first["document"].toInt(), tokens = first["tokens"].toInt();
        QVERIFY(id > 0 && tokens > 500);
        QCOMPARE(first["tokens_read_now"].toInt(), tokens);
        QCOMPARE(first["tokens_reused"].toInt(), 0);
        QVERIFY(first["tokens_per_s"].toDouble() > 0);
        const QJsonObject second = run(QStringList{"read", kModel, file("ducks.md")} + common).json();
        QCOMPARE(second["document"].toInt(), id);
        QCOMPARE(second["tokens_read_now"].toInt(), 0);
        QCOMPARE(second["tokens_reused"].toInt(), tokens);

        const QStringList question{
            "ask", kModel,         "--document", QString::number(id), "What does Tom have?", "--seed",
            "7",   "--max-tokens", "12"};
        const QJsonObject answer = run(question + common).json();
        QCOMPARE(answer["tokens_reused"].toInt(), tokens);
        QVERIFY(answer["prompt_tokens"].toInt() < 60);
        QVERIFY(!answer["text"].toString().isEmpty());
        QVERIFY(!answer["tokens"].toArray().isEmpty());
        QCOMPARE(answer["seed"].toInt(), 7);
        QCOMPARE(run(question + common).json()["text"], answer["text"]);

        const QJsonObject both =
            run(question + QStringList{"--document", QString::number(id)} + common).json();
        QCOMPARE(both["answers"].toArray().size(), 2);
        QCOMPARE(both["answers"].toArray()[1].toObject()["text"], answer["text"]);
        QCOMPARE(run(QStringList{"ask", kModel, "Who?"} + common).status, 2);
        QCOMPARE(run(QStringList{"ask", kModel, "--document", "99", "Who?"} + common).status, 1);
        QCOMPARE(run(QStringList{"read", kModel, file("absent.txt")} + common).status, 1);
        QCOMPARE(run(QStringList{"read", kModel, QString::number(id), "--again"} + common)
                     .json()["tokens_read_now"]
                     .toInt(),
                 tokens);
    }

    // Ctrl-C is a pause: what was read is kept.
    void ctrlCPausesReading()
    {
        QFile book(file("long.txt"));
        QVERIFY(book.open(QIODevice::WriteOnly));
        book.write(QByteArray("Tom has a duck and a hen. ").repeated(8000));
        book.close();
        for (const QString &document : {file("long.txt"), QStringLiteral("1")}) {
            QProcess process;
            process.setReadChannel(QProcess::StandardError);
            process.start(QStringLiteral(VOLARY_CLI),
                          {"read", kModel, document, "--library", file("paused.db"), "--json"});
            QVERIFY(process.waitForStarted());
            QByteArray said;
            while (!said.contains(" %") && process.waitForReadyRead(60'000)) // it reads
                said += process.readAllStandardError();
            ::kill(pid_t(process.processId()), SIGINT);
            QVERIFY(process.waitForFinished());
            QCOMPARE(process.exitCode(), 130);
            QVERIFY(process.readAllStandardOutput().isEmpty());
        }
        const Outcome kept = run({"snapshot", "list", "--library", file("paused.db"), "--json"});
        const QJsonArray snapshots = kept.json()["snapshots"].toArray();
        QVERIFY(!snapshots.isEmpty());
        QVERIFY(snapshots.last().toObject()["tokens"].toInt() > 0);
    }

private:
    Outcome run(const QStringList &words) const
    {
        QProcess process;
        process.start(VOLARY_CLI, words);
        if (!process.waitForFinished(120'000))
            return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                process.readAllStandardOutput(), process.readAllStandardError()};
    }
    int logits(const char *tokens, const QString &out, const QStringList &more) const
    {
        return run(QStringList{"logits", kModel, "--tokens", file(tokens), "--out", out, "--quiet"} + more)
            .status;
    }

    QString file(const char *name) const { return m_folder.filePath(QString::fromLatin1(name)); }
    void write(const char *name, const QByteArray &bytes) const
    {
        QFile target(file(name));
        QVERIFY(target.open(QIODevice::WriteOnly));
        QCOMPARE(target.write(bytes), qint64(bytes.size()));
    }
    static QByteArray read(const QString &path)
    {
        QFile source(path);
        return source.open(QIODevice::ReadOnly) ? source.readAll() : QByteArray();
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
