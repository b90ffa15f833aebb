// A document is read once, paused, gone on with, asked and summarised.
#include "core/engine/document_tokens.h"
#include "core/engine/loaded_model.h"
#include "tests/engine/harness.h"
#include "tests/engine/reading_samples.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace volary;
using namespace volary::test;

namespace {

GenerationSettings quiet(int tokens = 24)
{
    GenerationSettings settings;
    settings.sampler.seed = 5;
    settings.maxTokens = tokens;
    return settings;
}

} // namespace

class TestReading : public QObject {
    Q_OBJECT

private slots:
    void tokensAreThoseOfTheText();
    void aFileIsReadAndAsked_data();
    void aFileIsReadAndAsked();
    void aPauseKeepsWhatWasRead();
    void chatsGoOnWhileABookIsRead();
    void severalDocumentsAreAskedInTurn();
    void anotherModelEndsTheReading();
    void deletingADocumentEndsItsReading();
    void whatIsMissingIsSaid();
    void summariesAreKeptAndExported();
    void aSummaryCanBeCancelled();
    void filesThatCannotBeReadAreReported();

private:
    DocumentId add(Harness &harness, const Document &book)
    {
        const QString file = m_folder.filePath("book.md");
        QFile out(file);
        if (!out.open(QIODevice::WriteOnly))
            return 0;
        out.write(book.text.data(), qint64(book.text.size()));
        out.close();
        const auto added = harness.ask<event::DocumentAdded>(command::AddDocument{file.toStdString()});
        return added ? added->document.id : 0;
    }
    std::string library()
    {
        return m_folder.filePath(QString("library%1.db").arg(++m_libraries)).toStdString();
    }

    QTemporaryDir m_folder;
    int m_libraries = 0;
};

