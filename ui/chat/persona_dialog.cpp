#include "ui/chat/persona_dialog.h"

#include "ui/widgets/error_card.h"
#include "ui/widgets/path_field.h"
#include "ui/widgets/progress_row.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {
constexpr int kWidth = 600;
constexpr int kHeight = 440;
constexpr int kLongestName = 80;
} // namespace

PersonaDialog::PersonaDialog(EngineBridge &bridge, const ThemeManager &themes, std::string chatFormat,
                             QWidget *parent)
    : QDialog(parent), m_bridge(bridge), m_chatFormat(std::move(chatFormat)), m_name(new QLineEdit),
      m_text(new QPlainTextEdit),
      m_state(new PathField(themes, tr("Tuned state"),
                            tr("Tuned states (*.pth *.safetensors);;All files (*)"),
                            tr("None: the model's own state"))),
      m_error(new ErrorCard(themes)), m_progress(new ProgressRow(themes, tr("Reading")))
{
    setObjectName(QStringLiteral("personas.dialog"));
    setWindowTitle(tr("New persona"));
    m_name->setObjectName(QStringLiteral("personas.name"));
    m_name->setAccessibleName(tr("Name"));
    m_name->setMaxLength(kLongestName);
    m_name->setPlaceholderText(tr("A patient teacher"));
    m_text->setObjectName(QStringLiteral("personas.text"));
    m_text->setAccessibleName(tr("What it has read"));
    m_text->setTabChangesFocus(true);
    m_text->setPlaceholderText(tr("Who it is, what it knows, how it answers: a line or a whole briefing."));

    const int space = themes.theme().space;
    auto *note =
        new QLabel(tr("The model reads this once. The state is stored under the name, and every chat "
                      "that begins with it starts there without reading anything again."));
    note->setWordWrap(true);
    note->setProperty("role", "muted");
    auto *form = new QFormLayout;
    form->setVerticalSpacing(2 * space);
    form->setHorizontalSpacing(3 * space);
    form->setLabelAlignment(Qt::AlignLeft);
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("Has read"), m_text);
    form->addRow(tr("Tuned state"), m_state);
    m_error->hide();
    m_progress->hide();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_make = buttons->addButton(tr("Make the persona"), QDialogButtonBox::AcceptRole);
    m_make->setObjectName(QStringLiteral("personas.make"));
    m_make->setProperty("kind", "primary");
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(note);
    layout->addLayout(form, 1);
    layout->addWidget(m_error);
    layout->addWidget(m_progress);
    layout->addWidget(buttons);
    resize(kWidth, kHeight);

    connect(buttons, &QDialogButtonBox::accepted, this, &PersonaDialog::make);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    connect(m_progress, &ProgressRow::cancelRequested, this, [this] { m_bridge.cancel(m_request); });
    connect(m_name, &QLineEdit::textChanged, this, &PersonaDialog::refresh);
    connect(m_text, &QPlainTextEdit::textChanged, this, &PersonaDialog::refresh);
    connect(m_state, &PathField::changed, this, &PersonaDialog::refresh);
    connect(&m_bridge, &EngineBridge::promptProgress, this,
            [this](RequestId request, const event::PromptProgress &progress) {
                if (request == m_request && progress.total > 0)
                    m_progress->setProgress(double(progress.done) / double(progress.total),
                                            tr("%1 of %2 tokens").arg(progress.done).arg(progress.total));
            });
    connect(&m_bridge, &EngineBridge::personaMade, this,
            [this](RequestId request, const event::PersonaMade &persona) {
                if (request != m_request)
                    return;
                m_request = 0;
                emit made(persona.snapshot.id);
                accept();
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (request != m_request)
                    return;
                m_request = 0;
                if (failed.error.code != ErrorCode::Cancelled)
                    m_error->show(tr("The persona could not be made"), failed.error);
                refresh();
            });
    refresh();
}

void PersonaDialog::make()
{
    m_error->hide();
    m_progress->setTask(tr("Reading"));
    m_progress->setProgress(-1, {});
    m_request = m_bridge.post(command::MakePersona{.name = m_name->text().simplified().toStdString(),
                                                   .text = m_text->toPlainText().toStdString(),
                                                   .initialState = m_state->path(),
                                                   .chatFormat = m_chatFormat});
    refresh();
}

void PersonaDialog::refresh()
{
    const bool idle = m_request == 0;
    const bool something = !m_text->toPlainText().trimmed().isEmpty() || !m_state->path().empty();
    m_make->setEnabled(idle && something && !m_name->text().trimmed().isEmpty());
    m_progress->setVisible(!idle);
    for (QWidget *field :
         {static_cast<QWidget *>(m_name), static_cast<QWidget *>(m_text), static_cast<QWidget *>(m_state)})
        field->setEnabled(idle);
}

void PersonaDialog::done(int result)
{
    if (m_request != 0)
        m_bridge.cancel(m_request);
    QDialog::done(result);
}

} // namespace volary::ui
