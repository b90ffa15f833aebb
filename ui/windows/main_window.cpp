#include "ui/windows/main_window.h"

#include "ui/widgets/error_card.h"
#include "ui/windows/about_dialog.h"
#include "ui/windows/backup_dialog.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/help_page.h"
#include "ui/windows/import_dialog.h"
#include "ui/windows/rail.h"
#include "ui/windows/settings_dialog.h"
#include "ui/windows/shortcuts_dialog.h"
#include "ui/windows/status_panel.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDate>
#include <QDockWidget>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr QSize kMinimumSize(960, 600);
constexpr QSize kFirstSize(1280, 800);
constexpr int kMessageMs = 6000;
constexpr double kTextStep = 1.1;
constexpr int kLayoutVersion = 1; // of saveState(): raised when docks change their meaning

QAction *separator()
{
    return nullptr;
}

} // namespace

MainWindow::MainWindow(EngineBridge &bridge, ThemeManager &themes, Preferences &preferences,
                       const QString &sessionFile, QWidget *parent)
    : QMainWindow(parent), m_bridge(bridge), m_themes(themes), m_preferences(preferences),
      m_rail(new Rail(themes)), m_pages(new QStackedWidget), m_status(new StatusPanel(bridge, themes)),
      m_error(new ErrorCard(themes)), m_palette(new CommandPalette(themes, this)),
      m_themeChoices(new QActionGroup(this)), m_session(new SessionFile(
                                                  sessionFile, [this] { return sessionValues(); }, this))
{
    setWindowTitle(QStringLiteral("Volary"));
    setMinimumSize(kMinimumSize);
    resize(kFirstSize.boundedTo(screen()->availableSize()));
    setAcceptDrops(true);
    m_keepsPlace.setSingleShot(true);
    m_keepsPlace.setInterval(kMessageMs);
    setDockOptions(AnimatedDocks | AllowTabbedDocks | AllowNestedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);

    m_error->setObjectName(QStringLiteral("window.error"));
    m_error->hide();
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    auto *column = new QVBoxLayout;
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_error);
    column->addWidget(m_pages, 1);
    auto *centre = new QWidget;
    auto *row = new QHBoxLayout(centre);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_rail);
    row->addLayout(column, 1);
    setCentralWidget(centre);
    statusBar()->addPermanentWidget(m_status);
    statusBar()->setSizeGripEnabled(false);

    connect(m_rail, &Rail::chosen, this, &MainWindow::showWorkspaceAt);
    connect(m_palette, &CommandPalette::conversationChosen, this, &MainWindow::conversationChosen);
    connect(&m_preferences, &Preferences::changed, this, &MainWindow::applyPreferences);
    connect(&m_preferences, &Preferences::savingFailed, this, &MainWindow::announce);
    makeActions();
    listenToEngine();
    applyPreferences(m_preferences.values());
}

MainWindow::~MainWindow() = default;

// Actions and menus.

QAction *MainWindow::makeAction(const char *name, const QString &text, const char *icon,
                                const QList<QKeySequence> &keys)
{
    auto *action = new QAction(m_themes.icon(QString::fromLatin1(icon), IconTone::Muted), text, this);
    action->setObjectName(QString::fromLatin1(name));
    action->setShortcuts(keys);
    action->setIconVisibleInMenu(false);
    addAction(action);
    m_actions.append(action);
    return action;
}

