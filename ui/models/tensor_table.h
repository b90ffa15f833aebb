// The tensors of a model file as a table.
#pragma once

#include "core/engine/messages.h"

#include <QAbstractTableModel>

#include <memory>

namespace volary::ui {

// Read-only. Qt::EditRole holds the bare value of a cell: what sorting goes by.
class TensorTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Type, Extents, Elements, Bytes, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setModel(std::shared_ptr<const ModelDescription> model); // null empties the table

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const ModelDescription> m_model;
};

} // namespace volary::ui
