// The known models side by side: what a conversation with each of them keeps.
#pragma once

#include "ui/models/known_models.h"

#include <QAbstractTableModel>

#include <vector>

namespace volary::ui {

// One row per model whose cost is known; Qt::EditRole holds the bare value of a cell, in bytes.
class CostTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Fixed, PerToken, AfterPage, AfterBook, ColumnCount };
    static constexpr std::int64_t kPage = 1'000, kBook = 100'000; // tokens

    explicit CostTable(const KnownModels &known, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void refresh();

    const KnownModels &m_known;
    std::vector<KnownModel> m_rows;
};

} // namespace volary::ui