void MainWindow::makeActions()
{
    const auto make = [this](const char *name, const QString &text, const char *icon,
                             const QList<QKeySequence> &keys, auto &&run) {
        connect(makeAction(name, text, icon, keys), &QAction::triggered, this, run);
    };
    make("window.settings", tr("&Settings…"), "settings", {tr("Ctrl+,")}, [this] { openSettings(); });
    make("window.backup", tr("&Back up the library…"), "library", {}, [this] { backUpLibrary(); });
    make("window.import", tr("&Import chats…"), "download", {}, [this] { chooseImport(); });
    make("window.quit", tr("&Quit"), "close", {tr("Ctrl+Q")}, [this] { close(); });
    m_actions.append(separator());
    make("window.palette", tr("Command &palette…"), "search", {tr("Ctrl+K"), tr("Ctrl+Shift+P")},
         [this] { openPalette({}); });
    makeThemeActions();
    make("view.larger", tr("&Larger text"), "plus", {QKeySequence(QKeySequence::ZoomIn), tr("Ctrl+=")},
         [this] { changeTextSize(kTextStep); });
    make("view.smaller", tr("S&maller text"), "minus", {QKeySequence(QKeySequence::ZoomOut)},
         [this] { changeTextSize(1 / kTextStep); });
    make("view.ordinary", tr("&Ordinary text size"), "undo", {tr("Ctrl+0")}, [this] { changeTextSize(0); });
    make("view.docks", tr("Show or hide &docks"), "float", {tr("F9")}, [this] { toggleDocks(); });
    make("view.nextPane", tr("&Next pane"), "chevron-right", {tr("F6")}, [this] { cyclePanes(1); });
    make("view.previousPane", tr("P&revious pane"), "chevron-left", {tr("Shift+F6")},
         [this] { cyclePanes(-1); });
    make("view.fullScreen", tr("&Full screen"), "export", {tr("F11")},
         [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    m_actions.append(separator());
    make("help.howItWorks", tr("&How it works"), "help", {tr("F1")},
         [this] { HelpPage(m_themes, this).exec(); });
    make("help.shortcuts", tr("&Keyboard shortcuts"), "keyboard", {tr("Ctrl+?")},
         [this] { ShortcutsDialog(m_themes, allActions(), this).exec(); });
    make("help.about", tr("&About Volary"), "info", {}, [this] { AboutDialog(m_themes, this).exec(); });
}

void MainWindow::makeThemeActions()
{
    const auto make = [this](const char *name, const QString &text, const char *icon, ThemeChoice choice) {
        QAction *action = makeAction(name, text, icon, {});
        action->setCheckable(true);
        action->setData(int(choice));
        m_themeChoices->addAction(action);
        connect(action, &QAction::triggered, this, [this, choice] { setThemeChoice(choice); });
    };
    make("view.themeSystem", tr("Follow the &system's appearance"), "system", ThemeChoice::System);
    make("view.themeLight", tr("L&ight appearance"), "sun", ThemeChoice::Light);
    make("view.themeDark", tr("D&ark appearance"), "moon", ThemeChoice::Dark);
}

void MainWindow::makeMenus()
{
    QList<QMenu *> own{menuBar()->addMenu(tr("&File"))};
    for (Workspace *workspace : m_workspaces) {
        QMenu *menu = menuBar()->addMenu(workspace->title());
        for (QAction *action : workspace->commands()) {
            if (action)
                menu->addAction(action);
            else
                menu->addSeparator();
        }
    }
    own << menuBar()->addMenu(tr("&View")) << menuBar()->addMenu(tr("&Help"));

    QMenu *view = own[1];
    for (int i = 0; i < m_workspaces.size(); ++i) {
        auto *go = new QAction(tr("Go to %1").arg(m_workspaces[i]->title()), this);
        go->setObjectName(QStringLiteral("view.") + m_workspaces[i]->id());
        go->setShortcut(QKeySequence(tr("Alt+%1").arg(i + 1)));
        go->setIcon(m_themes.icon(m_workspaces[i]->iconName(), IconTone::Muted));
        go->setIconVisibleInMenu(false);
        connect(go, &QAction::triggered, this, [this, i] { showWorkspaceAt(i); });
        view->addAction(go);
        m_actions.append(go);
    }
    view->addSeparator();
    int menu = 0;
    for (QAction *action : m_actions) {
        if (!action)
            ++menu;
        else if (menu < own.size() && !view->actions().contains(action))
            own[menu]->addAction(action);
    }
    view->insertSeparator(findChild<QAction *>(QStringLiteral("view.themeSystem")));
    view->insertSeparator(findChild<QAction *>(QStringLiteral("view.larger")));
    view->insertSeparator(findChild<QAction *>(QStringLiteral("view.docks")));
    for (const auto &docks : std::as_const(m_docks))
        for (QDockWidget *dock : docks)
            view->addAction(dock->toggleViewAction());
}

QList<QAction *> MainWindow::allActions() const
{
    QList<QAction *> all;
    for (Workspace *workspace : m_workspaces)
        all += workspace->commands();
    all += m_actions;
    for (const auto &docks : m_docks)
        for (const QDockWidget *dock : docks)
            all.append(dock->toggleViewAction());
    all.removeAll(nullptr);
    return all;
}

void MainWindow::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::libraryOpened, this, [this](const event::LibraryOpened &opened) {
        m_library = QString::fromStdString(opened.info.path.string());
        if (!opened.info.notice.empty())
            announceFirst(QString::fromStdString(opened.info.notice));
    });
    connect(&m_bridge, &EngineBridge::conversationList, this,
            [this](RequestId, const event::ConversationList &list) {
                if (!list.trash)
                    m_palette->setConversations(list.conversations);
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId, const event::CommandFailed &failed) {
                if (failed.error.code != ErrorCode::Cancelled) // who cancels knows
                    showError(QString::fromStdString(failed.task), failed.error,
                              tr("What is stored is unchanged."));
            });
}

// Preferences.

void MainWindow::applyPreferences(const PreferenceValues &values)
{
    m_themes.setChoice(values.theme);
    m_themes.setTextScale(values.textScale);
    for (QAction *action : m_themeChoices->actions())
        action->setChecked(action->data().toInt() == int(values.theme));
}

