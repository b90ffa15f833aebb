#include "app/window/studio.h"

#include "app/support/bundled.h"
#include "app/support/paths.h"
#include "ui/widgets/error_card.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/status_panel.h"

#include <QApplication>
#include <QFileInfo>
#include <QPushButton>

#include <algorithm>

namespace volary::ui {

namespace {

QString fileIn(const QString &folder, const char *name)
{
    return folder.isEmpty() ? QString() : folder + u'/' + QString::fromLatin1(name);
}

} // namespace

Studio::Studio(const WindowArguments &arguments, const Places &places)
    : m_arguments(arguments), m_places(places), m_preferences(fileIn(places.configuration, "settings.json")),
      m_known(fileIn(places.configuration, "models.json"), bundledModels()),
      m_bridge([this](Command command) { return m_engine->post(std::move(command)); },
               [this](RequestId request) { m_engine->cancel(request); }),
      m_engine(std::make_unique<Engine>(
          Engine::Options{places.library, vocabularyFolders()},
          [this](RequestId request, Event event) { m_bridge.deliver(request, std::move(event)); })),
      m_window(std::make_unique<MainWindow>(m_bridge, m_themes, m_preferences,
                                            fileIn(places.configuration, "session.json")))
{
    addWorkspaces();
    connectParts();
}

Studio::~Studio() = default;

void Studio::addWorkspaces()
{
    m_chat = new ChatWorkspace(m_bridge, m_themes);
    m_window->addWorkspace(m_chat);
    m_documents = new DocumentsWorkspace(m_bridge, m_themes);
    m_window->addWorkspace(m_documents);
    m_models = new ModelsWorkspace(m_bridge, m_themes, m_known);
    m_window->addWorkspace(m_models);
}

void Studio::connectParts()
{
    m_chat->setEnterSends(m_preferences.values().enterSends);
    connect(&m_preferences, &Preferences::changed, m_chat,
            [this](const PreferenceValues &values) { m_chat->setEnterSends(values.enterSends); });
    connect(m_window.get(), &MainWindow::conversationChosen, m_chat, [this](ConversationId conversation) {
        m_window->showWorkspace(m_chat->id());
        m_chat->openConversation(conversation);
    });
    connect(m_chat, &ChatWorkspace::modelsRequested, this,
            [this] { m_window->showWorkspace(m_models->id()); });

    StatusPanel &status = m_window->status();
    connect(&status, &StatusPanel::modelClicked, this, [this] { m_window->showWorkspace(m_models->id()); });
    connect(&status, &StatusPanel::cancelRequested, m_models, &ModelsWorkspace::cancelLoading);
    connect(m_models, &ModelsWorkspace::loadingStarted, &status, &StatusPanel::startJob);
    connect(m_models, &ModelsWorkspace::loadingProgress, &status, &StatusPanel::setJobProgress);
    connect(m_models, &ModelsWorkspace::loadingEnded, &status, &StatusPanel::endJob);

    connect(m_window.get(), &MainWindow::filesDropped, this, &Studio::openFiles);
    connect(m_documents, &DocumentsWorkspace::conversationRequested, m_chat,
            [this](ConversationId conversation) {
                m_window->showWorkspace(m_chat->id());
                m_chat->openConversation(conversation);
            });
    connect(m_documents, &DocumentsWorkspace::modelsRequested, this,
            [this] { m_window->showWorkspace(m_models->id()); });
    connect(m_documents, &DocumentsWorkspace::jobStarted, &status, &StatusPanel::startJob);
    connect(m_documents, &DocumentsWorkspace::jobProgress, &status, &StatusPanel::setJobProgress);
    connect(m_documents, &DocumentsWorkspace::jobEnded, &status, &StatusPanel::endJob);
    connect(&status, &StatusPanel::cancelRequested, m_documents, &DocumentsWorkspace::pause);
    connect(&m_bridge, &EngineBridge::modelOpened, this,
            [this](RequestId, const event::ModelOpened &opened) { rememberModel(*opened.model); });
    connect(&m_bridge, &EngineBridge::modelFailed, this, [this](RequestId, const event::ModelFailed &failed) {
        if (failed.error.code != ErrorCode::Cancelled)
            m_window->showWorkspace(m_models->id());
    });
    connect(&m_bridge, &EngineBridge::libraryFailed, this, &Studio::explainMissingLibrary);
}

void Studio::start()
{
    m_window->restore();
    m_window->show();
    if (const auto model = firstModel(); !model.empty())
        openModel(model);
}

void Studio::activate(const QStringList &arguments)
{
    m_window->raiseToFront();
    std::vector<std::string> words;
    for (const QString &word : arguments)
        words.push_back(word.toStdString());
    if (const auto parsed = parseWindowArguments(words); parsed && parsed.value().model)
        openModel(*parsed.value().model);
}

void Studio::openFiles(const QStringList &paths)
{
    const auto &endings = documentEndings();
    QStringList documents;
    for (const QString &path : paths) {
        if (std::ranges::count(endings, QFileInfo(path).suffix().toLower().toStdString()) > 0)
            documents << path;
    }
    if (documents.isEmpty())
        return openModel(paths.first().toStdString());
    m_window->showWorkspace(m_documents->id());
    for (const QString &path : documents)
        m_documents->addFile(path);
}

void Studio::openModel(const std::filesystem::path &path)
{
    const int threads = m_arguments.threads < 0 ? m_preferences.values().threads : m_arguments.threads;
    m_models->setChoice({m_arguments.backend, threads});
    m_models->open(path);
}

void Studio::rememberModel(const ModelDescription &model)
{
    PreferenceValues values = m_preferences.values();
    values.lastModel = QString::fromStdString(model.path.string());
    m_preferences.set(values);
}

// The model that was asked for; else the one of the last time, if it is still there; else the bundled one.
std::filesystem::path Studio::firstModel() const
{
    if (m_arguments.model) {
        const auto resolved = resolveModelPath(m_arguments.model->string());
        return resolved ? resolved.value() : *m_arguments.model;
    }
    const QString last = m_preferences.values().lastModel;
    if (!last.isEmpty() && QFileInfo::exists(last))
        return last.toStdString();
    if (const auto goose = findBundledModel("goose-tiny")) // the state of fixed size comes first
        return goose.value();
    const auto bundled = bundledModels();
    return bundled.empty() ? std::filesystem::path() : bundled.front();
}

void Studio::explainMissingLibrary(const event::LibraryFailed &failed)
{
    ErrorCard &card = m_window->showError(tr("Conversations cannot be kept in this run"), failed.error,
                                          tr("Nothing that was stored before is affected."));
    auto *quit = card.addButton(tr("Quit"));
    connect(quit, &QPushButton::clicked, m_window.get(), &QWidget::close);
}

} // namespace volary::ui
