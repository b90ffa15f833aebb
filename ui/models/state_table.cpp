#include "ui/models/state_table.h"

#include "core/base/text.h"

#include <QLocale>

namespace volary::ui {

namespace {

QString meaning(const StateTensor &tensor)
{
    switch (tensor.role) {
    case StateRole::AttentionShift: return StateTable::tr("Last token, before time mixing");
    case StateRole::FeedForwardShift: return StateTable::tr("Last token, before channel mixing");
    case StateRole::Wkv: return StateTable::tr("Memory matrix of each head");
    case StateRole::Numerator: return StateTable::tr("Sum of the weighted values");
    case StateRole::Denominator: return StateTable::tr("Sum of the weights");
    case StateRole::Maximum: return StateTable::tr("Exponent that both sums are relative to");
    case StateRole::TokenIds: return StateTable::tr("Every token read");
    case StateRole::KeyLatents: return StateTable::tr("Compressed key of every token");
    case StateRole::Keys: return StateTable::tr("Key of every token");
    case StateRole::Values: return StateTable::tr("Value of every token");
    }
    return {};
}

QVariant value(const StateTensor &tensor, int column)
{
    switch (column) {
    case StateTable::Name: return QString::fromStdString(tensor.name);
    case StateTable::Meaning: return meaning(tensor);
    case StateTable::Layer: return tensor.layer;
    case StateTable::Extents:
        return tensor.growth == StateGrowth::Fixed
                   ? QString::fromStdString(tensor.shape.text())
                   : StateTable::tr("%1 per token")
                         .arg(QString::fromStdString(withRows(tensor.shape, 1).text()));
    case StateTable::Type: {
        const auto type = name(tensor.type);
        return QString::fromUtf8(type.data(), qsizetype(type.size()));
    }
    case StateTable::Bytes:
        return tensor.growth == StateGrowth::Fixed
                   ? qint64(tensor.shape.elements()) * qint64(bytesPerElement(tensor.type))
                   : qint64(bytesPerRow(tensor));
    }
    return {};
}

bool isNumber(int column)
{
    return column == StateTable::Layer || column == StateTable::Bytes;
}

} // namespace

void StateTable::setModel(std::shared_ptr<const ModelDescription> model)
{
    beginResetModel();
    m_model = std::move(model);
    endResetModel();
}

int StateTable::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_model ? 0 : int(m_model->state.size());
}

int StateTable::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant StateTable::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const int column = index.column();
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (isNumber(column) ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const StateTensor &tensor = m_model->state[std::size_t(index.row())];
    if (role == Qt::DisplayRole && column == Layer && tensor.layer < 0)
        return tr("all");
    const QVariant cell = value(tensor, column);
    if (role == Qt::DisplayRole && column == Bytes)
        return QString::fromStdString(formatBytes(std::uint64_t(cell.toLongLong())));
    return cell;
}

QVariant StateTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("State tensor");
    case Meaning: return tr("Holds");
    case Layer: return tr("Layer");
    case Extents: return tr("Shape");
    case Type: return tr("Type");
    case Bytes: return tr("Size");
    }
    return {};
}

} // namespace volary::ui
