#include "ui/models/models_workspace.h"

#include "ui/models/model_card.h"
#include "ui/models/model_list.h"
#include "ui/models/options_dialog.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/two_line_delegate.h"

#include <QAction>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kSidebarWidth = 260;

QString fileName(const std::filesystem::path &path)
{
    return QString::fromStdString(path.filename().string());
}

} // namespace

ModelsWorkspace::ModelsWorkspace(EngineBridge &bridge, const ThemeManager &themes, KnownModels &known,
                                 QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes), m_known(known),
      m_models(new ModelList(known, themes, this))
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
    showOpenModel();
}

void ModelsWorkspace::makeActions()
{
    const auto make = [this](const char *name, const QString &text, const char *icon,
                             const QKeySequence &keys = {}) {
        auto *action = new QAction(m_themes.icon(QString::fromLatin1(icon)), text, this);
        action->setObjectName(QString::fromLatin1(name));
        action->setShortcut(keys);
        return action;
    };
    m_openFile = make("models.open", tr("&Open model…"), "file", QKeySequence::Open);
    m_openFolder = make("models.openFolder", tr("Open model &folder…"), "folder", tr("Ctrl+Shift+O"));
    m_openOptions = make("models.openWithOptions", tr("Open with o&ptions…"), "sampling");
    m_close = make("models.close", tr("&Close model"), "close");
    m_forget = make("models.forget", tr("&Remove from list"), "trash");
    m_cancel = make("models.cancel", tr("&Stop loading"), "stop", tr("Ctrl+."));
    m_cancel->setEnabled(false);
    m_cancel->setProperty("background", true); // no reason to leave the page one is on
    connect(m_openFile, &QAction::triggered, this, &ModelsWorkspace::chooseFile);
    connect(m_openFolder, &QAction::triggered, this, &ModelsWorkspace::chooseFolder);
    connect(m_openOptions, &QAction::triggered, this, [this] {
        if (const auto model = m_bridge.model())
            openWithOptions(modelHome(model->path), model->options);
        else
            openWithOptions({}, {});
    });
    connect(m_close, &QAction::triggered, this, [this] { m_bridge.post(command::CloseModel{}); });
    connect(m_forget, &QAction::triggered, this, &ModelsWorkspace::forgetCurrentRow);
    connect(m_cancel, &QAction::triggered, this, &ModelsWorkspace::cancelLoading);
}

QList<QAction *> ModelsWorkspace::commands()
{
    return {m_openFile, m_openFolder, m_openOptions, nullptr, m_close, m_forget, nullptr, m_cancel};
}

QWidget *ModelsWorkspace::focusTarget()
{
    return m_list;
}

QWidget *ModelsWorkspace::makeSidebar()
{
    const int space = m_themes.theme().space;
    auto *sidebar = new QWidget;
    sidebar->setProperty("ground", "surface");
    sidebar->setAttribute(Qt::WA_StyledBackground);
    sidebar->setMinimumWidth(200);

    auto *heading = new QLabel(tr("Models"));
    heading->setProperty("role", "heading");
    auto *add = new QToolButton;
    add->setDefaultAction(m_openFile);
    add->setIcon(m_themes.icon(QStringLiteral("plus")));
    add->setToolButtonStyle(Qt::ToolButtonIconOnly);
    add->setAccessibleName(tr("Open model"));
    auto *top = new QHBoxLayout;
    top->setContentsMargins(space, 0, 0, 0);
    top->addWidget(heading, 1);
    top->addWidget(add);

    m_list = new QListView;
    m_list->setObjectName(QStringLiteral("models.list"));
    m_list->setAccessibleName(tr("Models"));
    m_list->setModel(m_models);
    m_list->setItemDelegate(new TwoLineDelegate(m_themes, m_list));
    m_list->setMouseTracking(true);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QListView::activated, this, &ModelsWorkspace::openCurrentRow);
    connect(m_list, &QListView::customContextMenuRequested, this, &ModelsWorkspace::showListMenu);

    auto *layout = new QVBoxLayout(sidebar);
    layout->setContentsMargins(space, space + space / 2, space, space);
    layout->setSpacing(space);
    layout->addLayout(top);
    layout->addWidget(m_list, 1);
    return sidebar;
}

QWidget *ModelsWorkspace::makeContent()
{
    const int space = m_themes.theme().space;
    m_progress = new ProgressRow(m_themes, {});
    m_progress->hide();
    connect(m_progress, &ProgressRow::cancelRequested, this, &ModelsWorkspace::cancelLoading);
    m_error = new ErrorCard(m_themes);
    m_error->setObjectName(QStringLiteral("models.error"));
    m_error->hide();
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    connect(m_error->addButton(tr("Open another…")), &QPushButton::clicked, m_openFile, &QAction::trigger);

    m_empty = new EmptyState(
        m_themes, QStringLiteral("models"), tr("No model is open"),
        tr("Open an RWKV model (.safetensors, .gguf or .pth), drop one on the window, or pick one from "
           "the list. Nothing leaves this computer."),
        m_openFile);
    m_card = new ModelCard(m_themes, m_known);
    m_card->setObjectName(QStringLiteral("models.card"));
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_card);

    auto *content = new QWidget;
    content->setProperty("ground", "window");
    content->setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(m_progress);
    layout->addWidget(m_error);
    layout->addWidget(m_stack, 1);
    return content;
}

