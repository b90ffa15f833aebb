// The Models workspace: what can be opened, what is open, and what it consists of.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/models/known_models.h"
#include "ui/theme/theme.h"
#include "ui/windows/workspace.h"

class QListView;
class QStackedWidget;

namespace volary::ui {

class EmptyState;
class ErrorCard;
class ModelCard;
class ModelList;
class ProgressRow;

// Asks the engine to open models and shows how it goes. A model that fails to open leaves the open one in
// place.
class ModelsWorkspace : public Workspace {
    Q_OBJECT

public:
    struct Choice {
        std::string backend = "auto";
        int threads = 0; // 0: the engine's own choice
    };

    ModelsWorkspace(EngineBridge &bridge, const ThemeManager &themes, KnownModels &known,
                    QWidget *parent = nullptr);

    QString id() const override { return QStringLiteral("models"); }
    QString title() const override { return tr("Models"); }
    QString iconName() const override { return QStringLiteral("models"); }
    QList<QAction *> commands() override;
    QWidget *focusTarget() override;

    void setChoice(Choice choice) { m_choice = std::move(choice); } // for models opened from now on
    void open(const std::filesystem::path &path, const ModelOptions &options = {});
    bool isLoading() const { return m_loading != 0; }

signals:
    void loadingStarted(const QString &name);
    void loadingProgress(double fraction, const QString &stage);
    void loadingEnded();

public slots:
    void cancelLoading();

private:
    void makeActions();
    QWidget *makeSidebar();
    QWidget *makeContent();
    void listenToEngine();
    void chooseFile();
    void chooseFolder();
    void openWithOptions(const std::filesystem::path &path, const ModelOptions &options);
    void openCurrentRow();
    void forgetCurrentRow();
    void showListMenu(const QPoint &position);
    void showOpenModel();
    void endLoading();

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    KnownModels &m_known;
    Choice m_choice;
    RequestId m_loading = 0;
    std::filesystem::path m_loadingPath;

    ModelList *m_models;
    QListView *m_list = nullptr;
    ProgressRow *m_progress = nullptr;
    ErrorCard *m_error = nullptr;
    QStackedWidget *m_stack = nullptr;
    EmptyState *m_empty = nullptr;
    ModelCard *m_card = nullptr;
    QAction *m_openFile = nullptr;
    QAction *m_openFolder = nullptr;
    QAction *m_openOptions = nullptr;
    QAction *m_close = nullptr;
    QAction *m_forget = nullptr;
    QAction *m_cancel = nullptr;
};

} // namespace volary::ui
