#include "ui/snapshots/snapshots_workspace.h"

#include "ui/snapshots/compare_view.h"
#include "ui/snapshots/forms_dialog.h"
#include "ui/snapshots/snapshot_card.h"
#include "ui/snapshots/state_image.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/name_dialog.h"
#include "ui/widgets/two_line_delegate.h"
#include "ui/widgets/undo_bar.h"

#include <QAction>
#include <QButtonGroup>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kSidebarWidth = 300;

QString bundleFilter()
{
    return SnapshotsWorkspace::tr("Snapshots (*.volary);;All files (*)");
}

} // namespace

SnapshotsWorkspace::SnapshotsWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes)
{
    makeActions();
    auto *splitter = new QSplitter;
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeSidebar());
    splitter->addWidget(makeContent());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({kSidebarWidth, 3 * kSidebarWidth});
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    listenToEngine();
    showSelection();
}

void SnapshotsWorkspace::makeActions()
{
    const auto make = [this](const char *name, const QString &text, const char *icon,
                             void (SnapshotsWorkspace::*slot)(), const QKeySequence &keys = {}) {
        auto *action = new QAction(m_themes.icon(QString::fromLatin1(icon)), text, this);
        action->setObjectName(QString::fromLatin1(name));
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    m_start = make("snapshots.start", tr("&Start a chat from here"), "chat", &SnapshotsWorkspace::start);
    m_start->setIcon(m_themes.icon(QStringLiteral("chat"), IconTone::OnAccent));
    m_rename = make("snapshots.rename", tr("&Name…"), "edit", &SnapshotsWorkspace::rename);
    m_pin = new QAction(m_themes.icon(QStringLiteral("pin")), tr("&Pin"), this);
    m_pin->setObjectName(QStringLiteral("snapshots.pin"));
    m_pin->setCheckable(true);
    connect(m_pin, &QAction::triggered, this, [this](bool pinned) {
        if (const SnapshotSummary *snapshot = current())
            m_bridge.post(command::PinSnapshot{snapshot->id, pinned});
    });
    m_export = make("snapshots.export", tr("&Export…"), "export", &SnapshotsWorkspace::exportFile);
    m_import = make("snapshots.import", tr("&Import a .volary file…"), "download",
                    &SnapshotsWorkspace::chooseImport);
    m_shrink = make("snapshots.shrink", tr("Store s&maller…"), "memory", &SnapshotsWorkspace::chooseForm);
    m_delete = make("snapshots.delete", tr("&Move to the trash"), "trash", &SnapshotsWorkspace::dispose);
}

QList<QAction *> SnapshotsWorkspace::commands()
{
    return {m_start, m_rename, m_pin, nullptr, m_export, m_import, nullptr, m_shrink, m_delete};
}

QWidget *SnapshotsWorkspace::focusTarget()
{
    return m_list;
}

QWidget *SnapshotsWorkspace::makeSidebar()
{
    const int space = m_themes.theme().space;
    auto *sidebar = new QWidget;
    sidebar->setProperty("ground", "surface");
    sidebar->setAttribute(Qt::WA_StyledBackground);
    sidebar->setMinimumWidth(240);

    auto *heading = new QLabel(tr("Snapshots"));
    heading->setProperty("role", "heading");
    auto *add = new QToolButton;
    add->setDefaultAction(m_import);
    add->setIcon(m_themes.icon(QStringLiteral("plus")));
    add->setToolButtonStyle(Qt::ToolButtonIconOnly);
    add->setAccessibleName(tr("Import a snapshot"));
    auto *top = new QHBoxLayout;
    top->setContentsMargins(space, 0, 0, 0);
    top->addWidget(heading, 1);
    top->addWidget(add);

    m_search = new QLineEdit;
    m_search->setObjectName(QStringLiteral("snapshots.search"));
    m_search->setPlaceholderText(tr("Search by name, turn or model"));
    m_search->setAccessibleName(tr("Search the snapshots"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &words) {
        m_filter.setWords(words);
        showList();
    });

    m_views = new QButtonGroup(this);
    auto *views = new QHBoxLayout;
    views->setContentsMargins(0, 0, 0, 0);
    views->setSpacing(space / 2);
    const std::pair<SnapshotFilter::View, QString> names[] = {{SnapshotFilter::View::Kept, tr("Kept")},
                                                              {SnapshotFilter::View::Every, tr("Every turn")},
                                                              {SnapshotFilter::View::Trash, tr("Trash")}};
    for (const auto &[view, name] : names) {
        auto *button = new QToolButton;
        button->setText(name);
        button->setCheckable(true);
        button->setChecked(view == m_filter.view());
        m_views->addButton(button, int(view));
        views->addWidget(button);
    }
    views->addStretch(1);
    connect(m_views, &QButtonGroup::idClicked, this, [this](int id) { setView(SnapshotFilter::View(id)); });

    m_list = new QListView;
    m_list->setObjectName(QStringLiteral("snapshots.list"));
    m_list->setAccessibleName(tr("Snapshots"));
    m_list->setAccessibleDescription(tr("Select two to compare them."));
    m_list->setModel(&m_filter);
    m_list->setItemDelegate(new TwoLineDelegate(m_themes, m_list));
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &SnapshotsWorkspace::showSelection);
    connect(m_list, &QListView::activated, m_start, &QAction::trigger);
    connect(&m_model, &SnapshotListModel::pictureWanted, this,
            [this](SnapshotId id) { m_bridge.post(command::DrawSnapshot{id}); });

    m_nothing = new QLabel;
    m_nothing->setProperty("role", "muted");
    m_nothing->setWordWrap(true);
    m_nothing->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_nothing->setContentsMargins(2 * space, 3 * space, 2 * space, 0);
    m_undo = new UndoBar(tr("Take the snapshot out of the trash"));
    connect(m_undo, &UndoBar::undone, this, [this] {
        m_bridge.post(command::DisposeSnapshot{m_deleted, command::Disposal::Restore});
    });

    auto *layout = new QVBoxLayout(sidebar);
    layout->setContentsMargins(space, space + space / 2, space, space);
    layout->setSpacing(space);
    layout->addLayout(top);
    layout->addWidget(m_search);
    layout->addLayout(views);
    layout->addWidget(m_nothing);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_undo);
    return sidebar;
}

