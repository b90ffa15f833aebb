#include "ui/documents/document_page.h"

#include "ui/documents/document_list.h"
#include "ui/widgets/progress_row.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr int kOutlineWidth = 170, kReaderWidth = 430, kPanelWidth = 340;
constexpr int kIndent = 3; // spaces per level

// "2 min 5 s"
QString duration(double seconds)
{
    const auto whole = qlonglong(seconds + 0.5);
    if (whole >= 3600)
        return DocumentPage::tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
    if (whole >= 60)
        return DocumentPage::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return DocumentPage::tr("%1 s").arg(whole);
}

} // namespace

DocumentPage::DocumentPage(const ThemeManager &themes, QAction *read, const QList<QAction *> &summarise,
                           QWidget *parent)
    : QWidget(parent), m_themes(themes), m_title(new QLabel), m_facts(new QLabel), m_notice(new QLabel),
      m_progress(new ProgressRow(themes, tr("Reading"))), m_outline(new QListWidget),
      m_text(new TextView(themes)), m_tabs(new QTabWidget), m_questions(new QuestionPanel(themes)),
      m_summary(new SummaryPanel(themes, summarise))
{
    const int space = themes.theme().space;
    m_progress->hide();
    connect(m_progress, &ProgressRow::cancelRequested, this, &DocumentPage::pauseRequested);
    m_tabs->addTab(m_questions, tr("Questions"));
    m_tabs->addTab(m_summary, tr("Summary"));
    m_tabs->setDocumentMode(true);
    m_tabs->tabBar()->setDrawBase(false);
    m_tabs->tabBar()->setAccessibleName(tr("Questions and summary"));

    auto *splitter = new QSplitter;
    splitter->setHandleWidth(space);
    splitter->setProperty("plain", true);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_outline);
    splitter->addWidget(makeReader());
    splitter->addWidget(m_tabs);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({kOutlineWidth, kReaderWidth, kPanelWidth});

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space + space / 2);
    layout->addWidget(makeHeader(read));
    layout->addWidget(m_progress);
    layout->addWidget(splitter, 1);

    m_outline->setAccessibleName(tr("Outline"));
    m_outline->setMinimumWidth(110);
    m_outline->setProperty("plain", true);
    connect(m_outline, &QListWidget::itemClicked, this, [this](QListWidgetItem *item) {
        m_text->scrollToByte(m_sections[std::size_t(m_outline->row(item))].begin);
    });
    connect(m_outline, &QListWidget::itemActivated, this, [this](QListWidgetItem *item) {
        m_text->scrollToByte(m_sections[std::size_t(m_outline->row(item))].begin);
    });
    connect(m_text, &TextView::placeChanged, this, &DocumentPage::markPlace);
}

QWidget *DocumentPage::makeHeader(QAction *read)
{
    auto *header = new QWidget;
    m_title->setProperty("role", "title");
    m_title->setTextFormat(Qt::PlainText);
    m_facts->setProperty("role", "muted");
    m_notice->setProperty("role", "caption");
    auto *button = new QPushButton;
    button->setProperty("kind", "primary");
    const auto follow = [button, read] {
        button->setText(read->iconText());
        button->setEnabled(read->isEnabled());
        button->setVisible(read->isVisible());
    };
    connect(read, &QAction::changed, button, follow);
    connect(button, &QPushButton::clicked, read, &QAction::trigger);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_facts);
    words->addWidget(m_notice);
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(words, 1);
    layout->addWidget(button, 0, Qt::AlignTop);
    follow();
    return header;
}

QWidget *DocumentPage::makeReader()
{
    auto *card = new QFrame;
    card->setProperty("card", "plain");
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(2, 2, 2, 2);
    layout->addWidget(m_text);
    m_text->setObjectName(QStringLiteral("documents.text"));
    return card;
}

void DocumentPage::show(const event::DocumentOpened &opened)
{
    m_sections = opened.sections;
    m_outline->clear();
    for (const Section &section : m_sections)
        m_outline->addItem(QString((section.level - 1) * kIndent, u' ') +
                           QString::fromStdString(section.title));
    m_text->setText(opened.text);
    m_questions->showHistory(opened.questions);
    m_summary->show(opened.summaries);
    m_summary->endProgress();
    setFacts(opened.document);
    markPlace(0);
}

void DocumentPage::setFacts(const StoredDocument &document)
{
    m_title->setText(QString::fromStdString(document.title));
    m_facts->setText(factsOf(document));
    m_notice->setText(QString::fromStdString(document.notice));
    m_notice->setVisible(!document.notice.empty());
}

void DocumentPage::setReading(std::int64_t done, std::int64_t total, std::int64_t safe,
                              double tokensPerSecond)
{
    m_progress->setVisible(true);
    if (total <= 0)
        return m_progress->setProgress(-1, tr("Splitting the text into tokens"));
    const QLocale locale;
    QString stage = tr("%1 of %2 tokens, %3 safe")
                        .arg(locale.toString(qlonglong(done)), locale.toString(qlonglong(total)),
                             locale.toString(qlonglong(safe)));
    if (tokensPerSecond > 0)
        stage += tr(" · %1/s · %2 left")
                     .arg(locale.toString(qlonglong(tokensPerSecond)),
                          duration(double(total - done) / tokensPerSecond));
    m_progress->setProgress(double(done) / double(total), stage);
}

void DocumentPage::setPausing()
{
    m_progress->setCancelling();
}

void DocumentPage::endReading()
{
    m_progress->hide();
    m_progress->setTask(tr("Reading"));
    m_progress->setProgress(-1, {});
}

void DocumentPage::showQuestions()
{
    m_tabs->setCurrentWidget(m_questions);
}

void DocumentPage::showSummary()
{
    m_tabs->setCurrentWidget(m_summary);
}

void DocumentPage::markPlace(std::uint64_t byte)
{
    const auto after = std::ranges::upper_bound(m_sections, byte, {}, &Section::begin);
    if (after != m_sections.begin())
        m_outline->setCurrentRow(int(after - m_sections.begin()) - 1);
}

} // namespace volary::ui
