// What a new chat begins with: nothing, or one of the stored personas.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <string>

class QComboBox;
class QToolButton;

namespace volary::ui {

// Lists the named snapshots of the open model, and opens the dialog that makes another.
class PersonaChooser : public QWidget {
    Q_OBJECT

public:
    PersonaChooser(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    SnapshotId chosen() const { return m_chosen; } // 0: none
    // One that is not listed stays chosen until the list says that it is gone.
    void choose(SnapshotId persona);
    QString nameOf(SnapshotId persona) const;        // empty when it is not listed
    void makePersona(const std::string &chatFormat); // asks for one, and chooses it when it is made

signals:
    void newRequested();
    void changed(SnapshotId persona); // by the user, or because the persona was made or is gone

private:
    void refresh();
    void onListed(RequestId request, const event::BeginningList &list);

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    QComboBox *m_box;
    QToolButton *m_new;
    RequestId m_listRequest = 0;
    SnapshotId m_chosen = 0;
};

} // namespace volary::ui
