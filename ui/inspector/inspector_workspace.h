// The Inspector workspace: what a model remembers, as it reads and writes.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"
#include "ui/windows/workspace.h"

#include <QHash>

#include <vector>

class QLabel;
class QSlider;
class QStackedWidget;
class QTabWidget;

namespace volary::ui {

class AttentionLens;
class EmptyState;
class HeadPanel;
class StateWall;

// Shows the state after any turn of the conversation that the chat shows, and the running one while a reply
// is written. The engine is asked to look only while this page is visible.
class InspectorWorkspace : public Workspace {
    Q_OBJECT

public:
    // One turn with a stored state.
    struct Stop {
        SnapshotId snapshot;
        QString label; // "You: Hello"
        std::int64_t tokens;
    };

    InspectorWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    QString id() const override { return QStringLiteral("inspector"); }
    QString title() const override { return tr("Inspector"); }
    QString iconName() const override { return QStringLiteral("inspect"); }
    QWidget *focusTarget() override;

    void setPath(ConversationId conversation, const QString &title, std::vector<Stop> stops);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void layOut();
    void listenToEngine();
    void goTo(int stop);
    void followModel(); // attention has a page where the model has attention
    void showImage(const SnapshotImage &image, const QString &label);

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    ConversationId m_conversation = 0;
    std::vector<Stop> m_stops;
    QHash<SnapshotId, std::shared_ptr<const SnapshotImage>> m_images; // of this conversation, the newest ones
    QList<SnapshotId> m_newest;                                       // their order
    SnapshotId m_awaited = 0;
    bool m_live = false; // the running reply is on show

    QStackedWidget *m_stack;
    QLabel *m_title;
    QLabel *m_label;
    QTabWidget *m_tabs;
    AttentionLens *m_lens;
    StateWall *m_wall;
    HeadPanel *m_panel;
    QSlider *m_slider;
};

} // namespace volary::ui
