// Walks what a screen reader sees.
#pragma once

#include <QAccessible>
#include <QStringList>
#include <QWidget>

namespace volary::ui {

// Every focusable part below `root` without a name, as "class objectName".
inline QStringList unnamedParts(QWidget *root)
{
    QStringList unnamed;
    for (QWidget *widget : root->findChildren<QWidget *>()) {
        if (widget->focusPolicy() == Qt::NoFocus || widget->focusProxy() || !widget->isVisibleTo(root))
            continue;
        // Parts that Qt makes itself and speaks for: the field in a spin box, viewports, the arrows of tab
        // bars.
        const QWidget *parent = widget->parentWidget();
        if (widget->objectName().startsWith(QLatin1String("qt_")) || parent->inherits("QAbstractSpinBox") ||
            parent->inherits("QComboBox") || parent->inherits("QTabBar") || parent->inherits("QDockWidget"))
            continue;
        if (widget->inherits("QTabBar") && parent->inherits("QMainWindow"))
            continue; // of docks: it speaks for the tab on show, and one without tabs stays behind
        const QAccessibleInterface *seen = QAccessible::queryAccessibleInterface(widget);
        if (!seen || seen->text(QAccessible::Name).trimmed().isEmpty())
            unnamed << QStringLiteral("%1 %2").arg(QString::fromLatin1(widget->metaObject()->className()),
                                                   widget->objectName());
    }
    return unnamed;
}

} // namespace volary::ui
