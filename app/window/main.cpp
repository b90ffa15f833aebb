// volary: the window.
#include "app/support/paths.h"
#include "app/window/arguments.h"
#include "app/window/screenshots.h"
#include "app/window/studio.h"
#include "app/window/unix_signals.h"
#include "ui/windows/single_instance.h"

#include <QApplication>
#include <QStandardPaths>

#include <cstdio>

namespace {

using namespace volary;

constexpr int kWrongUsage = 2;

int runWindow(const WindowArguments &arguments, const QStringList &words)
{
    const std::filesystem::path library =
        arguments.library.empty() ? defaultLibraryPath() : std::filesystem::absolute(arguments.library);
    ui::SingleInstance instance(QString::fromStdString(library.string()));
    if (instance.handOver(words))
        return 0;
    instance.listen();

    const QString configuration = QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation);
    ui::Studio studio(arguments, {library, configuration});
    ui::UnixSignals signals_;
    QObject::connect(&signals_, &ui::UnixSignals::asked, &studio, [&studio] { studio.window().close(); });
    QObject::connect(&instance, &ui::SingleInstance::activated, &studio, &ui::Studio::activate);
    studio.start();
    return QApplication::exec();
}

int fail(const Error &error, int status)
{
    std::fprintf(stderr, "error: %s\n", error.what.c_str());
    if (!error.remedy.empty())
        std::fprintf(stderr, "hint: %s\n", error.remedy.c_str());
    return status;
}

} // namespace

int main(int argc, char **argv)
{
    // Read before there is an application, which would need a display.
    const auto parsed = parseWindowArguments({argv + 1, argv + argc});
    if (!parsed)
        return fail(parsed.error(), kWrongUsage);
    const WindowArguments &arguments = parsed.value();
    if (arguments.task == WindowArguments::Task::Help) {
        std::fputs(windowHelp().c_str(), stdout);
        return 0;
    }
    if (arguments.task == WindowArguments::Task::Version) {
        std::puts("volary " VOLARY_VERSION);
        return 0;
    }

    QCoreApplication::setApplicationName(QStringLiteral("volary"));
    QCoreApplication::setApplicationVersion(QStringLiteral(VOLARY_VERSION));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Volary"));
    QGuiApplication::setDesktopFileName(QStringLiteral("volary"));
    QApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments().mid(1);
    if (arguments.task == WindowArguments::Task::Screenshots) {
        const auto taken = ui::takeScreenshots(arguments);
        return taken ? 0 : fail(taken.error(), 1);
    }
    return runWindow(arguments, words);
}