void TestReading::tokensAreThoseOfTheText()
{
    REQUIRE(const auto model, LoadedModel::open({.path = bundledModel()}));
    const Document book = madeUpBook(integer(1, 5), 80);
    DocumentTokens tokens(book.text, chaptersOf(book.sections));
    while (!tokens.done())
        tokens.encodePiece(model->tokenizer());
    QCOMPARE(model->tokenizer().decode(tokens.tokens()), book.text);
    const auto chapters = chaptersOf(book.sections);
    QCOMPARE(tokens.chapterEnds().size(), chapters.size());
    for (std::size_t i = 0; i < chapters.size(); ++i) {
        const auto upTo = std::span(tokens.tokens()).first(tokens.chapterEnds()[i]);
        QCOMPARE(model->tokenizer().decode(upTo), book.text.substr(0, chapters[i].end));
    }
    const std::string line(100'000, 'x'); // no place to cut at
    DocumentTokens dense(line + "ü", {});
    while (!dense.done())
        dense.encodePiece(model->tokenizer());
    QCOMPARE(model->tokenizer().decode(dense.tokens()), line + "ü");
}

void TestReading::aFileIsReadAndAsked_data()
{
    QTest::addColumn<QString>("model");
    QTest::newRow("goose") << "goose-tiny";
    QTest::newRow("goldfinch") << "goldfinch-tiny";
}

void TestReading::aFileIsReadAndAsked()
{
    QFETCH(QString, model);
    const std::string library = this->library();
    DocumentId id = 0;
    std::int64_t tokens = 0;
    std::string answer;
    {
        Harness harness(library);
        QVERIFY(harness.openModel(bundledModel(qPrintable(model))));
        id = add(harness, madeUpBook(2, 12));
        QVERIFY(id > 0);
        const RequestId request = harness.engine().post(command::ReadDocument{id});
        const auto progress = harness.wait<event::ReadingProgress>(request);
        QVERIFY(progress);
        const auto read = harness.wait<event::ReadingEnded>(request);
        QVERIFY(read);
        QVERIFY2(!read->error, read->error ? read->error->what.c_str() : "");
        QCOMPARE(read->tokensReused, 0);
        tokens = read->tokensRead;
        QVERIFY(tokens > 500 && read->tokensPerSecond > 0);
        QVERIFY(read->document.readings[0].complete());
        QCOMPARE(read->document.readings[0].tokens, tokens);

        const auto again = harness.ask<event::ReadingEnded>(command::ReadDocument{id});
        QVERIFY(again && !again->error);
        QCOMPARE(again->tokensRead, 0);
        QCOMPARE(again->tokensReused, tokens);

        const RequestId asked = harness.engine().post(command::AskDocument{id, "Who swims?", quiet()});
        QVERIFY(harness.wait<event::DocumentAsked>(asked));
        const auto started = harness.wait<event::TurnStarted>(asked);
        QVERIFY(started);
        QCOMPARE(started->tokensReused, tokens);
        QVERIFY(started->tokensRead < 100);
        const auto finished = harness.wait<event::TurnFinished>(asked);
        QVERIFY(finished);
        answer = finished->reply.text;
    }
    Harness harness(
        library); // after a restart: no token of the book is read again, and the answer is the same
    QVERIFY(harness.openModel(bundledModel(qPrintable(model))));
    const RequestId asked = harness.engine().post(command::AskDocument{id, "Who swims?", quiet()});
    const auto started = harness.wait<event::TurnStarted>(asked);
    QVERIFY(started);
    QVERIFY(started->tokensReused > tokens); // nor of the question, which was asked before
    QCOMPARE(started->tokensRead, 0);
    const auto finished = harness.wait<event::TurnFinished>(asked);
    QVERIFY(finished);
    QCOMPARE(finished->reply.text, answer);

    const auto opened = harness.ask<event::DocumentOpened>(command::OpenDocument{id});
    QVERIFY(opened);
    QCOMPARE(opened->questions.size(), std::size_t(2));
    QCOMPARE(opened->questions[0].title, std::string("Who swims?"));
    QCOMPARE(opened->sections.size(), std::size_t(2));
    const RequestId more = harness.engine().post(
        command::SendMessage{opened->questions[0].id, finished->reply.id, "And then?", quiet()});
    const auto next = harness.wait<event::TurnStarted>(more);
    QVERIFY(next && next->tokensReused > tokens);
    QVERIFY(harness.wait<event::TurnFinished>(more));
}

void TestReading::aPauseKeepsWhatWasRead()
{
    const std::string library = this->library();
    DocumentId id = 0;
    std::int64_t position = 0, total = 0;
    {
        Harness harness(library);
        QVERIFY(harness.openModel());
        id = add(harness, madeUpBook(4, 20));
        const RequestId request = harness.engine().post(command::ReadDocument{id});
        for (std::int64_t done = 0; done < 300;) {
            const auto progress = harness.wait<event::ReadingProgress>(request);
            QVERIFY(progress);
            done = progress->done;
            total = progress->total;
        }
        harness.engine().cancel(request);
        const auto paused = harness.wait<event::ReadingEnded>(request);
        QVERIFY(paused && paused->error && paused->error->code == ErrorCode::Cancelled);
        position = paused->document.readings[0].position;
        QVERIFY(position >= 300 && position < total);
        QCOMPARE(position, paused->tokensRead); // a pause loses nothing
    }
    Harness harness(library);
    QVERIFY(harness.openModel());
    const auto read = harness.ask<event::ReadingEnded>(command::ReadDocument{id});
    QVERIFY(read && !read->error);
    QCOMPARE(read->tokensReused, position);
    QCOMPARE(read->tokensRead, total - position);
    const auto anew = harness.ask<event::ReadingEnded>(command::ReadDocument{id, true});
    QVERIFY(anew && !anew->error);
    QCOMPARE(anew->tokensReused, 0);
    QCOMPARE(anew->tokensRead, total);
}

void TestReading::chatsGoOnWhileABookIsRead()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(4, 80));
    const ConversationId chat = harness.newConversation("chat");
    const RequestId request = harness.engine().post(command::ReadDocument{id});
    QVERIFY(harness.wait<event::ReadingProgress>(request));
    const RequestId reply = harness.engine().post(command::SendMessage{chat, {}, "Hello", quiet(4)});
    bool stillReading = false;
    QVERIFY(harness.wait<event::TurnFinished>(reply)); // drops what came before: the end of the reading, too
    stillReading = harness.wait<event::ReadingProgress>(request).has_value();
    QVERIFY(stillReading);
    const auto twice = harness.ask<event::CommandFailed>(command::ReadDocument{id});
    QVERIFY(twice && twice->error.code == ErrorCode::Busy);
    harness.engine().cancel(request);
    QVERIFY(harness.wait<event::ReadingEnded>(request));
}

void TestReading::severalDocumentsAreAskedInTurn()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    std::vector<DocumentId> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(add(harness, madeUpBook(1, 3)));
    std::vector<RequestId> reads, asks;
    for (const DocumentId id : ids)
        reads.push_back(harness.engine().post(command::ReadDocument{id}));
    int ended = 0; // they are read side by side, so any may be the first
    for (const RequestId read : reads) {
        Q_UNUSED(read);
        const auto end = harness.wait<event::ReadingEnded>();
        QVERIFY(end && !end->error);
        ++ended;
    }
    QCOMPARE(ended, 3);
    for (const DocumentId id : ids)
        asks.push_back(harness.engine().post(command::AskDocument{id, "Who swims?", quiet(6)}));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto asked = harness.wait<event::DocumentAsked>(asks[i]);
        QVERIFY(asked);
        QCOMPARE(asked->document, ids[i]);
        QVERIFY(harness.wait<event::TurnFinished>(asks[i]));
    }
}

void TestReading::anotherModelEndsTheReading()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(4, 80));
    const RequestId request = harness.engine().post(command::ReadDocument{id});
    QVERIFY(harness.wait<event::ReadingProgress>(request));
    harness.engine().post(command::CloseModel{});
    const auto ended = harness.wait<event::ReadingEnded>(request);
    QVERIFY(ended && ended->error && ended->error->code == ErrorCode::Cancelled);
    const auto none = harness.ask<event::CommandFailed>(command::ReadDocument{id});
    QVERIFY(none && none->error.code == ErrorCode::NotFound);
    const auto ask = harness.ask<event::CommandFailed>(command::AskDocument{id, "x", quiet()});
    QVERIFY(ask && ask->error.code == ErrorCode::NotFound);
}