QWidget *SnapshotsWorkspace::makeContent()
{
    const int space = m_themes.theme().space;
    m_error = new ErrorCard(m_themes);
    m_error->setObjectName(QStringLiteral("snapshots.error"));
    m_error->hide();
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    m_empty = new EmptyState(
        m_themes, iconName(), tr("What a model has read, as a thing to keep"),
        tr("Every turn of a chat leaves a snapshot of the model's state. Select one to go on from there, two "
           "to compare them; name or pin those that matter. A .volary file brings one from elsewhere."),
        m_import);
    m_card = new SnapshotCard(m_themes, {m_start, m_rename, m_pin, m_export, m_shrink, m_delete});
    m_card->setObjectName(QStringLiteral("snapshots.card"));
    m_compare = new CompareView(m_themes);
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_card);
    m_stack->addWidget(m_compare);

    auto *content = new QWidget;
    content->setProperty("ground", "window");
    content->setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(m_error);
    layout->addWidget(m_stack, 1);
    return content;
}

void SnapshotsWorkspace::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::libraryOpened, this, &SnapshotsWorkspace::refresh);
    connect(&m_bridge, &EngineBridge::modelOpened, this, &SnapshotsWorkspace::showSelection);
    connect(&m_bridge, &EngineBridge::modelClosed, this, &SnapshotsWorkspace::showSelection);
    connect(&m_bridge, &EngineBridge::snapshotList, this,
            [this](RequestId request, const event::SnapshotList &list) {
                if (request != m_listRequest)
                    return;
                const std::vector<SnapshotId> before = selected();
                m_model.setSnapshots(*list.snapshots);
                select(before);
                showList();
            });
    connect(&m_bridge, &EngineBridge::snapshotChanged, this,
            [this](RequestId, const event::SnapshotChanged &changed) {
                m_model.change(changed.snapshot);
                showList();
                showSelection();
            });
    connect(&m_bridge, &EngineBridge::snapshotDisposed, this,
            [this](RequestId, const event::SnapshotDisposed &disposed) {
                if (disposed.disposal == command::Disposal::Trash) {
                    m_deleted = disposed.snapshot;
                    m_undo->showFor(tr("Moved to the trash"));
                }
                refresh();
            });
    connect(&m_bridge, &EngineBridge::snapshotDrawn, this,
            [this](RequestId, const event::SnapshotDrawn &drawn) {
                m_model.setPicture(drawn.snapshot, imageOf(*drawn.picture));
                if (const SnapshotSummary *shown = current(); shown && shown->id == drawn.snapshot)
                    m_card->setPicture(m_model.picture(shown->id));
            });
    connect(&m_bridge, &EngineBridge::snapshotsCompared, this,
            [this](RequestId request, const event::SnapshotsCompared &compared) {
                if (request == m_compareRequest)
                    m_compare->setDiff(compared.diff);
            });
    connect(&m_bridge, &EngineBridge::snapshotImported, this,
            [this](RequestId request, const event::SnapshotImported &imported) {
                if (request != m_importRequest)
                    return;
                m_model.change(imported.snapshot);
                setView(SnapshotFilter::View::Kept);
                m_search->clear();
                select({imported.snapshot.id});
                emit statusMessage(
                    tr("“%1” is in the library").arg(SnapshotListModel::titleOf(imported.snapshot)));
            });
    connect(&m_bridge, &EngineBridge::conversationOpened, this,
            [this](RequestId request, const event::ConversationOpened &opened) {
                if (request == m_startRequest)
                    emit conversationStarted(opened.conversation.id);
            });
    connect(&m_bridge, &EngineBridge::exported, this, [this](RequestId request, const event::Exported &done) {
        if (request == m_exportRequest)
            emit statusMessage(tr("Exported to %1").arg(QString::fromStdString(done.path.string())));
    });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                const bool ours = request == m_compareRequest || request == m_startRequest ||
                                  request == m_exportRequest || request == m_importRequest;
                if (!ours || failed.error.code == ErrorCode::Cancelled)
                    return;
                if (request == m_compareRequest)
                    m_stack->setCurrentWidget(m_empty);
                m_error->show(tr("%1 did not work").arg(QString::fromStdString(failed.task)), failed.error);
            });
}