void MainWindow::setThemeChoice(ThemeChoice choice)
{
    PreferenceValues values = m_preferences.values();
    values.theme = choice;
    m_preferences.set(values);
}

void MainWindow::changeTextSize(double factor)
{
    PreferenceValues values = m_preferences.values();
    values.textScale = factor == 0 ? 1.0 : std::clamp(values.textScale * factor, 0.7, 2.0);
    m_preferences.set(values);
    announce(tr("Text size %1%2").arg(qRound(values.textScale * 100)).arg(locale().percent()));
}

// Workspaces and docks.

void MainWindow::addWorkspace(Workspace *workspace)
{
    const int number = int(m_workspaces.size());
    m_workspaces.append(workspace);
    m_pages->addWidget(workspace);
    m_rail->add(workspace->iconName(), workspace->title(), QStringLiteral("rail.") + workspace->id(),
                tr("Alt+%1").arg(number + 1));
    for (QAction *action : workspace->commands()) {
        if (!action)
            continue;
        addAction(action);
        // An action that is chosen from elsewhere is carried out where it can be seen.
        connect(action, &QAction::triggered, this, [this, number, action] {
            if (m_current != number && !action->property("background").toBool())
                showWorkspaceAt(number);
        });
    }
    connect(workspace, &Workspace::statusMessage, this, &MainWindow::announce);
    connect(workspace, &Workspace::sessionChanged, m_session, &SessionFile::touch);
    addDocks(*workspace);
}

void MainWindow::addDocks(Workspace &workspace)
{
    QDockWidget *previous = nullptr;
    for (QDockWidget *dock : workspace.docks()) {
        addDockWidget(Qt::RightDockWidgetArea, dock);
        if (previous)
            tabifyDockWidget(previous, dock);
        dock->hide();
        connect(dock, &QDockWidget::dockLocationChanged, m_session, &SessionFile::touch);
        connect(dock, &QDockWidget::visibilityChanged, m_session, &SessionFile::touch);
        m_docks[workspace.id()].append(dock);
        previous = dock;
    }
}

int MainWindow::indexOf(const QString &id) const
{
    for (int i = 0; i < m_workspaces.size(); ++i)
        if (m_workspaces[i]->id() == id)
            return i;
    return -1;
}

void MainWindow::showWorkspace(const QString &id)
{
    showWorkspaceAt(indexOf(id));
}

Workspace *MainWindow::currentWorkspace() const
{
    return m_current < 0 ? nullptr : m_workspaces[m_current];
}

void MainWindow::showWorkspaceAt(int index)
{
    if (index < 0 || index >= m_workspaces.size())
        return;
    if (index != m_current) {
        if (m_current >= 0)
            m_layouts[m_workspaces[m_current]->id()] = saveState(kLayoutVersion);
        m_current = index;
        m_docksHiddenByToggle.clear();
        m_pages->setCurrentIndex(index);
        m_rail->setCurrent(index);
        restoreLayoutOf(*m_workspaces[index]);
        m_session->touch();
    }
    m_workspaces[index]->focusTarget()->setFocus();
}

void MainWindow::restoreLayoutOf(const Workspace &workspace)
{
    const QList<QDockWidget *> own = m_docks.value(workspace.id());
    if (restoreState(m_layouts.value(workspace.id()), kLayoutVersion)) {
        for (auto docks = m_docks.begin(); docks != m_docks.end(); ++docks)
            if (docks.key() != workspace.id())
                for (QDockWidget *dock : docks.value())
                    dock->hide();
        return;
    }
    for (const auto &docks : std::as_const(m_docks))
        for (QDockWidget *dock : docks)
            dock->setVisible(own.contains(dock));
    if (!own.isEmpty())
        own.first()->raise();
}

void MainWindow::toggleDocks()
{
    if (m_current < 0)
        return;
    const QList<QDockWidget *> own = m_docks.value(m_workspaces[m_current]->id());
    QList<QDockWidget *> shown;
    for (QDockWidget *dock : own)
        if (!dock->isHidden())
            shown.append(dock);
    const QList<QDockWidget *> toShow = m_docksHiddenByToggle.isEmpty() ? own : m_docksHiddenByToggle;
    m_docksHiddenByToggle = shown;
    for (QDockWidget *dock : shown.isEmpty() ? toShow : shown)
        dock->setVisible(shown.isEmpty());
}

