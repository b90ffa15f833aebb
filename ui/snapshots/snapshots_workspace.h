// The Snapshots workspace: every state the library holds, to go on from, keep, compare and share.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/snapshots/snapshot_filter.h"
#include "ui/snapshots/snapshot_list_model.h"
#include "ui/theme/theme.h"
#include "ui/windows/workspace.h"

class QButtonGroup;
class QLabel;
class QLineEdit;
class QListView;
class QStackedWidget;

namespace volary::ui {

class CompareView;
class EmptyState;
class ErrorCard;
class SnapshotCard;
class UndoBar;

// One selected snapshot is shown with its actions, two are compared.
class SnapshotsWorkspace : public Workspace {
    Q_OBJECT

public:
    SnapshotsWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    QString id() const override { return QStringLiteral("snapshots"); }
    QString title() const override { return tr("Snapshots"); }
    QString iconName() const override { return QStringLiteral("library"); }
    QList<QAction *> commands() override;
    QWidget *focusTarget() override;

    void importFile(const std::filesystem::path &path);
    void setView(SnapshotFilter::View view);
    void select(const std::vector<SnapshotId> &snapshots);

signals:
    void conversationStarted(volary::ConversationId conversation);

protected:
    void showEvent(QShowEvent *event) override; // what was stored meanwhile comes into the list

private:
    void makeActions();
    QWidget *makeSidebar();
    QWidget *makeContent();
    void listenToEngine();
    void refresh();
    void showSelection();
    void refreshActions();
    std::vector<SnapshotId> selected() const;
    const SnapshotSummary *current() const; // null unless exactly one is selected
    void start();
    void rename();
    void exportFile();
    void chooseImport();
    void chooseForm();
    void dispose();
    void showList();

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    SnapshotListModel m_model;
    SnapshotFilter m_filter{m_model};
    RequestId m_listRequest = 0, m_compareRequest = 0, m_startRequest = 0, m_exportRequest = 0,
              m_importRequest = 0;
    SnapshotId m_deleted = 0;
    std::pair<SnapshotId, SnapshotId> m_compared;

    QAction *m_start = nullptr, *m_rename = nullptr, *m_pin = nullptr, *m_export = nullptr,
            *m_import = nullptr, *m_shrink = nullptr, *m_delete = nullptr;
    QListView *m_list = nullptr;
    QLineEdit *m_search = nullptr;
    QButtonGroup *m_views = nullptr;
    QLabel *m_nothing = nullptr;
    UndoBar *m_undo = nullptr;
    ErrorCard *m_error = nullptr;
    QStackedWidget *m_stack = nullptr;
    EmptyState *m_empty = nullptr;
    SnapshotCard *m_card = nullptr;
    CompareView *m_compare = nullptr;
};

} // namespace volary::ui