void SnapshotsWorkspace::showEvent(QShowEvent *event)
{
    Workspace::showEvent(event);
    refresh();
}

void SnapshotsWorkspace::refresh()
{
    m_listRequest = m_bridge.post(command::ListSnapshots{});
}

void SnapshotsWorkspace::setView(SnapshotFilter::View view)
{
    m_views->button(int(view))->setChecked(true);
    m_filter.setView(view);
    showList();
}

void SnapshotsWorkspace::showList()
{
    const bool searching = !m_search->text().trimmed().isEmpty();
    m_nothing->setVisible(m_filter.rowCount() == 0);
    m_nothing->setText(
        searching                                        ? tr("Nothing found.")
        : m_filter.view() == SnapshotFilter::View::Trash ? tr("The trash is empty.")
        : m_filter.view() == SnapshotFilter::View::Kept
            ? tr("Nothing kept yet. “Every turn” shows the states of all chats; name or pin one "
                 "to keep it here.")
            : tr("No snapshots yet. Every turn of a chat leaves one."));
}

std::vector<SnapshotId> SnapshotsWorkspace::selected() const
{
    std::vector<SnapshotId> ids;
    for (const QModelIndex &row : m_list->selectionModel()->selectedIndexes())
        ids.push_back(row.data(SnapshotListModel::SnapshotRole).toLongLong());
    return ids;
}

const SnapshotSummary *SnapshotsWorkspace::current() const
{
    const std::vector<SnapshotId> ids = selected();
    return ids.size() == 1 ? m_model.find(ids.front()) : nullptr;
}

void SnapshotsWorkspace::select(const std::vector<SnapshotId> &snapshots)
{
    QItemSelection selection;
    for (const SnapshotId id : snapshots) {
        if (const QModelIndex row = m_filter.mapFromSource(m_model.indexOf(id)); row.isValid())
            selection.select(row, row);
    }
    m_list->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    if (!selection.isEmpty())
        m_list->selectionModel()->setCurrentIndex(selection.indexes().last(), QItemSelectionModel::NoUpdate);
    showSelection();
}

void SnapshotsWorkspace::showSelection()
{
    const std::vector<SnapshotId> ids = selected();
    refreshActions();
    if (ids.size() == 2) {
        const std::pair<SnapshotId, SnapshotId> pair = std::minmax(ids[0], ids[1]);
        if (m_stack->currentWidget() == m_compare && pair == m_compared)
            return;
        m_compared = pair;
        m_error->hide();
        m_bridge.cancel(m_compareRequest);
        m_compare->setPair(*m_model.find(pair.first), *m_model.find(pair.second));
        m_compareRequest = m_bridge.post(command::CompareSnapshots{pair.first, pair.second});
        m_stack->setCurrentWidget(m_compare);
    } else if (const SnapshotSummary *snapshot = current()) {
        m_card->show(*snapshot, m_bridge.model());
        m_card->setPicture(m_model.picture(snapshot->id));
        m_stack->setCurrentWidget(m_card);
    } else {
        m_stack->setCurrentWidget(m_empty);
    }
}