// Rail, then the parts of the page that call themselves a pane, then the docks.
QList<QWidget *> MainWindow::panes() const
{
    QList<QWidget *> panes;
    for (QToolButton *button : m_rail->findChildren<QToolButton *>())
        if (button->isChecked())
            panes.append(button);
    if (m_current >= 0) {
        Workspace *workspace = m_workspaces[m_current];
        const qsizetype before = panes.size();
        for (QWidget *child : workspace->findChildren<QWidget *>())
            if (child->property("pane").toBool() && child->isVisible())
                panes.append(child);
        if (panes.size() == before)
            panes.append(workspace->focusTarget());
        for (QDockWidget *dock : m_docks.value(workspace->id()))
            if (dock->isVisible() && dock->widget())
                panes.append(dock->widget());
    }
    panes.append(m_status->findChild<QWidget *>(QStringLiteral("status.model")));
    return panes;
}

void MainWindow::cyclePanes(int step)
{
    const QList<QWidget *> all = panes();
    const QWidget *focus = QApplication::focusWidget();
    int current = -1;
    for (int i = 0; i < all.size(); ++i)
        if (focus && (all[i] == focus || all[i]->isAncestorOf(focus)))
            current = i;
    const int count = int(all.size());
    QWidget *next = all[current < 0 ? 0 : (current + step + count) % count];
    if (next->focusPolicy() == Qt::NoFocus)
        for (QWidget *child : next->findChildren<QWidget *>())
            if (child->isVisible() && child->isEnabled() && (child->focusPolicy() & Qt::TabFocus)) {
                next = child;
                break;
            }
    next->setFocus(Qt::ShortcutFocusReason);
}

// Palette, dialogs, messages.

void MainWindow::openPalette(const QString &typed)
{
    m_palette->setActions(allActions());
    m_bridge.post(command::ListConversations{});
    m_palette->popUp(typed);
}

void MainWindow::openSettings()
{
    SettingsDialog(m_preferences, m_library, this).exec();
}

void MainWindow::backUpLibrary()
{
    const QString name = tr("library-%1.volary-backup").arg(QDate::currentDate().toString(Qt::ISODate));
    const QString path = QFileDialog::getSaveFileName(this, tr("Back up the library"), name,
                                                      tr("Backups (*.volary-backup);;All files (*)"));
    if (path.isEmpty())
        return;
    auto *dialog = new BackupDialog(m_bridge, m_themes, path.toStdString(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::chooseImport()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Import chats"), {},
                                                      tr("Exported chats (*.json *.md);;All files (*)"));
    if (!path.isEmpty())
        importChats(path);
}

void MainWindow::importChats(const QString &path)
{
    auto *dialog = new ImportDialog(m_bridge, m_themes, path.toStdString(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::announce(const QString &text)
{
    if (!m_keepsPlace.isActive())
        statusBar()->showMessage(text, kMessageMs);
}

void MainWindow::announceFirst(const QString &text)
{
    m_keepsPlace.start();
    statusBar()->showMessage(text, kMessageMs);
}

ErrorCard &MainWindow::showError(const QString &title, const Error &error, const QString &kept)
{
    m_error->show(title, error, kept);
    return *m_error;
}

void MainWindow::raiseToFront()
{
    setWindowState(windowState() & ~Qt::WindowMinimized);
    show();
    raise();
    activateWindow();
}

// Session.

void MainWindow::restore()
{
    makeMenus();
    const SessionValues values = m_session->load();
    restoreGeometry(values.geometry);
    m_layouts = values.layouts;
    for (Workspace *workspace : m_workspaces)
        if (values.workspaces.contains(workspace->id()))
            workspace->restoreSession(values.workspaces.value(workspace->id()));
    showWorkspaceAt(std::max(0, indexOf(values.workspace)));
    m_restored = true;
    m_session->flush(); // from now on a crash can be told from an ordinary end
    if (values.running)
        announceFirst(tr("Volary was not closed the last time. Everything is back where it was."));
}

SessionValues MainWindow::sessionValues() const
{
    SessionValues values;
    values.geometry = saveGeometry();
    values.layouts = m_layouts;
    if (m_current >= 0) {
        values.workspace = m_workspaces[m_current]->id();
        values.layouts[values.workspace] = saveState(kLayoutVersion);
    }
    for (const Workspace *workspace : m_workspaces)
        if (const QByteArray session = workspace->saveSession(); !session.isEmpty())
            values.workspaces[workspace->id()] = session;
    return values;
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    // Nothing to ask: whatever runs keeps what it has and can be continued.
    m_session->close();
    event->accept();
    QApplication::quit();
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    if (m_restored)
        m_session->touch();
}

void MainWindow::moveEvent(QMoveEvent *event)
{
    QMainWindow::moveEvent(event);
    if (m_restored)
        m_session->touch();
}

// Drag and drop.

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            return event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    QStringList paths;
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            paths << url.toLocalFile();
    if (paths.isEmpty())
        return;
    event->acceptProposedAction();
    emit filesDropped(paths);
}

} // namespace volary::ui
