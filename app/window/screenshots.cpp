#include "app/window/screenshots.h"

#include "app/window/studio.h"
#include "core/base/text.h"
#include "ui/windows/command_palette.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QLineEdit>
#include <QPainter>
#include <QTemporaryDir>
#include <QTimer>

#include <functional>

namespace volary::ui {

namespace {

constexpr int kPatienceMs = 60'000;
constexpr int kCalmMs = 250; // layouts and animations come to rest
constexpr QSize kWindowSize(1280, 800);
constexpr int kReplyTokens = 160;
constexpr std::uint64_t kSeed = 7;

Error unreachable(const QString &scene, const QString &why)
{
    return {ErrorCode::Invalid,
            format("The scene %s could not be reached: %s", qPrintable(scene), qPrintable(why)), ""};
}

bool waitUntil(const std::function<bool()> &done)
{
    QElapsedTimer clock;
    clock.start();
    while (!done()) {
        if (clock.elapsed() > kPatienceMs)
            return false;
        QApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 50);
    }
    return true;
}

void comeToRest()
{
    QEventLoop loop;
    QTimer::singleShot(kCalmMs, &loop, &QEventLoop::quit);
    loop.exec();
}

// One run of all scenes; the studio lives as long as it.
class Stage {
public:
    Stage(const WindowArguments &arguments, const QString &folder)
        : m_pictures(QString::fromStdString(arguments.pictures.string())), m_folder(folder),
          m_studio(arguments, {(folder + "/library.db").toStdString(), {}})
    {
        watch();
        m_studio.window().resize(kWindowSize);
        m_studio.start();
    }

    Result<> play(ThemeChoice theme)
    {
        m_suffix = theme == ThemeChoice::Dark ? QStringLiteral("dark") : QStringLiteral("light");
        m_studio.themes().setChoice(theme);
        TRY_(waitFor("start", "the model did not open",
                     [this] { return m_studio.bridge().model() != nullptr; }));
        if (m_conversation == 0) {
            TRY_(goTo("chat"));
            TRY_(take("start"));
            TRY_(holdConversation());
        }
        TRY_(goTo("chat"));
        TRY_(take("conversation"));
        TRY_(takeDocks());
        TRY_(takePalette());
        TRY_(goTo("models"));
        TRY_(take("models"));
        return openDamagedFile();
    }

private:
    void watch()
    {
        EngineBridge &bridge = m_studio.bridge();
        QObject::connect(&bridge, &EngineBridge::conversationCreated, &m_studio,
                         [this](RequestId, const event::ConversationCreated &created) {
                             m_conversation = created.conversation.id;
                         });
        QObject::connect(
            &bridge, &EngineBridge::turnFinished, &m_studio,
            [this](RequestId, const event::TurnFinished &finished) { m_lastReply = finished.reply; });
        QObject::connect(&bridge, &EngineBridge::modelFailed, &m_studio, [this] { m_modelFailed = true; });
    }

    Result<> goTo(const QString &workspace)
    {
        m_studio.window().showWorkspace(workspace);
        if (m_studio.window().currentWorkspace()->id() != workspace)
            return unreachable(workspace, "there is no such workspace");
        return {};
    }

    Result<> waitFor(const QString &scene, const QString &why, const std::function<bool()> &done)
    {
        if (!waitUntil(done))
            return unreachable(scene, why);
        return {};
    }

    GenerationSettings settings()
    {
        GenerationSettings values = m_studio.bridge().model()->suggestedSettings;
        values.maxTokens = kReplyTokens;
        values.sampler.seed = kSeed;
        return values;
    }

    Result<> say(const std::string &words)
    {
        const TurnId before = m_lastReply.id;
        const std::optional<TurnId> parent = before == 0 ? std::nullopt : std::optional(before);
        m_studio.bridge().post(command::SendMessage{m_conversation, parent, words, settings()});
        return waitFor("conversation", "the reply did not end", [&] { return m_lastReply.id != before; });
    }

    // Two questions, and a second version of the last answer, so that there is a branch to see.
    Result<> holdConversation()
    {
        m_studio.bridge().post(command::CreateConversation{"A story about a goose", settings()});
        TRY_(waitFor("conversation", "it was not created", [this] { return m_conversation != 0; }));
        TRY_(say("Tell me a story about a little goose."));
        TRY_(say("What happened then?"));
        const TurnId before = m_lastReply.id;
        GenerationSettings other = settings();
        other.sampler.seed = kSeed + 1;
        m_studio.bridge().post(command::Regenerate{m_conversation, m_lastReply.parent.value_or(0), other});
        TRY_(waitFor("conversation", "the second version did not end",
                     [&] { return m_lastReply.id != before; }));
        m_studio.bridge().post(command::OpenConversation{m_conversation});
        return {};
    }

    Result<> takeDocks()
    {
        for (QDockWidget *dock : m_studio.window().findChildren<QDockWidget *>()) {
            dock->show();
            dock->raise();
            TRY_(take(dock->objectName().replace(u'.', u'-')));
        }
        return {};
    }

    Result<> takePalette()
    {
        CommandPalette &palette = m_studio.window().palette();
        palette.setActions(m_studio.window().allActions());
        palette.popUp("mo");
        comeToRest();
        QPixmap picture = m_studio.window().grab();
        QPainter painter(&picture);
        painter.drawPixmap(m_studio.window().mapFromGlobal(palette.pos()), palette.grab());
        painter.end();
        palette.close();
        return save("palette", picture);
    }

    Result<> openDamagedFile()
    {
        const QString path = m_folder + "/cut-off.safetensors";
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write("\x40\0\0\0\0\0\0\0{\"emb.weight\":", 22) != 22)
            return unreachable("error", file.errorString());
        file.close();
        m_modelFailed = false;
        m_studio.models().open(path.toStdString());
        TRY_(waitFor("error", "the damaged file was not refused", [this] { return m_modelFailed; }));
        TRY_(take("error"));
        if (QWidget *card = m_studio.window().findChild<QWidget *>("models.error"))
            card->hide();
        return {};
    }

    Result<> take(const QString &scene)
    {
        comeToRest();
        return save(scene, m_studio.window().grab());
    }

    Result<> save(const QString &scene, const QPixmap &picture)
    {
        const QString file = QStringLiteral("%1/%2-%3.png").arg(m_pictures, scene, m_suffix);
        if (!picture.save(file))
            return Error{ErrorCode::Io, format("The picture %s could not be written.", qPrintable(file)), ""};
        return {};
    }

    QString m_pictures;
    QString m_folder;
    QString m_suffix;
    Studio m_studio;
    ConversationId m_conversation = 0;
    Turn m_lastReply;
    bool m_modelFailed = false;
};

} // namespace

Result<> takeScreenshots(const WindowArguments &arguments)
{
    const QString pictures = QString::fromStdString(arguments.pictures.string());
    const QTemporaryDir folder;
    if (!folder.isValid() || !QDir().mkpath(pictures))
        return Error{ErrorCode::Io, format("The folder %s cannot be written.", qPrintable(pictures)), ""};
    Stage stage(arguments, folder.path());
    if (arguments.theme != "dark")
        TRY_(stage.play(ThemeChoice::Light));
    if (arguments.theme != "light")
        TRY_(stage.play(ThemeChoice::Dark));
    return {};
}

} // namespace volary::ui
