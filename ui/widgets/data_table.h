// Tables of numbers as every page shows them.
#pragma once

#include <QString>

class QAbstractItemModel;
class QObject;
class QSortFilterProxyModel;
class QTableView;

namespace volary::ui {

// Whole rows are selected; a click on a header sorts. `stretchedColumn` takes the room that is left.
QTableView *makeDataTable(QAbstractItemModel *model, const QString &accessibleName, int stretchedColumn);

// Sorts by the bare values (Qt::EditRole), finds by the shown ones; unsorted it keeps the source's order.
QSortFilterProxyModel *sortedByValue(QAbstractItemModel *source, QObject *parent);

} // namespace volary::ui
