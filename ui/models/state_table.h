// The declared state of a model as a table: what one conversation carries from token to token.
#pragma once

#include "core/engine/messages.h"

#include <QAbstractTableModel>

#include <memory>

namespace volary::ui {

// Read-only; Qt::EditRole holds the bare value of a cell.
class StateTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Meaning, Layer, Extents, Type, Bytes, ColumnCount };

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
