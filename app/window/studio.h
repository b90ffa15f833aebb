// The window program, put together: engine, bridge, theme, window and its workspaces.
#pragma once

#include "app/window/arguments.h"
#include "core/engine/engine.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/chat/chat_workspace.h"
#include "ui/documents/documents_workspace.h"
#include "ui/inspector/inspector_workspace.h"
#include "ui/models/known_models.h"
#include "ui/models/models_workspace.h"
#include "ui/snapshots/snapshots_workspace.h"
#include "ui/theme/theme.h"
#include "ui/tokens/tokens_workspace.h"
#include "ui/windows/main_window.h"
#include "ui/windows/preferences.h"

#include <QObject>

#include <memory>
#include <utility>

namespace volary::ui {

// Lives on the UI thread, below QApplication. Nothing here waits: the window shows first, library and model
// are opened by the engine meanwhile.
class Studio : public QObject {
    Q_OBJECT

public:
    struct Places {
        std::filesystem::path library; // empty: nothing is kept
        QString configuration; // folder of settings, session and recent models; empty: nothing is kept
    };

    Studio(const WindowArguments &arguments, const Places &places);
    ~Studio() override;

    void start();
    // What a second start asked for: raises the window and opens the model, if it names one.
    void activate(const QStringList &arguments);

    EngineBridge &bridge() { return m_bridge; }
    ThemeManager &themes() { return m_themes; }
    MainWindow &window() { return *m_window; }
    ChatWorkspace &chat() { return *m_chat; }
    DocumentsWorkspace &documents() { return *m_documents; }
    ModelsWorkspace &models() { return *m_models; }
    InspectorWorkspace &inspector() { return *m_inspector; }
    SnapshotsWorkspace &snapshots() { return *m_snapshots; }
    TokensWorkspace &tokens() { return *m_tokens; }

private:
    void addWorkspaces();
    void connectParts();
    void inspectChat();                       // what other pages can show of the conversation in the chat
    void listOtherModels();                   // for the page that compares two
    void openFiles(const QStringList &paths); // documents, a snapshot or a model, by their names
    void openModel(const std::filesystem::path &path, const ModelOptions &options = {});
    void rememberModel(const ModelDescription &model);
    void explainMissingLibrary(const event::LibraryFailed &failed);
    std::pair<std::filesystem::path, ModelOptions> firstModel() const;

    WindowArguments m_arguments;
    Places m_places;
    ThemeManager m_themes;
    Preferences m_preferences;
    KnownModels m_known;
    // The engine goes before the bridge that its threads deliver to, and after the window that asks it.
    EngineBridge m_bridge;
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<MainWindow> m_window;
    ChatWorkspace *m_chat = nullptr;
    DocumentsWorkspace *m_documents = nullptr;
    SnapshotsWorkspace *m_snapshots = nullptr;
    InspectorWorkspace *m_inspector = nullptr;
    TokensWorkspace *m_tokens = nullptr;
    ModelsWorkspace *m_models = nullptr;
};

} // namespace volary::ui