void SnapshotsWorkspace::refreshActions()
{
    const SnapshotSummary *snapshot = current();
    const auto model = m_bridge.model();
    const bool usable = snapshot && !snapshot->damaged && !snapshot->inTrash;
    m_start->setEnabled(usable && model && model->identity.fingerprint == snapshot->model.fingerprint);
    m_rename->setEnabled(usable);
    m_pin->setEnabled(usable);
    m_pin->setChecked(snapshot && snapshot->pinned);
    m_export->setEnabled(usable);
    m_shrink->setEnabled(usable && snapshot->form == StateForm::Exact);
    m_shrink->setToolTip(usable && snapshot->form != StateForm::Exact
                             ? tr("The state is stored smaller already")
                             : m_shrink->text().remove(u'&'));
    m_delete->setEnabled(snapshot && snapshot->turn == 0 && !snapshot->ofDocument);
    m_delete->setText(snapshot && snapshot->inTrash ? tr("&Delete for good…") : tr("&Move to the trash"));
    m_delete->setToolTip(snapshot && snapshot->ofDocument ? tr("It belongs to a document, and goes with that")
                         : snapshot && snapshot->turn != 0
                             ? tr("It belongs to a turn, and goes with its conversation")
                             : m_delete->text().remove(u'&'));
}

void SnapshotsWorkspace::start()
{
    const SnapshotSummary *snapshot = current();
    const auto model = m_bridge.model();
    if (!snapshot || !model || !m_start->isEnabled())
        return;
    m_error->hide();
    m_startRequest = m_bridge.post(command::StartFromSnapshot{snapshot->id, model->suggestedSettings});
}

void SnapshotsWorkspace::rename()
{
    const SnapshotSummary *snapshot = current();
    if (!snapshot)
        return;
    askForSnapshotName(this, QString::fromStdString(snapshot->name),
                       [this, id = snapshot->id](const QString &name) {
                           m_bridge.post(command::NameSnapshot{id, name.toStdString()});
                       });
}

void SnapshotsWorkspace::exportFile()
{
    const SnapshotSummary *snapshot = current();
    if (!snapshot)
        return;
    const SnapshotId id = snapshot->id;
    QString path =
        QFileDialog::getSaveFileName(this, tr("Export the snapshot"), tr("snapshot.volary"), bundleFilter());
    if (path.isEmpty())
        return;
    if (!path.endsWith(QLatin1String(".volary")))
        path += QLatin1String(".volary");
    m_error->hide();
    m_exportRequest = m_bridge.post(command::ExportSnapshot{id, path.toStdString()});
}

void SnapshotsWorkspace::chooseImport()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Import a snapshot"), {}, bundleFilter());
    if (!path.isEmpty())
        importFile(path.toStdString());
}

void SnapshotsWorkspace::importFile(const std::filesystem::path &path)
{
    m_error->hide();
    m_importRequest = m_bridge.post(command::ImportSnapshot{path});
}

void SnapshotsWorkspace::chooseForm()
{
    const SnapshotSummary *snapshot = current();
    if (!snapshot)
        return;
    auto *dialog = new FormsDialog(m_bridge, m_themes, *snapshot, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void SnapshotsWorkspace::dispose()
{
    const SnapshotSummary *snapshot = current();
    if (!snapshot)
        return;
    const SnapshotId id = snapshot->id;
    if (!snapshot->inTrash) {
        m_bridge.post(command::DisposeSnapshot{id, command::Disposal::Trash});
        return;
    }
    const auto answer = QMessageBox::warning(window(), tr("Delete for good?"),
                                             tr("The snapshot will be gone. This cannot be undone."),
                                             QMessageBox::Yes | QMessageBox::Cancel, QMessageBox::Cancel);
    if (answer == QMessageBox::Yes)
        m_bridge.post(command::DisposeSnapshot{id, command::Disposal::DeleteForGood});
}

} // namespace volary::ui
