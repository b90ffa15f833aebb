#include "ui/snapshots/snapshot_filter.h"

#include <algorithm>

namespace volary::ui {

SnapshotFilter::SnapshotFilter(SnapshotListModel &source, QObject *parent)
    : QSortFilterProxyModel(parent), m_source(source)
{
    setSourceModel(&source);
    setDynamicSortFilter(true);
    sort(0);
}

void SnapshotFilter::setView(View view)
{
    m_view = view;
    invalidateFilter();
}

void SnapshotFilter::setWords(const QString &words)
{
    m_words = words.simplified().split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

void SnapshotFilter::setModelFingerprint(const QString &wanted)
{
    m_fingerprint = wanted;
    invalidateFilter();
}

bool SnapshotFilter::filterAcceptsRow(int row, const QModelIndex &) const
{
    const SnapshotSummary &snapshot = m_source.at(row);
    const bool kept =
        snapshot.pinned || !snapshot.name.empty() || (snapshot.turn == 0 && !snapshot.ofDocument);
    if (snapshot.inTrash != (m_view == View::Trash) || (m_view == View::Kept && !kept))
        return false;
    if (m_view == View::Trash && !snapshot.deletedMs)
        return false; // it went with its conversation, and comes back with it
    if (!m_fingerprint.isEmpty() && m_fingerprint.toStdString() != snapshot.model.fingerprint)
        return false;
    const QString text = QString::fromStdString(snapshot.name + '\n' + snapshot.title + '\n' +
                                                snapshot.excerpt + '\n' + snapshot.model.name);
    return std::ranges::all_of(m_words,
                               [&](const QString &word) { return text.contains(word, Qt::CaseInsensitive); });
}

bool SnapshotFilter::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const SnapshotSummary &a = m_source.at(left.row()), &b = m_source.at(right.row());
    return a.pinned != b.pinned ? a.pinned : a.id > b.id;
}

} // namespace volary::ui
