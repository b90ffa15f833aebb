// The conversations of an exported file, each with a mark: to be imported or not.
#pragma once

#include "core/engine/messages.h"

#include <QAbstractTableModel>

namespace volary::ui {

// Qt::EditRole holds the bare value of a cell: what sorting goes by.
class ImportModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Title, Turns, Size, Began, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    // At first all are marked but those that the library knows.
    void setChats(const event::ChatExportRead &read);
    void markAll(bool marked);

    std::vector<std::size_t> marked() const; // indices of the file's conversations
    qint64 markedTurns() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;

signals:
    void marksChanged();

private:
    QVariant valueAt(std::size_t row, int column) const;

    std::shared_ptr<const ChatExport> m_chats;
    std::vector<bool> m_known, m_marked;
};

} // namespace volary::ui
