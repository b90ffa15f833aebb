#include "ui/windows/help_page.h"

#include <QDialogButtonBox>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextCursor>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

QString page()
{
    return HelpPage::tr(
        "# How it works\n\n"
        "## A model that remembers with a state\n"
        "Most language models look back at every word for every new word. An RWKV model does not: it reads "
        "once and "
        "folds each word into a **state** of fixed size. A long conversation costs as much memory as a short "
        "one.\n\n"
        "## Every turn is a place to return to\n"
        "Because the state is small, Volary saves it after every turn. *Regenerate*, *Edit* and *Branch* "
        "start from "
        "the saved state: nothing is read again, however long the conversation is.\n\n"
        "## Versions and branches\n"
        "Nothing is overwritten. A turn with several versions shows **2/3**; Alt+Left and Alt+Right go "
        "through them. "
        "The branch tree shows the whole conversation at once.\n\n"
        "## Snapshots\n"
        "The Snapshots page holds the state after every turn. Start a chat from one, name or pin it so that "
        "it stays, export it as a file for somebody with the same model, or select two (Ctrl and click) to "
        "see "
        "in which layers and heads they differ. What any conversation has read is never read again.\n\n"
        "## Documents\n"
        "Drop a book on the window and read it: the model goes through it once. Stop whenever you like; it "
        "goes on from there, also after a crash. Then ask as often as you want, or have it summarised: the "
        "book is not read again. A state of fixed size forgets, so check what matters.\n\n"
        "## Personas\n"
        "A character or a briefing can be read once and kept. Choose it on the start page of a new chat.\n\n"
        "## Looking inside\n"
        "The Inspector shows everything the model remembers: one square per head, orange above zero, blue "
        "below. Drag the slider through the turns, or watch while a reply is written.\n\n"
        "## Nothing is lost\n"
        "There is no Save. A finished turn is on disk before it is shown as finished; a reply that is being "
        "written is "
        "kept every two seconds. After a crash or a power cut you continue where you were.\n\n"
        "## The bundled models are tiny\n"
        "They show how everything works, without a download: goose-tiny keeps a state of fixed size, "
        "goldfinch-tiny also a few bytes for every word. They tell short stories and hold small talk; do not "
        "expect knowledge. Open a larger model with Ctrl+O, or drop its file on the window.\n\n"
        "## How your turns are written\n"
        "Each model expects turns in a form of its own; Volary chooses it, and the Sampling panel can choose "
        "another. What a model thinks before it answers is folded; click it to read it.\n\n"
        "## Private by nature\n"
        "Volary uses no network. Conversations are in one file on this computer; Settings (Ctrl+,) says "
        "where.\n");
}

// Qt sets Markdown headings without room above them.
void openUpHeadings(QTextDocument &document, int room)
{
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        QTextBlockFormat format = block.blockFormat();
        if (format.headingLevel() < 2)
            continue;
        format.setTopMargin(room);
        QTextCursor(block).setBlockFormat(format);
    }
}

} // namespace

HelpPage::HelpPage(const ThemeManager &themes, QWidget *parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("help"));
    setWindowTitle(tr("How it works"));
    resize(640, 560);
    auto *text = new QTextBrowser;
    text->setAccessibleName(tr("How it works"));
    text->setMarkdown(page());
    text->document()->setDocumentMargin(2 * themes.theme().space);
    openUpHeadings(*text->document(), 2 * themes.theme().space);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 2 * space, 2 * space, 2 * space);
    layout->setSpacing(space);
    layout->addWidget(text, 1);
    layout->addWidget(buttons);
}

} // namespace volary::ui
