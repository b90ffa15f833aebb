#include "ui/models/cost_table.h"

#include "core/base/text.h"

#include <QLocale>

namespace volary::ui {

namespace {

QVariant value(const KnownModel &model, int column)
{
    const ConversationCost &cost = *model.cost;
    const auto after = [&](std::int64_t tokens) {
        return qint64(cost.stateBytes + cost.bytesPerToken * std::uint64_t(tokens));
    };
    switch (column) {
    case CostTable::Name: return model.name;
    case CostTable::Fixed: return after(0);
    case CostTable::PerToken: return qint64(cost.bytesPerToken);
    case CostTable::AfterPage: return after(CostTable::kPage);
    case CostTable::AfterBook: return after(CostTable::kBook);
    }
    return {};
}

QString shown(const QVariant &cell, int column)
{
    if (column == CostTable::Name)
        return cell.toString();
    if (column == CostTable::PerToken && cell.toLongLong() == 0)
        return CostTable::tr("nothing");
    return QString::fromStdString(formatBytes(std::uint64_t(cell.toLongLong())));
}

} // namespace

CostTable::CostTable(const KnownModels &known, QObject *parent) : QAbstractTableModel(parent), m_known(known)
{
    connect(&known, &KnownModels::changed, this, &CostTable::refresh);
    refresh();
}

void CostTable::refresh()
{
    beginResetModel();
    m_rows = m_known.all();
    std::erase_if(m_rows, [](const KnownModel &model) { return !model.cost; });
    endResetModel();
}

int CostTable::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int CostTable::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant CostTable::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const QVariant cell = value(m_rows[std::size_t(index.row())], index.column());
    return role == Qt::EditRole ? cell : shown(cell, index.column());
}

QVariant CostTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("Model");
    case Fixed: return tr("A new conversation");
    case PerToken: return tr("Each token");
    case AfterPage: return tr("After %1 tokens").arg(QLocale().toString(qint64(kPage)));
    case AfterBook: return tr("After %1 tokens").arg(QLocale().toString(qint64(kBook)));
    }
    return {};
}

} // namespace volary::ui
