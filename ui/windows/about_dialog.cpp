#include "ui/windows/about_dialog.h"

#include <QApplication>
#include <QDialogButtonBox>
#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

QString licences()
{
    return AboutDialog::tr(
               "Volary is free software under the **Apache License 2.0**. It comes without any warranty.\n\n"
               "It stands on the work of others:\n\n"
               "| | licence |\n|:--|:--|\n"
               "| Qt %1 (Core, Gui, Widgets, Svg, Network) | LGPL 3 |\n"
               "| SQLite | public domain |\n"
               "| sentencepiece | Apache 2.0 |\n"
               "| Highway | Apache 2.0 |\n"
               "| OpenSSL libcrypto | Apache 2.0 |\n"
               "| md4c | MIT |\n"
               "| zlib | zlib |\n\n"
               "RWKV is the work of Bo Peng and the RWKV community. Volary is not affiliated with them.\n\n"
               "Volary uses no network: models, conversations and settings stay on this computer.")
        .arg(QString::fromLatin1(qVersion()));
}

} // namespace

AboutDialog::AboutDialog(const ThemeManager &themes, QWidget *parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("about"));
    setWindowTitle(tr("About Volary"));
    resize(520, 460);
    auto *title = new QLabel(QStringLiteral("Volary"));
    title->setProperty("role", "title");
    auto *version = new QLabel(tr("Version %1, a desktop studio for recurrent language models")
                                   .arg(QApplication::applicationVersion()));
    version->setProperty("role", "muted");
    auto *text = new QTextBrowser;
    text->setAccessibleName(tr("Licences"));
    text->setMarkdown(licences());
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(space);
    layout->addWidget(title);
    layout->addWidget(version);
    layout->addSpacing(space);
    layout->addWidget(text, 1);
    layout->addWidget(buttons);
}

} // namespace volary::ui
