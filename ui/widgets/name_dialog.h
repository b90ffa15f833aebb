// Asks for the name of a snapshot.
#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace volary::ui {

// Does not wait; `named` gets the name without blanks around it, empty to take it away.
void askForSnapshotName(QWidget *parent, const QString &current,
                        std::function<void(const QString &name)> named);

} // namespace volary::ui
