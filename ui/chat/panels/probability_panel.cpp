#include "ui/chat/panels/probability_panel.h"

#include "ui/theme/contrast.h"
#include "ui/widgets/token_text.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kMargin = 12;
constexpr double kSurprisingBits = 8; // as surprising as it is drawn
constexpr double kLeastProbability = 1e-6, kStrongest = 0.45;
} // namespace

ProbabilityPanel::ProbabilityPanel(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes),
      m_strip(new TokenRun(themes, TokenRun::Look::Boxes, tr("Tokens of the reply"), this)),
      m_bars(new AlternativeBars(themes, this)), m_hint(new QLabel(this))
{
    setObjectName(QStringLiteral("probabilityPanel"));
    m_hint->setProperty("role", "caption");
    m_hint->setWordWrap(true);
    m_hint->setContentsMargins(kMargin, 0, kMargin, kMargin);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_strip, 1);
    column->addWidget(m_bars);
    column->addWidget(m_hint);
    m_strip->setColours([this](int index) { return shadeOf(index); });
    connect(m_strip, &TokenRun::selectionChanged, this, &ProbabilityPanel::showPlace);
    connect(m_bars, &AlternativeBars::chosen, this, [this](int index) {
        const auto place = std::size_t(m_strip->selected());
        emit branchRequested(m_turn, qint64(place), m_traces[place].alternatives[std::size_t(index)].token);
    });
    clear();
}

// The more unlikely, the stronger.
QColor ProbabilityPanel::shadeOf(int index) const
{
    const Theme &theme = m_themes.theme();
    const double bits = -std::log2(std::max(m_probabilities[std::size_t(index)], kLeastProbability));
    return mixed(theme.code, theme.warning, kStrongest * std::min(1.0, bits / kSurprisingBits));
}

QString ProbabilityPanel::textOf(TokenId token) const
{
    return m_vocabulary ? visibleToken(m_vocabulary->bytes(token)) : QString::number(token);
}

void ProbabilityPanel::clear()
{
    m_traces.clear();
    m_probabilities.clear();
    m_turn = -1;
    m_strip->clear();
    m_bars->setBars({});
    m_bars->setBranchingEnabled(false);
    m_hint->setText(tr("Select a reply to see what else could have stood at each place."));
}

void ProbabilityPanel::setTraces(TurnId turn, const std::shared_ptr<const std::vector<TokenTrace>> &traces)
{
    clear();
    m_turn = turn;
    appendTraces(*traces);
    m_turn = turn;
    setBranchingEnabled(m_branching);
}

void ProbabilityPanel::appendTraces(const std::vector<TokenTrace> &traces)
{
    if (traces.empty())
        return;
    std::vector<TokenRun::Piece> pieces;
    for (const TokenTrace &trace : traces) {
        const auto taken = std::ranges::find(trace.alternatives, trace.token, &TokenProbability::token);
        const double least = trace.alternatives.empty() ? 1 : double(trace.alternatives.back().probability);
        m_probabilities.push_back(taken == trace.alternatives.end() ? least : double(taken->probability));
        pieces.push_back({textOf(trace.token)});
    }
    m_traces.insert(m_traces.end(), traces.begin(), traces.end());
    m_strip->append(std::move(pieces));
    m_strip->select(m_strip->count() - 1);
}

void ProbabilityPanel::showPlace(int index)
{
    const TokenTrace &trace = m_traces[std::size_t(index)];
    std::vector<AlternativeBars::Bar> bars;
    for (const TokenProbability &alternative : trace.alternatives)
        bars.push_back(
            {textOf(alternative.token), double(alternative.probability), alternative.token == trace.token});
    m_bars->setBars(std::move(bars));
    const QString place = tr("Token %1 of %2.").arg(index + 1).arg(m_strip->count());
    m_hint->setText(m_turn >= 0 && m_branching
                        ? place + QLatin1Char(' ') + tr("Choose another token to branch there.")
                        : place);
}

void ProbabilityPanel::setVocabulary(std::shared_ptr<const Tokenizer> vocabulary)
{
    m_vocabulary = std::move(vocabulary);
}

void ProbabilityPanel::setBranchingEnabled(bool enabled)
{
    m_branching = enabled;
    m_bars->setBranchingEnabled(enabled && m_turn >= 0);
}

} // namespace volary::ui
