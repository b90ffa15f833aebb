#include "ui/snapshots/diff_table.h"

#include <QLocale>

namespace volary::ui {

void DiffTable::setDiff(std::shared_ptr<const StateDiff> diff)
{
    beginResetModel();
    m_diff = std::move(diff);
    m_rows.clear();
    if (m_diff) {
        for (const TensorDiff &tensor : m_diff->tensors) {
            if (tensor.heads.empty())
                m_rows.push_back({&tensor, -1});
            for (int head = 0; head < int(tensor.heads.size()); ++head)
                m_rows.push_back({&tensor, head});
        }
    }
    endResetModel();
}

int DiffTable::rowOf(int layer, int head) const
{
    for (std::size_t row = 0; row < m_rows.size(); ++row) {
        if (m_rows[row].tensor->spec.layer == layer && m_rows[row].head == head)
            return int(row);
    }
    return -1;
}

int DiffTable::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int DiffTable::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant DiffTable::value(const Row &row, int column) const
{
    const bool isHead = row.head >= 0;
    const HeadDiff *head = isHead ? &row.tensor->heads[std::size_t(row.head)] : nullptr;
    const PieceDiff &piece = head ? head->piece : row.tensor->whole;
    switch (column) {
    case Tensor: return QString::fromStdString(row.tensor->spec.name);
    case Head: return isHead ? QVariant(row.head) : QVariant();
    case Relative: return piece.relative();
    case Cosine: return piece.cosine;
    case Rank: return head ? QVariant(head->rank) : QVariant();
    case Largest: return piece.largest;
    }
    return {};
}

QVariant DiffTable::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() == Tensor ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const QVariant cell = value(m_rows[std::size_t(index.row())], index.column());
    if (role == Qt::EditRole || cell.typeId() != QMetaType::Double)
        return cell;
    const double number = cell.toDouble();
    switch (index.column()) {
    case Relative: return tr("%1 %").arg(QLocale().toString(100 * number, 'f', 1));
    case Cosine: return QLocale().toString(number, 'f', 4);
    case Rank: return QLocale().toString(number, 'f', 1);
    default: return QLocale().toString(number, 'g', 4);
    }
}

QVariant DiffTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section == Tensor ? Qt::AlignLeft : Qt::AlignRight));
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Relative: return tr("Norm of the difference over the larger of both norms");
        case Cosine: return tr("Of the angle between both: 1 is the same direction");
        case Rank: return tr("In how many directions the matrix changed (effective rank of the difference)");
        case Largest: return tr("Largest difference of two numbers");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Tensor: return tr("Tensor");
    case Head: return tr("Head");
    case Relative: return tr("Changed");
    case Cosine: return tr("Cosine");
    case Rank: return tr("Directions");
    case Largest: return tr("Largest");
    }
    return {};
}

} // namespace volary::ui
