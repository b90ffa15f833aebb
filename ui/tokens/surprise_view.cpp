#include "ui/tokens/surprise_view.h"

#include "ui/tokens/source_box.h"
#include "ui/tokens/surprise_table.h"
#include "ui/widgets/alternative_bars.h"
#include "ui/widgets/colour_scale.h"
#include "ui/widgets/data_table.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/scale_legend.h"
#include "ui/widgets/token_run.h"
#include "ui/widgets/token_text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr int kPanelWidth = 280;
// The same for every text, so that maps can be compared; what lies beyond has the last colour.
constexpr double kMostNats = 8, kMostDifference = 4;

QString nats(double value, bool sign = false)
{
    const QString number = QLocale().toString(value, 'f', 2);
    return sign && value > 0 ? u'+' + number : number;
}

QLabel *wrapped(const char *role, const char *name)
{
    auto *label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", QLatin1String(role));
    label->setObjectName(QLatin1String(name));
    return label;
}

} // namespace

SurpriseView::SurpriseView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes),
      m_source(
          new SourceBox(themes, tr("Once upon a time there was a small fox named Tarquin. Every morning he "
                                   "walked to the river and counted the elephants."))),
      m_score(new QPushButton(tr("&Score"))), m_keep(new QPushButton(tr("&Keep as baseline"))),
      m_forget(new QPushButton(tr("Forget the &baseline"))),
      m_progress(new ProgressRow(themes, tr("Scoring the text"))),
      m_summary(wrapped("heading", "surprise.summary")), m_note(wrapped("muted", "surprise.note")),
      m_run(new TokenRun(themes, TokenRun::Look::Text, tr("Text, coloured by surprise"))),
      m_table(new SurpriseTable(this)), m_forms(new QStackedWidget),
      m_asTable(new QCheckBox(tr("As a &table"))), m_legend(new ScaleLegend(themes)), m_copy(new QToolButton),
      m_token(wrapped("heading", "surprise.token")), m_facts(wrapped("muted", "surprise.facts")),
      m_alternatives(new AlternativeBars(themes))
{
    const int space = themes.theme().space;
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, space, 0, 0);
    row->setSpacing(3 * space);
    row->addWidget(makeMap(), 1);
    row->addWidget(makePanel());
    connect(m_score, &QPushButton::clicked, this, &SurpriseView::score);
    connect(m_keep, &QPushButton::clicked, this, &SurpriseView::keepAsBaseline);
    connect(m_forget, &QPushButton::clicked, this, &SurpriseView::forgetBaseline);
    connect(m_source, &SourceBox::changed, this, [this] { m_score->setEnabled(!m_source->isEmpty()); });
    connect(m_progress, &ProgressRow::cancelRequested, this, [this] {
        m_progress->setCancelling();
        m_bridge.cancel(m_request);
    });
    listenToEngine();
    refresh();
}

QWidget *SurpriseView::makeMap()
{
    const int space = m_themes.theme().space;
    m_score->setProperty("kind", "primary");
    m_score->setObjectName(QStringLiteral("surprise.score"));
    m_keep->setObjectName(QStringLiteral("surprise.keep"));
    m_keep->setToolTip(tr("Then open another model, or this one with other weights, and score again."));
    m_forget->setObjectName(QStringLiteral("surprise.forget"));
    m_forget->setProperty("kind", "quiet");
    m_progress->hide();
    m_run->setObjectName(QStringLiteral("surprise.run"));
    m_run->setColours([this](int index) { return colourOf(index); });
    m_run->setDescriptions([this](int index) { return describe(index); });
    connect(m_run, &TokenRun::selectionChanged, this, &SurpriseView::showToken);
    auto *table =
        makeDataTable(sortedByValue(m_table, this), tr("Surprise of each token"), SurpriseTable::Token);
    table->setObjectName(QStringLiteral("surprise.table"));
    m_forms->addWidget(m_run);
    m_forms->addWidget(table);
    m_asTable->setObjectName(QStringLiteral("surprise.asTable"));
    connect(m_asTable, &QCheckBox::toggled, this, [this](bool on) { m_forms->setCurrentIndex(on ? 1 : 0); });
    m_copy->setText(tr("Copy as CSV"));
    m_copy->setObjectName(QStringLiteral("surprise.copy"));
    m_copy->setIcon(m_themes.icon(QStringLiteral("copy")));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setProperty("kind", "quiet");
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(asCsv(m_scored, m_baseline)); });

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space);
    buttons->addWidget(m_score);
    buttons->addWidget(m_keep);
    buttons->addWidget(m_forget);
    buttons->addStretch(1);
    auto *below = new QHBoxLayout;
    below->addWidget(m_legend);
    below->addStretch(1);
    below->addWidget(m_asTable);
    below->addWidget(m_copy);
    auto *map = new QWidget;
    auto *column = new QVBoxLayout(map);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space);
    column->addWidget(m_source);
    column->addLayout(buttons);
    column->addWidget(m_progress);
    column->addSpacing(space);
    column->addWidget(m_summary);
    column->addWidget(m_note);
    column->addWidget(m_forms, 1);
    column->addLayout(below);
    return map;
}

