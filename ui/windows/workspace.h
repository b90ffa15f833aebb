// A workspace: one entry of the rail, with its list, its content and its docks.
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

class QAction;
class QDockWidget;

namespace volary::ui {

// The main window shows one workspace at a time, with its docks, and puts its actions into menus, palette and
// shortcuts. Each action has a stable objectName ("chat.send"), which those three and the tests go by.
class Workspace : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual QString id() const = 0;       // "chat"
    virtual QString title() const = 0;    // "Chat", translated
    virtual QString iconName() const = 0; // see ThemeManager::icon

    // In menu order; a null pointer is a separator. Owned by the workspace.
    virtual QList<QAction *> commands() { return {}; }
    // Owned by the main window once it has added them; each has an objectName, so that the layout can be
    // saved.
    virtual QList<QDockWidget *> docks() { return {}; }
    // Where the keyboard goes when the workspace is shown.
    virtual QWidget *focusTarget() { return this; }

    // What session restore keeps: open conversation, composer text, scroll position. JSON, written debounced.
    virtual QByteArray saveSession() const { return {}; }
    virtual void restoreSession(const QByteArray &) {}

signals:
    void statusMessage(const QString &text); // shown in the status bar for some seconds
    void sessionChanged();                   // saveSession() would answer differently now
};

} // namespace volary::ui
