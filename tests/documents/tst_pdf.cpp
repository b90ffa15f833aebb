// PDF through a child process that may hang, flood, die or be missing.
#include "core/documents/child_process.h"
#include "core/documents/document.h"
#include "core/documents/pdf.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>
#include <thread>

using namespace volary;

class TestPdf : public QObject {
    Q_OBJECT

private slots:
    void init() { m_path = qgetenv("PATH"); }
    void cleanup() { qputenv("PATH", m_path); }

    void pagesBecomeText();
    void aMissingProgramIsNamedWithItsPackage();
    void theProgramGetsTheWholeName();
    void troubleIsAnError_data();
    void troubleIsAnError();
    void aStopEndsTheProgram();
    void limitsHold();

private:
    // Puts a program of this name and text where programs are looked for first.
    void stand(const QByteArray &script)
    {
        QFile file(m_folder.filePath("pdftotext"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\n" + script);
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        qputenv("PATH", m_folder.path().toUtf8() + ":" + m_path);
    }
    QString pdf(const QByteArray &bytes)
    {
        QFile file(m_folder.filePath("a.pdf"));
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
        return file.fileName();
    }
    QTemporaryDir m_folder;
    QByteArray m_path;
};

void TestPdf::pagesBecomeText()
{
    if (!canReadPdf())
        QSKIP("pdftotext (poppler-utils) is not installed");
    QByteArray bytes =
        "%PDF-1.4\n"
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
        "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        "4 0 obj<</Length 45>>stream\nBT /F 12 Tf 20 200 Td (Ducks in a row) Tj ET  \nendstream endobj\n"
        "trailer<</Root 1 0 R/Size 5>>\n%%EOF\n";
    REQUIRE(const Document document, readDocument(pdf(bytes).toStdString()));
    QVERIFY(document.format == DocumentFormat::Pdf);
    QVERIFY2(document.text.find("Ducks in a row") != std::string::npos, document.text.c_str());
}

void TestPdf::aMissingProgramIsNamedWithItsPackage()
{
    qputenv("PATH", "/nowhere");
    QVERIFY(!canReadPdf());
    const auto document = readDocument(pdf("%PDF-1.4").toStdString());
    QVERIFY(!document);
    QVERIFY(document.error().code == ErrorCode::NotFound);
    QVERIFY(document.error().remedy.find("poppler-utils") != std::string::npos);
}

void TestPdf::theProgramGetsTheWholeName()
{
    stand("for last; do before=$word; word=$last; done; echo \"$before\"\n");
    REQUIRE(const std::string text, readPdf("-rf.pdf"));
    QVERIFY(text.starts_with("/"));
    QVERIFY(text.ends_with("/-rf.pdf\n"));
}

void TestPdf::troubleIsAnError_data()
{
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QString>("word");
    QTest::newRow("refuses") << QByteArray("exit 3\n") << "status 3";
    QTest::newRow("dies") << QByteArray("kill -9 $$\n") << "broke off";
    QTest::newRow("says nothing") << QByteArray("printf '\\f'\n") << "pictures";
}

void TestPdf::troubleIsAnError()
{
    QFETCH(QByteArray, script);
    QFETCH(QString, word);
    stand(script);
    const auto text = readPdf("a.pdf");
    QVERIFY(!text);
    QVERIFY2(text.error().what.find(word.toStdString()) != std::string::npos, text.error().what.c_str());
}

void TestPdf::aStopEndsTheProgram()
{
    stand("echo x; exec sleep 1000\n");
    std::stop_source source;
    std::jthread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        source.request_stop();
    });
    const auto text = readPdf("a.pdf", source.get_token());
    QVERIFY(!text);
    QVERIFY(text.error().code == ErrorCode::Cancelled);
}

void TestPdf::limitsHold()
{
    const ChildLimits limits{.time = std::chrono::milliseconds(300),
                             .outputBytes = 100'000,
                             .memoryBytes = std::uint64_t(1) << 30};
    const auto slow = runChild("/bin/sleep", {"1000"}, limits);
    QVERIFY(!slow);
    QVERIFY2(slow.error().what.find("longer than") != std::string::npos, slow.error().what.c_str());
    const auto flood = runChild("/bin/cat", {"/dev/zero"}, limits);
    QVERIFY(!flood);
    QVERIFY2(flood.error().what.find("more than") != std::string::npos, flood.error().what.c_str());
    const auto writes = runChild(
        "/bin/dd", {"if=/dev/zero", "of=" + m_folder.filePath("x").toStdString(), "count=1"}, limits);
    QVERIFY(!writes);
    QVERIFY(!QFile::exists(m_folder.filePath("x")) || QFile(m_folder.filePath("x")).size() == 0);
}

QTEST_GUILESS_MAIN(TestPdf)
#include "tst_pdf.moc"