QWidget *SurpriseView::makePanel()
{
    m_alternatives->setObjectName(QStringLiteral("surprise.alternatives"));
    auto *panel = new QWidget;
    panel->setFixedWidth(kPanelWidth);
    auto *column = new QVBoxLayout(panel);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(m_themes.theme().space);
    column->addWidget(m_token);
    column->addWidget(m_facts);
    column->addWidget(m_alternatives);
    column->addStretch(1);
    return panel;
}

void SurpriseView::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::tokenProgress, this,
            [this](RequestId request, const event::TokenProgress &progress) {
                if (request == m_request)
                    m_progress->setProgress(double(progress.done) / double(progress.total),
                                            tr("%1 of %2 tokens")
                                                .arg(QLocale().toString(qlonglong(progress.done)),
                                                     QLocale().toString(qlonglong(progress.total))));
            });
    connect(&m_bridge, &EngineBridge::textScored, this,
            [this](RequestId request, const event::TextScored &scored) {
                if (request != m_request)
                    return;
                m_scored = {scored.tokens, scored.model};
                end();
                refresh();
                m_run->select(mostStriking());
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this, [this](RequestId request) {
        if (request == m_request)
            end(); // the window says why
    });
}

void SurpriseView::score()
{
    if (m_request != 0 || m_source->isEmpty())
        return;
    m_request = m_bridge.post(command::ScoreText{m_source->source()});
    m_progress->setTask(tr("Scoring the text"));
    m_progress->setProgress(-1, {});
    m_progress->show();
    m_score->setEnabled(false);
}

void SurpriseView::end()
{
    m_request = 0;
    m_progress->hide();
    m_score->setEnabled(!m_source->isEmpty());
}

void SurpriseView::keepAsBaseline()
{
    if (m_scored.isEmpty())
        return;
    m_baseline = m_scored;
    refresh();
    showToken(m_run->selected());
}

void SurpriseView::forgetBaseline()
{
    m_baseline = {};
    refresh();
    showToken(m_run->selected());
}

void SurpriseView::refresh()
{
    const bool scored = !m_scored.isEmpty(), kept = !m_baseline.isEmpty();
    const bool itself = kept && m_scored.tokens == m_baseline.tokens;
    const QString obstacle = kept && !itself ? whyNotComparable(m_scored, m_baseline) : QString();
    m_compared = kept && !itself && obstacle.isEmpty();
    m_keep->setEnabled(scored && !itself);
    m_forget->setVisible(kept);
    m_copy->setEnabled(scored);
    m_asTable->setEnabled(scored);
    m_table->setScores(m_scored, m_compared ? m_baseline : Surprise{});
    m_legend->setVisible(scored);
    m_summary->setText(summary());
    if (!scored)
        m_note->setText(tr("Every token gets a colour: the less the model expected it, the stronger. A "
                           "surprise of 0 nats was certain, one of 4.6 nats had a chance of 1 in 100."));
    else if (!obstacle.isEmpty())
        m_note->setText(obstacle);
    else if (itself)
        m_note->setText(tr("This is the baseline now. Open another model, or this one with other weights, "
                           "and score the same text again."));
    else if (m_compared)
        m_note->setText(
            tr("Blue is where “%1” does better than the baseline “%2”, orange where it does worse.")
                .arg(m_scored.name(), m_baseline.name()));
    else
        m_note->setText(
            tr("By “%1”. Choose a token to see what was expected in its place.").arg(m_scored.name()));
    if (m_compared)
        m_legend->setScale(
            [this](double x) { return QColor(ColourScale::diverging(m_themes.theme().dark).at(x)); },
            {tr("-%1 or less").arg(kMostDifference), QStringLiteral("0"),
             tr("+%1 or more").arg(kMostDifference)},
            tr("nats against the baseline"));
    else
        m_legend->setScale(
            [this](double x) {
                return QColor(ColourScale::diverging(m_themes.theme().dark).at(0.5 + x / 2));
            },
            {QStringLiteral("0"), QLocale().toString(kMostNats / 2), tr("%1 or more").arg(kMostNats)},
            tr("nats of surprise"));

    const int selected = m_run->selected();
    std::vector<TokenRun::Piece> pieces;
    for (std::size_t i = 0; scored && i < m_scored.tokens->size(); ++i) {
        const QString text = m_scored.text(i);
        pieces.push_back({text, {}, text.endsWith(u'↵')});
    }
    m_run->clear();
    m_run->append(std::move(pieces));
    m_run->select(selected);
    if (m_run->selected() < 0)
        showToken(-1);
}

