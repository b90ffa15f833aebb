#include "ui/tokens/surprise_table.h"

#include "ui/widgets/token_text.h"

#include <QLocale>

#include <cmath>
#include <limits>

namespace volary::ui {

void SurpriseTable::setScores(const Surprise &scored, const Surprise &baseline)
{
    beginResetModel();
    m_scored = scored;
    m_baseline = baseline;
    endResetModel();
}

int SurpriseTable::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || m_scored.isEmpty() ? 0 : int(m_scored.tokens->size());
}

int SurpriseTable::columnCount(const QModelIndex &parent) const
{
    if (parent.isValid())
        return 0;
    return m_baseline.isEmpty() ? int(Before) : int(ColumnCount);
}

// Nothing where the first token has no number.
QVariant SurpriseTable::valueAt(std::size_t row, int column) const
{
    const TokenScore &token = (*m_scored.tokens)[row];
    switch (column) {
    case Place: return int(row) + 1;
    case Token: return visibleToken(m_scored.model->vocabulary->bytes(token.token));
    case Id: return token.token;
    default: break;
    }
    if (token.rank == 0)
        return {};
    switch (column) {
    case Nats: return token.surprise;
    case Probability: return std::exp(-token.surprise);
    case Rank: return token.rank;
    case Before: return (*m_baseline.tokens)[row].surprise;
    default: return token.surprise - (*m_baseline.tokens)[row].surprise;
    }
}

QVariant SurpriseTable::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Token ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const QVariant value = valueAt(std::size_t(index.row()), index.column());
    if (role == Qt::EditRole && !value.isValid())
        return -std::numeric_limits<double>::infinity(); // below every number, not above
    if (role == Qt::EditRole || !value.isValid() || index.column() == Token)
        return value;
    switch (index.column()) {
    case Nats:
    case Before:
    case Difference: return QLocale().toString(value.toDouble(), 'f', 3);
    case Probability: return probabilityText(value.toDouble());
    default: return QLocale().toString(value.toInt());
    }
}

QVariant SurpriseTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Place: return tr("Place");
    case Token: return tr("Token");
    case Id: return tr("Id");
    case Nats: return tr("Nats");
    case Probability: return tr("Probability");
    case Rank: return tr("Rank");
    case Before: return tr("Baseline");
    default: return tr("Difference");
    }
}

} // namespace volary::ui
