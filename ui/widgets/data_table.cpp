#include "ui/widgets/data_table.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>

namespace volary::ui {

QTableView *makeDataTable(QAbstractItemModel *model, const QString &accessibleName, int stretchedColumn)
{
    auto *table = new QTableView;
    table->setModel(model);
    table->setAccessibleName(accessibleName);
    table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder); // at first unsorted
    table->setSortingEnabled(true);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(stretchedColumn, QHeaderView::Stretch);
    table->horizontalHeader()->setResizeContentsPrecision(200);
    return table;
}

QSortFilterProxyModel *sortedByValue(QAbstractItemModel *source, QObject *parent)
{
    auto *proxy = new QSortFilterProxyModel(parent);
    proxy->setSourceModel(source);
    proxy->setSortRole(Qt::EditRole);
    proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    proxy->setFilterKeyColumn(-1);
    return proxy;
}

} // namespace volary::ui
