#include "ui/chat/start_page.h"

#include "ui/chat/persona_chooser.h"

#include <QGridLayout>
#include <QIcon>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <array>

namespace volary::ui {

namespace {

// Kinds of text that the bundled model was made for; any model can answer them.
struct Suggestion {
    const char *icon;
    const char *title;
    const char *prompt;
};
constexpr std::array kSuggestions{
    Suggestion{"play", QT_TRANSLATE_NOOP("volary::ui::StartPage", "A story"),
               QT_TRANSLATE_NOOP("volary::ui::StartPage", "Tell me a story about a fox and a mouse.")},
    Suggestion{
        "memory", QT_TRANSLATE_NOOP("volary::ui::StartPage", "Its memory"),
        QT_TRANSLATE_NOOP("volary::ui::StartPage", "Hello, I am Tarquin and I have a cat named Momo.")},
    Suggestion{"search", QT_TRANSLATE_NOOP("volary::ui::StartPage", "Reading"),
               QT_TRANSLATE_NOOP(
                   "volary::ui::StartPage",
                   "Read this.\nOrwin sold the red bell at the mill. Anna lives in Talveston. The baker has "
                   "12 lamps.\nHow many lamps does the baker have?")},
    Suggestion{"help", QT_TRANSLATE_NOOP("volary::ui::StartPage", "Who are you?"),
               QT_TRANSLATE_NOOP("volary::ui::StartPage", "Hello! What are you?")},
};
constexpr int kAboutWidth = 560;
constexpr std::uint64_t kTinyParameters = 100'000'000;

} // namespace

StartPage::StartPage(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_title(new QLabel(this)), m_about(new QLabel(this)), m_prompts(new QWidget(this)),
      m_personas(new PersonaChooser(bridge, themes, this)),
      m_openModel(new QPushButton(tr("Open a model"), this))
{
    setProperty("ground", "surface");
    setAttribute(Qt::WA_StyledBackground);
    auto *logo = new QLabel(this);
    logo->setPixmap(QIcon(QStringLiteral(":/icons/volary.svg")).pixmap(64, 64));
    logo->setAlignment(Qt::AlignCenter);
    m_title->setProperty("role", "title");
    m_title->setAlignment(Qt::AlignCenter);
    m_about->setProperty("role", "muted");
    m_about->setAlignment(Qt::AlignCenter);
    m_about->setWordWrap(true);
    m_about->setFixedWidth(kAboutWidth);
    m_openModel->setProperty("kind", "primary");
    connect(m_openModel, &QPushButton::clicked, this, &StartPage::modelsRequested);

    auto *grid = new QGridLayout(m_prompts);
    grid->setSpacing(12);
    int number = 0;
    for (const Suggestion &suggestion : kSuggestions) {
        const QString prompt = tr(suggestion.prompt), title = tr(suggestion.title);
        auto *button = new QPushButton(m_prompts);
        button->setProperty("kind", "card");
        button->setObjectName(QStringLiteral("suggestion%1").arg(number));
        button->setAccessibleName(tr("%1: %2").arg(title, prompt));
        button->setCursor(Qt::PointingHandCursor);
        button->setFixedSize(270, 84);
        auto *icon = new QLabel(button);
        icon->setPixmap(themes.icon(QString::fromLatin1(suggestion.icon), IconTone::Accent).pixmap(18, 18));
        auto *name = new QLabel(title, button);
        name->setProperty("role", "heading");
        auto *text = new QLabel(prompt.section(u'\n', -1), button);
        text->setProperty("role", "muted");
        text->setWordWrap(true);
        for (QLabel *label : {icon, name, text})
            label->setAttribute(Qt::WA_TransparentForMouseEvents);
        auto *lines = new QGridLayout(button);
        lines->setContentsMargins(14, 10, 14, 10);
        lines->setVerticalSpacing(4);
        lines->setColumnStretch(1, 1);
        lines->addWidget(icon, 0, 0);
        lines->addWidget(name, 0, 1);
        lines->addWidget(text, 1, 0, 1, 2);
        grid->addWidget(button, number / 2, number % 2);
        connect(button, &QPushButton::clicked, this, [this, prompt] { emit promptChosen(prompt); });
        ++number;
    }

    auto *column = new QVBoxLayout(this);
    column->setSpacing(10);
    column->addStretch(2);
    column->addWidget(logo, 0, Qt::AlignHCenter);
    column->addWidget(m_title, 0, Qt::AlignHCenter);
    column->addWidget(m_about, 0, Qt::AlignHCenter);
    column->addSpacing(14);
    column->addWidget(m_personas, 0, Qt::AlignHCenter);
    column->addWidget(m_prompts, 0, Qt::AlignHCenter);
    column->addWidget(m_openModel, 0, Qt::AlignHCenter);
    column->addStretch(3);
    setModel(nullptr);
}

// A centred label does not get the height that its wrapped lines need by itself.
void StartPage::setAbout(const QString &text)
{
    m_about->setText(text);
    m_about->ensurePolished();
    m_about->setFixedHeight(m_about->heightForWidth(kAboutWidth));
}

void StartPage::setModel(const std::shared_ptr<const ModelDescription> &model)
{
    m_prompts->setVisible(model != nullptr);
    m_personas->setVisible(model != nullptr);
    m_openModel->setVisible(model == nullptr);
    if (!model) {
        m_title->setText(tr("Open a model to begin"));
        setAbout(tr("Volary runs RWKV models on this computer. Nothing you write leaves it."));
        return;
    }
    const QString name = QString::fromStdString(model->identity.name);
    m_title->setText(tr("%1 is ready").arg(name));
    const auto memory = [](std::uint64_t bytes) { return QLocale().formattedDataSize(qint64(bytes)); };
    const std::uint64_t perToken = bytesPerToken(model->state);
    const QString size =
        perToken == 0 ? tr("%1, however long the conversation grows").arg(memory(model->stateBytes))
                      : tr("%1 and %2 for each token").arg(memory(model->stateBytes), memory(perToken));
    QString about =
        tr("Every turn is kept as a snapshot of %1. Go back to any of them and branch, without reading "
           "anything again.")
            .arg(size);
    if (model->info.parameters < kTinyParameters)
        about = tr("This is a tiny model to try the program with: it tells stories and remembers what you "
                   "say, but knows "
                   "next to nothing about the world.") +
                QStringLiteral("\n") + about;
    setAbout(about);
}

} // namespace volary::ui
