#include "app/window/studio.h"

#include "app/support/bundled.h"
#include "app/support/paths.h"
#include "ui/tokens/two_models_view.h"
#include "ui/widgets/error_card.h"
#include "ui/windows/command_palette.h"
#include "ui/windows/status_panel.h"

#include <QApplication>
#include <QFileInfo>
#include <QPushButton>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr int kLabelLength = 80;

QString fileIn(const QString &folder, const char *name)
{
    return folder.isEmpty() ? QString() : folder + u'/' + QString::fromLatin1(name);
}

bool isSnapshot(const std::filesystem::path &path)
{
    return path.extension() == ".volary";
}

// The other files of this ending name the shards of a model.
bool isChatExport(const QString &path)
{
    return path.endsWith(u".json") && !path.endsWith(u".index.json");
}

bool namesSnapshot(const WindowArguments &arguments)
{
    return arguments.model && isSnapshot(*arguments.model);
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
    m_snapshots = new SnapshotsWorkspace(m_bridge, m_themes);
    m_window->addWorkspace(m_snapshots);
    m_inspector = new InspectorWorkspace(m_bridge, m_themes);
    m_window->addWorkspace(m_inspector);
    m_tokens = new TokensWorkspace(m_bridge, m_themes);
    m_window->addWorkspace(m_tokens);
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
    connect(m_snapshots, &SnapshotsWorkspace::conversationStarted, this, [this](ConversationId conversation) {
        m_window->showWorkspace(m_chat->id());
        m_chat->openConversation(conversation);
    });
    connect(m_chat, &ChatWorkspace::pathChanged, this, &Studio::inspectChat);
    connect(&m_known, &KnownModels::changed, this, &Studio::listOtherModels);
    listOtherModels();
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

void Studio::inspectChat()
{
    const ConversationModel &chat = m_chat->model();
    std::vector<InspectorWorkspace::Stop> stops;
    std::vector<TokenTurn> turns;
    for (const TurnId id : chat.path()) {
        const Turn *turn = chat.find(id);
        if (!turn || !turn->snapshot)
            continue;
        const QString words = QString::fromStdString(turn->text).simplified().left(kLabelLength);
        stops.push_back({*turn->snapshot,
                         (turn->role == Role::User ? tr("You: %1") : tr("Reply: %1")).arg(words),
                         turn->position});
        turns.push_back({*turn->snapshot, stops.back().label});
    }
    m_tokens->setTurns(turns);
    m_inspector->setPath(chat.conversation().id, QString::fromStdString(chat.conversation().title),
                         std::move(stops));
}

void Studio::listOtherModels()
{
    std::vector<OtherModel> models;
    for (const KnownModel &known : m_known.all()) {
        const QString options = QString::fromStdString(known.options.summary());
        if (known.problem.isEmpty())
            models.push_back({known.path, known.options,
                              options.isEmpty() ? known.name : tr("%1, %2").arg(known.name, options)});
    }
    m_tokens->setModels(models);
}

void Studio::start()
{
    m_window->restore();
    m_window->show();
    if (const auto [model, options] = firstModel(); !model.empty())
        openModel(model, options);
    if (namesSnapshot(m_arguments))
        openFiles({QString::fromStdString(m_arguments.model->string())});
}

void Studio::activate(const QStringList &arguments)
{
    m_window->raiseToFront();
    std::vector<std::string> words;
    for (const QString &word : arguments)
        words.push_back(word.toStdString());
    if (const auto parsed = parseWindowArguments(words); parsed && parsed.value().model)
        openFiles({QString::fromStdString(parsed.value().model->string())});
}

void Studio::openFiles(const QStringList &paths)
{
    const auto &endings = documentEndings();
    QStringList documents;
    for (const QString &path : paths) {
        if (std::ranges::count(endings, QFileInfo(path).suffix().toLower().toStdString()) > 0)
            documents << path;
    }
    const std::filesystem::path first = paths.first().toStdString();
    if (!documents.isEmpty()) {
        m_window->showWorkspace(m_documents->id());
        for (const QString &path : documents)
            m_documents->addFile(path);
    } else if (isChatExport(paths.first())) {
        m_window->importChats(paths.first());
    } else if (isSnapshot(first)) {
        m_window->showWorkspace(m_snapshots->id());
        m_snapshots->importFile(first);
    } else {
        openModel(first);
    }
}

void Studio::openModel(const std::filesystem::path &path, const ModelOptions &options)
{
    const int threads = m_arguments.threads < 0 ? m_preferences.values().threads : m_arguments.threads;
    m_models->setChoice({m_arguments.backend, threads});
    m_models->open(path, options);
}

void Studio::rememberModel(const ModelDescription &model)
{
    PreferenceValues values = m_preferences.values();
    values.lastModel = QString::fromStdString(model.path.string());
    values.lastOptions = QString::fromStdString(model.options.toJson());
    m_preferences.set(values);
}

// The model that was asked for; else the one of the last time, if it is still there; else the bundled one.
std::pair<std::filesystem::path, ModelOptions> Studio::firstModel() const
{
    if (m_arguments.model && !namesSnapshot(m_arguments)) {
        const auto resolved = resolveModelPath(m_arguments.model->string());
        return {resolved ? resolved.value() : *m_arguments.model, {}};
    }
    const PreferenceValues &values = m_preferences.values();
    if (!values.lastModel.isEmpty() && QFileInfo::exists(values.lastModel)) {
        const auto options = ModelOptions::fromJson(values.lastOptions.toStdString());
        return {values.lastModel.toStdString(), options ? options.value() : ModelOptions{}};
    }
    if (const auto goose = findBundledModel("goose-tiny")) // the state of fixed size comes first
        return {goose.value(), {}};
    const auto bundled = bundledModels();
    return {bundled.empty() ? std::filesystem::path() : bundled.front(), {}};
}

void Studio::explainMissingLibrary(const event::LibraryFailed &failed)
{
    ErrorCard &card = m_window->showError(tr("Conversations cannot be kept in this run"), failed.error,
                                          tr("Nothing that was stored before is affected."));
    auto *quit = card.addButton(tr("Quit"));
    connect(quit, &QPushButton::clicked, m_window.get(), &QWidget::close);
}

} // namespace volary::ui
