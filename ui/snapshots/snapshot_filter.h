// Which snapshots are on show, and in which order.
#pragma once

#include "ui/snapshots/snapshot_list_model.h"

#include <QSortFilterProxyModel>

namespace volary::ui {

// Pinned ones first, then the newest.
class SnapshotFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    enum class View {
        Kept,  // what the user named, pinned, saved or imported
        Every, // the state after every turn, too
        Trash
    };

    explicit SnapshotFilter(SnapshotListModel &source, QObject *parent = nullptr);

    void setView(View view);
    View view() const { return m_view; }
    void setWords(const QString &words);             // each must occur: in name, conversation, turn or model
    void setModelFingerprint(const QString &wanted); // empty: of any model

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    const SnapshotListModel &m_source;
    View m_view = View::Kept;
    QStringList m_words;
    QString m_fingerprint;
};

} // namespace volary::ui
