// The snapshots of the library as a list.
#pragma once

#include "core/engine/messages.h"

#include <QAbstractListModel>
#include <QHash>
#include <QImage>
#include <QSet>

#include <vector>

namespace volary::ui {

class SnapshotListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { SnapshotRole = Qt::UserRole + 1 };

    using QAbstractListModel::QAbstractListModel;

    void setSnapshots(std::vector<SnapshotSummary> snapshots);
    void change(const SnapshotSummary &snapshot); // or add it
    void remove(SnapshotId id);
    void setPicture(SnapshotId id, const QImage &picture);

    const SnapshotSummary &at(int row) const { return m_snapshots[std::size_t(row)]; }
    const SnapshotSummary *find(SnapshotId id) const; // null: none
    QModelIndex indexOf(SnapshotId id) const;
    QImage picture(SnapshotId id) const { return m_pictures.value(id); }

    // "My start", else the first words of its turn; at most so many characters.
    static QString titleOf(const SnapshotSummary &snapshot, int most = 80);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

signals:
    // A row came into view whose picture is not there yet; once for each.
    void pictureWanted(volary::SnapshotId id) const;

private:
    std::vector<SnapshotSummary> m_snapshots;
    QHash<SnapshotId, QImage> m_pictures;
    mutable QSet<SnapshotId> m_wanted;
};

} // namespace volary::ui
