#include "ui/models/tensor_table.h"

#include "core/base/text.h"

#include <QLocale>

namespace volary::ui {

namespace {

QVariant value(const ModelDescription::TensorRow &row, int column)
{
    switch (column) {
    case TensorTable::Name: return QString::fromStdString(row.name);
    case TensorTable::Type: return QString::fromUtf8(name(row.type).data(), qsizetype(name(row.type).size()));
    case TensorTable::Extents: return QString::fromStdString(row.shape.text());
    case TensorTable::Elements: return qint64(row.shape.elements());
    case TensorTable::Bytes: return qint64(bytesOf(row.type, row.shape.elements()));
    }
    return {};
}

QVariant shown(const QVariant &value, int column)
{
    if (column == TensorTable::Elements)
        return QLocale().toString(value.toLongLong());
    if (column == TensorTable::Bytes)
        return QString::fromStdString(formatBytes(std::uint64_t(value.toLongLong())));
    return value;
}

} // namespace

void TensorTable::setModel(std::shared_ptr<const ModelDescription> model)
{
    beginResetModel();
    m_model = std::move(model);
    endResetModel();
}

int TensorTable::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_model ? 0 : int(m_model->tensors.size());
}

int TensorTable::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant TensorTable::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const bool isNumber = index.column() >= Elements;
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const QVariant cell = value(m_model->tensors[std::size_t(index.row())], index.column());
    return role == Qt::EditRole ? cell : shown(cell, index.column());
}

QVariant TensorTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (section >= Elements ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("Tensor");
    case Type: return tr("Type");
    case Extents: return tr("Shape");
    case Elements: return tr("Values");
    case Bytes: return tr("Size");
    }
    return {};
}

} // namespace volary::ui
