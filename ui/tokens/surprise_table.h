// The numbers of the surprise map as a table.
#pragma once

#include "ui/tokens/surprise.h"

#include <QAbstractTableModel>

namespace volary::ui {

// Read-only, one row per token. Qt::EditRole holds the bare value of a cell: what sorting goes by.
class SurpriseTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Place, Token, Id, Nats, Probability, Rank, Before, Difference, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    // The last two columns are there with a baseline only; the two must be comparable.
    void setScores(const Surprise &scored, const Surprise &baseline);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QVariant valueAt(std::size_t row, int column) const;

    Surprise m_scored, m_baseline;
};

} // namespace volary::ui
