#include "ui/widgets/name_dialog.h"

#include <QCoreApplication>
#include <QInputDialog>

namespace volary::ui {

void askForSnapshotName(QWidget *parent, const QString &current,
                        std::function<void(const QString &name)> named)
{
    const auto tr = [](const char *text) {
        return QCoreApplication::translate("volary::ui::askForSnapshotName", text);
    };
    auto *dialog = new QInputDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Name the snapshot"));
    dialog->setLabelText(tr("A snapshot with a name is kept, whatever becomes of its conversation."));
    dialog->setTextValue(current);
    QObject::connect(dialog, &QInputDialog::textValueSelected, parent,
                     [named = std::move(named)](const QString &name) { named(name.simplified()); });
    dialog->open();
}

} // namespace volary::ui
