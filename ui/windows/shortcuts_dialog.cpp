#include "ui/windows/shortcuts_dialog.h"

#include "ui/widgets/two_line_delegate.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QListView>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

QString keysOf(const QAction &action)
{
    QStringList keys;
    for (const QKeySequence &sequence : action.shortcuts())
        keys << sequence.toString(QKeySequence::NativeText);
    return keys.join(QStringLiteral(", "));
}

} // namespace

ShortcutsDialog::ShortcutsDialog(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("shortcuts"));
    setWindowTitle(tr("Keyboard shortcuts"));
    resize(460, 520);
    auto *rows = new QStandardItemModel(this);
    for (const QAction *action : actions) {
        if (action->shortcuts().isEmpty())
            continue;
        auto *row = new QStandardItem(action->text().remove(u'&').remove(QChar(0x2026)));
        row->setData(keysOf(*action), TwoLineDelegate::TrailingRole);
        row->setEditable(false);
        rows->appendRow(row);
    }
    auto *filtered = new QSortFilterProxyModel(this);
    filtered->setSourceModel(rows);
    filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);

    auto *filter = new QLineEdit;
    filter->setPlaceholderText(tr("Filter"));
    filter->setAccessibleName(tr("Filter the shortcuts"));
    connect(filter, &QLineEdit::textChanged, filtered, &QSortFilterProxyModel::setFilterFixedString);
    auto *list = new QListView;
    list->setModel(filtered);
    list->setItemDelegate(new TwoLineDelegate(themes, list));
    list->setAccessibleName(tr("Actions and their shortcuts"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 20, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(filter);
    layout->addWidget(list, 1);
    layout->addWidget(buttons);
}

} // namespace volary::ui
