// The window: rail, workspaces, docks, menus, palette, status bar.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"
#include "ui/windows/preferences.h"
#include "ui/windows/session_file.h"
#include "ui/windows/workspace.h"

#include <QMainWindow>
#include <QTimer>

class QActionGroup;
class QMenu;
class QStackedWidget;

namespace volary::ui {

class CommandPalette;
class ErrorCard;
class Rail;
class StatusPanel;

// Knows workspaces only by their interface; app/ adds them and connects what goes between them.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    // `sessionFile` may be empty: then nothing is restored and nothing is kept.
    MainWindow(EngineBridge &bridge, ThemeManager &themes, Preferences &preferences,
               const QString &sessionFile, QWidget *parent = nullptr);
    ~MainWindow() override;

    // In the order of the rail. The window owns it from now on.
    void addWorkspace(Workspace *workspace);
    // After the last workspace: builds the menus, and puts back what the last run left.
    void restore();

    void showWorkspace(const QString &id);
    Workspace *currentWorkspace() const;
    StatusPanel &status() { return *m_status; }
    CommandPalette &palette() { return *m_palette; }
    // Every action of the window and its workspaces; what palette and shortcut list show.
    QList<QAction *> allActions() const;

    void raiseToFront();
    // A sentence in the status bar for some seconds, unless something more important stands there.
    void announce(const QString &text);
    // The same for what must not be missed: it keeps its place against ordinary ones.
    void announceFirst(const QString &text);
    // An error that concerns the whole window, in a card above the workspaces; the caller may add buttons.
    ErrorCard &showError(const QString &title, const Error &error, const QString &kept = {});

    // Shows what there is to import in a file of exported chats.
    void importChats(const QString &path);

signals:
    void filesDropped(const QStringList &paths);
    void conversationChosen(volary::ConversationId conversation); // in the palette

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void moveEvent(QMoveEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QAction *makeAction(const char *name, const QString &text, const char *icon,
                        const QList<QKeySequence> &keys);
    void makeActions();
    void makeThemeActions();
    void makeMenus();
    void addDocks(Workspace &workspace);
    void listenToEngine();
    void applyPreferences(const PreferenceValues &values);
    void setThemeChoice(ThemeChoice choice);
    void changeTextSize(double factor);

    int indexOf(const QString &id) const;
    void showWorkspaceAt(int index);
    void restoreLayoutOf(const Workspace &workspace);
    void toggleDocks();
    void cyclePanes(int step);
    QList<QWidget *> panes() const;

    void openPalette(const QString &typed);
    void openSettings();
    void backUpLibrary();
    void chooseImport();
    SessionValues sessionValues() const;

    EngineBridge &m_bridge;
    ThemeManager &m_themes;
    Preferences &m_preferences;
    QString m_library;

    QList<Workspace *> m_workspaces;
    QMap<QString, QList<QDockWidget *>> m_docks; // by workspace id
    QMap<QString, QByteArray> m_layouts;         // docks as they were when the workspace was left
    QList<QDockWidget *> m_docksHiddenByToggle;
    int m_current = -1;

    Rail *m_rail;
    QStackedWidget *m_pages;
    StatusPanel *m_status;
    ErrorCard *m_error;
    CommandPalette *m_palette;
    QList<QAction *> m_actions; // of the window itself, in menu order, for each menu up to its null pointer
    QActionGroup *m_themeChoices;
    SessionFile *m_session;
    QTimer m_keepsPlace; // runs while an important sentence stands in the status bar
    bool m_restored = false;
};

} // namespace volary::ui