void ModelsWorkspace::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::modelProgress, this,
            [this](RequestId request, const event::ModelProgress &progress) {
                if (request != m_loading)
                    return;
                const QString stage = QString::fromStdString(progress.stage);
                m_progress->setProgress(progress.fraction, stage);
                emit loadingProgress(progress.fraction, stage);
            });
    connect(&m_bridge, &EngineBridge::modelOpened, this,
            [this](RequestId request, const event::ModelOpened &opened) {
                if (request == m_loading)
                    endLoading();
                m_error->hide();
                m_known.remember(
                    opened.model->path, QString::fromStdString(opened.model->identity.name),
                    ConversationCost{opened.model->stateBytes, bytesPerToken(opened.model->state)},
                    opened.model->options);
                showOpenModel();
                emit statusMessage(
                    tr("%1 is ready after %2 s")
                        .arg(modelName(opened.model->path), QLocale().toString(opened.seconds, 'f', 1)));
            });
    connect(&m_bridge, &EngineBridge::modelFailed, this,
            [this](RequestId request, const event::ModelFailed &failed) {
                if (request == m_loading)
                    endLoading();
                if (failed.error.code == ErrorCode::Cancelled) {
                    emit statusMessage(tr("Loading %1 was stopped").arg(fileName(failed.path)));
                    return;
                }
                const auto kept = m_bridge.model();
                m_error->show(tr("%1 could not be opened").arg(fileName(failed.path)), failed.error,
                              kept ? tr("%1 stays open.").arg(modelName(kept->path)) : QString());
                emit statusMessage(tr("%1 could not be opened").arg(fileName(failed.path)));
            });
    connect(&m_bridge, &EngineBridge::modelClosed, this, &ModelsWorkspace::showOpenModel);
}

void ModelsWorkspace::open(const std::filesystem::path &path, const ModelOptions &options)
{
    if (m_loading)
        m_bridge.cancel(m_loading);
    m_loadingPath = path;
    m_error->hide();
    const QString task = tr("Opening %1").arg(modelName(path));
    m_progress->setTask(task);
    m_progress->setProgress(-1, {});
    m_progress->show();
    m_cancel->setEnabled(true);
    m_loading = m_bridge.post(command::OpenModel{path, m_choice.backend, m_choice.threads, options});
    emit loadingStarted(task);
}

void ModelsWorkspace::cancelLoading()
{
    if (!m_loading)
        return;
    m_progress->setCancelling();
    m_bridge.cancel(m_loading);
}

void ModelsWorkspace::endLoading()
{
    m_loading = 0;
    m_progress->hide();
    m_cancel->setEnabled(false);
    emit loadingEnded();
}

void ModelsWorkspace::showOpenModel()
{
    const auto model = m_bridge.model();
    m_card->show(model);
    m_stack->setCurrentWidget(model ? static_cast<QWidget *>(m_card) : m_empty);
    m_close->setEnabled(model != nullptr);
    m_models->setOpen(model ? model->path : std::filesystem::path(), model ? model->options : ModelOptions());
    if (model)
        m_list->setCurrentIndex(m_models->find(model->path, model->options));
}

void ModelsWorkspace::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open model"), {},
        tr("RWKV models (*.safetensors *.safetensors.index.json *.gguf *.pth *.bin);;All files (*)"));
    if (!path.isEmpty())
        open(path.toStdString());
}

void ModelsWorkspace::chooseFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open model folder"));
    if (!path.isEmpty())
        open(path.toStdString());
}

void ModelsWorkspace::openWithOptions(const std::filesystem::path &path, const ModelOptions &options)
{
    auto *dialog = new OptionsDialog(m_themes, path, options, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { open(dialog->model(), dialog->options()); });
    dialog->open();
}

void ModelsWorkspace::openCurrentRow()
{
    if (const KnownModel *model = m_models->at(m_list->currentIndex()); model && model->problem.isEmpty())
        open(std::filesystem::path(model->path), ModelOptions(model->options));
}

void ModelsWorkspace::forgetCurrentRow()
{
    if (const KnownModel *model = m_models->at(m_list->currentIndex()); model && !model->bundled)
        m_known.forget(std::filesystem::path(model->path), ModelOptions(model->options));
}

void ModelsWorkspace::showListMenu(const QPoint &position)
{
    const QModelIndex row = m_list->indexAt(position);
    const KnownModel *model = m_models->at(row);
    if (!model)
        return;
    QMenu menu(this);
    const std::filesystem::path path = model->path;
    const ModelOptions options = model->options;
    QAction *openIt = menu.addAction(m_themes.icon(QStringLiteral("play")), tr("Open"));
    openIt->setEnabled(model->problem.isEmpty());
    QAction *choose = menu.addAction(m_themes.icon(QStringLiteral("sampling")), tr("Open with options…"));
    QAction *forget = menu.addAction(m_themes.icon(QStringLiteral("trash")), tr("Remove from list"));
    forget->setEnabled(!model->bundled);
    QAction *chosen = menu.exec(m_list->viewport()->mapToGlobal(position));
    if (chosen == openIt)
        open(path, options);
    else if (chosen == choose)
        openWithOptions(path, options);
    else if (chosen == forget)
        m_known.forget(path, options);
}

} // namespace volary::ui
