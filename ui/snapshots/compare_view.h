// Two snapshots side by side: where the second differs from the first.
#pragma once

#include "core/engine/messages.h"
#include "ui/snapshots/diff_table.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace volary::ui {

class HeatGrid;

// A picture of layers and heads, and the same as a table; a cell that is chosen in one is chosen in the
// other.
class CompareView : public QWidget {
    Q_OBJECT

public:
    explicit CompareView(const ThemeManager &themes, QWidget *parent = nullptr);

    // While the engine computes.
    void setPair(const SnapshotSummary &first, const SnapshotSummary &second);
    void setDiff(std::shared_ptr<const StateDiff> diff);

private:
    void fillGrid(const StateDiff &diff);

    DiffTable m_table;
    QSortFilterProxyModel *m_sorted;
    QLabel *m_title;
    QLabel *m_sentence;
    HeatGrid *m_grid;
    QTableView *m_view;
    std::shared_ptr<const StateDiff> m_diff;
};

} // namespace volary::ui
