#include "ui/snapshots/compare_view.h"

#include "ui/snapshots/snapshot_list_model.h"
#include "ui/widgets/data_table.h"
#include "ui/widgets/heat_grid.h"

#include <QLabel>
#include <QLocale>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace volary::ui {

namespace {

constexpr int kTitleLength = 40;

QString percent(double share)
{
    return QLocale().toString(100 * share, 'f', 1);
}

QString sentenceFor(const StateDiff &diff)
{
    const QLocale locale;
    double changed = 0, norm = 0;
    for (const TensorDiff &tensor : diff.tensors) {
        changed += tensor.whole.distance * tensor.whole.distance;
        norm += std::pow(std::max(tensor.whole.normA, tensor.whole.normB), 2);
    }
    if (changed == 0)
        return CompareView::tr("The states are equal to the bit.");
    return CompareView::tr("The first %1 tokens are the same; after them the first has read %2 more and the "
                           "second %3. All in all the states differ by %4 % of their size.")
        .arg(locale.toString(qint64(diff.commonTokens)),
             locale.toString(qint64(diff.tokensA - diff.commonTokens)),
             locale.toString(qint64(diff.tokensB - diff.commonTokens)), percent(std::sqrt(changed / norm)));
}

} // namespace

CompareView::CompareView(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_sorted(sortedByValue(&m_table, this)), m_title(new QLabel), m_sentence(new QLabel),
      m_grid(new HeatGrid(themes)),
      m_view(makeDataTable(m_sorted, tr("Differences by tensor and head"), DiffTable::Tensor))
{
    m_title->setProperty("role", "title");
    m_title->setTextFormat(Qt::PlainText);
    m_title->setWordWrap(true);
    m_sentence->setProperty("role", "muted");
    m_sentence->setWordWrap(true);
    m_grid->setObjectName(QStringLiteral("snapshots.diffGrid"));
    m_grid->setAccessibleName(tr("Differences by layer and head"));
    m_view->setObjectName(QStringLiteral("snapshots.diffTable"));
    connect(m_grid, &HeatGrid::currentChanged, this, [this](int head, int layer) {
        if (const int row = m_table.rowOf(layer, head); row >= 0)
            m_view->setCurrentIndex(m_sorted->mapFromSource(m_table.index(row, 0)));
    });

    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space);
    layout->addWidget(m_title);
    layout->addWidget(m_sentence);
    layout->addSpacing(space);
    layout->addWidget(m_grid);
    layout->addSpacing(space);
    layout->addWidget(m_view, 1);
}

void CompareView::setPair(const SnapshotSummary &first, const SnapshotSummary &second)
{
    m_title->setText(tr("%1 → %2").arg(SnapshotListModel::titleOf(first, kTitleLength),
                                       SnapshotListModel::titleOf(second, kTitleLength)));
    m_sentence->setText(tr("Comparing …"));
    m_table.setDiff(nullptr);
    m_grid->hide();
}

void CompareView::setDiff(std::shared_ptr<const StateDiff> diff)
{
    m_diff = std::move(diff);
    m_sentence->setText(sentenceFor(*m_diff));
    m_table.setDiff(m_diff);
    fillGrid(*m_diff);
}

void CompareView::fillGrid(const StateDiff &diff)
{
    HeatGrid::Values values{.rowName = tr("heads"), .columnName = tr("layers")};
    for (const TensorDiff &tensor : diff.tensors) {
        if (!tensor.heads.empty()) {
            values.columns = std::max(values.columns, tensor.spec.layer + 1);
            values.rows = std::max(values.rows, int(tensor.heads.size()));
        }
    }
    m_grid->setVisible(values.rows > 0);
    if (values.rows == 0)
        return;
    values.cells.assign(std::size_t(values.rows) * std::size_t(values.columns),
                        std::numeric_limits<double>::quiet_NaN());
    double high = 0;
    for (const TensorDiff &tensor : diff.tensors) {
        for (std::size_t head = 0; head < tensor.heads.size() && tensor.spec.layer >= 0; ++head) {
            const double relative = tensor.heads[head].piece.relative();
            values.cells[head * std::size_t(values.columns) + std::size_t(tensor.spec.layer)] =
                100 * relative;
            high = std::max(high, 100 * relative);
        }
    }
    values.high = high > 0 ? high : 1;
    values.unit = tr("% changed");
    values.describe = [cells = values.cells, columns = values.columns](int row, int column) {
        const double share = cells[std::size_t(row * columns + column)];
        return std::isnan(share) ? tr("Layer %1 has no head %2").arg(column).arg(row)
                                 : tr("Layer %1, head %2: %3 % changed")
                                       .arg(column)
                                       .arg(row)
                                       .arg(QLocale().toString(share, 'f', 1));
    };
    m_grid->setValues(std::move(values));
}

} // namespace volary::ui
