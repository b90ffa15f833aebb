// What changed between two states, as numbers.
#pragma once

#include "core/inspect/state_diff.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace volary::ui {

// A row per head, and per tensor without heads; Qt::EditRole holds the bare value of a cell.
class DiffTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Tensor, Head, Relative, Cosine, Rank, Largest, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setDiff(std::shared_ptr<const StateDiff> diff); // null empties the table
    int rowOf(int layer, int head) const;                // of the matrices; -1: none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Row {
        const TensorDiff *tensor;
        int head; // -1: the whole tensor
    };

    QVariant value(const Row &row, int column) const;

    std::shared_ptr<const StateDiff> m_diff;
    std::vector<Row> m_rows;
};

} // namespace volary::ui