double SurpriseView::valueOf(int index) const
{
    const auto i = std::size_t(index);
    const double surprise = (*m_scored.tokens)[i].surprise;
    return m_compared ? surprise - (*m_baseline.tokens)[i].surprise : surprise;
}

int SurpriseView::mostStriking() const
{
    int most = 1;
    for (int i = 2; i < m_run->count(); ++i)
        if (std::abs(valueOf(i)) > std::abs(valueOf(most)))
            most = i;
    return most;
}

QString SurpriseView::summary() const
{
    if (m_scored.isEmpty())
        return tr("How surprising is each word?");
    const QLocale locale;
    const double mean = m_scored.mean();
    const QString own = tr("%1 tokens · %2 nats in all · %3 per token · perplexity %4")
                            .arg(locale.toString(qlonglong(m_scored.tokens->size())), nats(m_scored.total()),
                                 nats(mean), locale.toString(std::exp(mean), 'f', 2));
    if (!m_compared)
        return own;
    return tr("%1 (baseline %2, difference %3 nats)")
        .arg(own, locale.toString(std::exp(m_baseline.mean()), 'f', 2),
             nats(m_scored.total() - m_baseline.total(), true));
}

QColor SurpriseView::colourOf(int index) const
{
    const double value = valueOf(index);
    if (std::isnan(value))
        return {};
    const double most = m_compared ? kMostDifference : kMostNats;
    return ColourScale::diverging(m_themes.theme().dark).at(0.5 + value / (2 * most));
}

QString SurpriseView::describe(int index) const
{
    const auto i = std::size_t(index);
    const TokenScore &token = (*m_scored.tokens)[i];
    const QString text = visibleToken(m_scored.model->vocabulary->bytes(token.token));
    if (token.rank == 0)
        return tr("“%1”: the first token, which nothing predicts").arg(text);
    QStringList others;
    for (const TokenProbability &other : token.alternatives) {
        if (other.token != token.token && others.size() < 3)
            others << tr("“%1” %2").arg(visibleToken(m_scored.model->vocabulary->bytes(other.token)),
                                        probabilityText(double(other.probability)));
    }
    QString told = tr("“%1”: %2 nats, probability %3, rank %4")
                       .arg(text, nats(token.surprise), probabilityText(std::exp(-token.surprise)))
                       .arg(token.rank);
    if (m_compared)
        told += tr("; %1 against the baseline").arg(nats(valueOf(index), true));
    return told + tr(". Expected: %1").arg(others.join(QStringLiteral(", ")));
}

void SurpriseView::showToken(int index)
{
    const bool shown = index >= 0 && !m_scored.isEmpty();
    m_alternatives->setVisible(shown);
    m_token->setVisible(shown);
    m_facts->setVisible(shown);
    if (!shown)
        return;
    const auto i = std::size_t(index);
    const TokenScore &token = (*m_scored.tokens)[i];
    const auto textOf = [&](TokenId id) { return visibleToken(m_scored.model->vocabulary->bytes(id)); };
    m_token->setText(textOf(token.token));
    std::vector<AlternativeBars::Bar> bars;
    for (const TokenProbability &other : token.alternatives)
        bars.push_back({textOf(other.token), double(other.probability), other.token == token.token});
    m_alternatives->setBars(std::move(bars));
    m_alternatives->setVisible(token.rank > 0);
    if (token.rank == 0) {
        m_facts->setText(tr("Token %1 is the first: nothing predicts it.").arg(token.token));
        return;
    }
    QString facts = tr("Surprise %1 nats\nProbability %2\nRank %3 of %4\nToken %5, place %6 of %7")
                        .arg(nats(token.surprise), probabilityText(std::exp(-token.surprise)))
                        .arg(token.rank)
                        .arg(m_scored.model->info.vocabulary)
                        .arg(token.token)
                        .arg(index + 1)
                        .arg(m_run->count());
    if (m_compared) {
        const double before = (*m_baseline.tokens)[i].surprise;
        facts += tr("\nBaseline %1 nats, difference %2").arg(nats(before), nats(valueOf(index), true));
    }
    m_facts->setText(facts);
}

} // namespace volary::ui