void TestReading::deletingADocumentEndsItsReading()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(4, 80));
    const RequestId request = harness.engine().post(command::ReadDocument{id});
    QVERIFY(harness.wait<event::ReadingProgress>(request));
    harness.engine().post(command::DeleteDocument{id});
    const auto ended = harness.wait<event::ReadingEnded>(request);
    QVERIFY(ended && ended->error && ended->error->code == ErrorCode::NotFound);
    const auto list = harness.ask<event::DocumentList>(command::ListDocuments{});
    QVERIFY(list && list->documents.empty());
}

void TestReading::whatIsMissingIsSaid()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(3, 80));
    const auto unread = harness.ask<event::CommandFailed>(command::AskDocument{id, "Who?", quiet()});
    QVERIFY(unread && unread->error.what.find("not been read") != std::string::npos);
    const RequestId request = harness.engine().post(command::ReadDocument{id});
    for (std::int64_t done = 0; done < 100;)
        done = harness.wait<event::ReadingProgress>(request)->done;
    harness.engine().cancel(request);
    QVERIFY(harness.wait<event::ReadingEnded>(request));
    const auto half = harness.ask<event::CommandFailed>(command::AskDocument{id, "Who?", quiet()});
    QVERIFY(half && half->error.what.find("%") != std::string::npos);
    const auto empty = harness.ask<event::CommandFailed>(command::AskDocument{id, " \n", quiet()});
    QVERIFY(empty && empty->error.code == ErrorCode::Invalid);
    const auto gone = harness.ask<event::ReadingEnded>(command::ReadDocument{id + 1});
    QVERIFY(gone && gone->error && gone->error->code == ErrorCode::NotFound);
}

void TestReading::summariesAreKeptAndExported()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(3, 4));
    const auto none = harness.ask<event::CommandFailed>(
        command::ExportSummary{id, m_folder.filePath("summary.md").toStdString()});
    QVERIFY(none);
    const auto read = harness.ask<event::ReadingEnded>(command::ReadDocument{id});
    QVERIFY(read && !read->error);
    const auto whole = harness.ask<event::SummaryEnded>(command::SummariseDocument{id, false, quiet()});
    QVERIFY(whole && !whole->error);
    QCOMPARE(whole->summaries.size(), std::size_t(1));
    const RequestId request = harness.engine().post(command::SummariseDocument{id, true, quiet()});
    const auto progress = harness.wait<event::SummaryProgress>(request);
    QVERIFY(progress);
    QCOMPARE(progress->total, 4);
    const auto chapters = harness.wait<event::SummaryEnded>(request);
    QVERIFY(chapters);
    QVERIFY2(!chapters->error, chapters->error ? chapters->error->what.c_str() : "");
    QCOMPARE(chapters->summaries.size(), std::size_t(5));
    QCOMPARE(chapters->summaries[0].chapter, Summary::kOfSummaries);
    QCOMPARE(chapters->summaries[2].title, std::string("Chapter 1"));
    for (const Summary &summary : chapters->summaries)
        QVERIFY(!summary.text.empty() && !summary.damaged);

    const auto again = harness.ask<event::SummaryEnded>(command::SummariseDocument{id, true, quiet()});
    QVERIFY(again);
    QCOMPARE(again->summaries[3].text, chapters->summaries[3].text); // the same seed
    const auto exported = harness.ask<event::Exported>(
        command::ExportSummary{id, m_folder.filePath("summary.md").toStdString()});
    QVERIFY(exported);
    QFile file(m_folder.filePath("summary.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(text.startsWith("# book\n"));
    QVERIFY(text.contains("## Chapter 2\n\n" + QByteArray::fromStdString(again->summaries[3].text)));
}

void TestReading::aSummaryCanBeCancelled()
{
    Harness harness(library());
    QVERIFY(harness.openModel());
    const DocumentId id = add(harness, madeUpBook(6, 4));
    QVERIFY(harness.ask<event::ReadingEnded>(command::ReadDocument{id}));
    const RequestId request = harness.engine().post(command::SummariseDocument{id, true, quiet(60)});
    for (int done = 0; done < 2;)
        done = harness.wait<event::SummaryProgress>(request)->done;
    harness.engine().cancel(request);
    const auto ended = harness.wait<event::SummaryEnded>(request);
    QVERIFY(ended && ended->error && ended->error->code == ErrorCode::Cancelled);
    QVERIFY(ended->summaries.size() >= 2 && ended->summaries.size() < 7); // what was written is kept
}

void TestReading::filesThatCannotBeReadAreReported()
{
    Harness harness(library());
    const auto missing = harness.ask<event::CommandFailed>(command::AddDocument{"/nowhere/a.txt"});
    QVERIFY(missing && missing->error.what.find("a.txt") != std::string::npos);
    const auto folder =
        harness.ask<event::CommandFailed>(command::AddDocument{m_folder.path().toStdString()});
    QVERIFY(folder);
}

QTEST_GUILESS_MAIN(TestReading)
#include "tst_reading.moc"
