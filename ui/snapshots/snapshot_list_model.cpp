#include "ui/snapshots/snapshot_list_model.h"

#include "core/base/text.h"
#include "ui/widgets/ago.h"
#include "ui/widgets/two_line_delegate.h"

#include <QLocale>

#include <algorithm>

namespace volary::ui {

void SnapshotListModel::setSnapshots(std::vector<SnapshotSummary> snapshots)
{
    beginResetModel();
    m_snapshots = std::move(snapshots);
    endResetModel();
}

void SnapshotListModel::change(const SnapshotSummary &snapshot)
{
    if (const QModelIndex row = indexOf(snapshot.id); row.isValid()) {
        m_snapshots[std::size_t(row.row())] = snapshot;
        emit dataChanged(row, row);
        return;
    }
    beginInsertRows({}, rowCount(), rowCount());
    m_snapshots.push_back(snapshot);
    endInsertRows();
}

void SnapshotListModel::remove(SnapshotId id)
{
    const QModelIndex row = indexOf(id);
    if (!row.isValid())
        return;
    beginRemoveRows({}, row.row(), row.row());
    m_snapshots.erase(m_snapshots.begin() + row.row());
    endRemoveRows();
}

void SnapshotListModel::setPicture(SnapshotId id, const QImage &picture)
{
    m_pictures.insert(id, picture);
    if (const QModelIndex row = indexOf(id); row.isValid())
        emit dataChanged(row, row, {TwoLineDelegate::PictureRole});
}

const SnapshotSummary *SnapshotListModel::find(SnapshotId id) const
{
    const auto found = std::ranges::find(m_snapshots, id, &SnapshotSummary::id);
    return found == m_snapshots.end() ? nullptr : &*found;
}

QModelIndex SnapshotListModel::indexOf(SnapshotId id) const
{
    const SnapshotSummary *found = find(id);
    return found ? index(int(found - m_snapshots.data())) : QModelIndex();
}

QString SnapshotListModel::titleOf(const SnapshotSummary &snapshot, int most)
{
    const std::string &unnamed = snapshot.turn == 0 ? snapshot.title : snapshot.excerpt;
    const QString words = QString::fromStdString(snapshot.name.empty() ? unnamed : snapshot.name);
    if (words.isEmpty())
        return tr("Snapshot %1").arg(snapshot.id);
    return words.size() <= most ? words : words.left(most - 1).trimmed() + u'…';
}

int SnapshotListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_snapshots.size());
}

QVariant SnapshotListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const SnapshotSummary &snapshot = at(index.row());
    const QString tokens = tr("%1 tokens").arg(QLocale().toString(qint64(snapshot.tokens)));
    const QString model = QString::fromStdString(snapshot.model.name);
    switch (role) {
    case Qt::DisplayRole: return titleOf(snapshot);
    case Qt::ToolTipRole:
        return snapshot.title.empty() ? titleOf(snapshot)
                                      : tr("In “%1”").arg(QString::fromStdString(snapshot.title));
    case Qt::AccessibleTextRole:
        return tr("%1, %2, %3, %4%5")
            .arg(titleOf(snapshot), tokens, model, ago(snapshot.createdMs),
                 snapshot.pinned ? tr(", pinned") : QString());
    case TwoLineDelegate::CaptionRole:
        return snapshot.damaged ? tr("Damaged")
               : snapshot.form == StateForm::Exact
                   ? tr("%1 · %2").arg(tokens, model)
                   : tr("%1 · %2 · %3")
                         .arg(tokens, snapshot.form == StateForm::Half ? tr("fp16") : tr("int8"), model);
    case TwoLineDelegate::TrailingRole:
        return snapshot.pinned ? tr("pinned · %1").arg(ago(snapshot.createdMs)) : ago(snapshot.createdMs);
    case TwoLineDelegate::PictureRole:
        if (!m_pictures.contains(snapshot.id) && !m_wanted.contains(snapshot.id) && !snapshot.damaged) {
            m_wanted.insert(snapshot.id);
            emit pictureWanted(snapshot.id);
        }
        return m_pictures.value(snapshot.id);
    case SnapshotRole: return qlonglong(snapshot.id);
    default: return {};
    }
}

} // namespace volary::ui
