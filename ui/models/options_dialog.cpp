#include "ui/models/options_dialog.h"

#include "ui/models/adapter_list.h"
#include "ui/widgets/path_field.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 460;

QString text(DType type)
{
    const std::string_view spelled = name(type);
    return QString::fromUtf8(spelled.data(), qsizetype(spelled.size()));
}

} // namespace

OptionsDialog::OptionsDialog(const ThemeManager &themes, const std::filesystem::path &model,
                             const ModelOptions &options, QWidget *parent)
    : QDialog(parent),
      m_model(new PathField(
          themes, tr("Model"),
          tr("RWKV models (*.safetensors *.safetensors.index.json *.gguf *.pth *.bin);;All files (*)"),
          tr("Choose a file, or write the path of a folder"))),
      m_type(new QComboBox), m_adapters(new AdapterList(themes)),
      m_state(new PathField(themes, tr("Tuned state"),
                            tr("Tuned states (*.pth *.safetensors);;All files (*)"),
                            tr("None: conversations begin with the model's own state")))
{
    setObjectName(QStringLiteral("models.options"));
    setWindowTitle(tr("Open model with options"));
    m_model->setPath(model);
    m_type->setObjectName(QStringLiteral("options.type"));
    m_type->setAccessibleName(tr("Weights"));
    m_type->addItem(tr("As stored"));
    for (const DType type : openableWeightTypes())
        m_type->addItem(text(type), int(type));
    m_type->setCurrentIndex(options.weightType ? m_type->findData(int(*options.weightType)) : 0);
    m_type->setToolTip(tr("The type that the matrices are turned into: smaller ones need less memory and are "
                          "read faster, but lose accuracy."));
    for (const AdapterRequest &adapter : options.adapters)
        m_adapters->add(adapter);
    m_state->setPath(options.initialState);

    const int space = themes.theme().space;
    auto *page = new QWidget;
    auto *form = new QFormLayout(page);
    form->setContentsMargins(0, 0, space, 0);
    form->setVerticalSpacing(2 * space);
    form->setHorizontalSpacing(3 * space);
    form->setLabelAlignment(Qt::AlignLeft);
    form->addRow(tr("Model"), m_model);
    form->addRow(tr("Weights"), m_type);
    form->addRow(tr("Adapters"), m_adapters);
    form->addRow(tr("Tuned state"), m_state);
    auto *scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);

    auto *note = new QLabel(tr("Adapters are merged while the model is opened; its file stays as it is. "
                               "Conversations remember which model wrote them, adapters included."));
    note->setWordWrap(true);
    note->setProperty("role", "muted");
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel);
    QPushButton *open = buttons->button(QDialogButtonBox::Open);
    open->setDefault(true);
    const auto check = [this, open] { open->setEnabled(!m_model->path().empty()); };
    connect(m_model, &PathField::changed, this, check);
    check();
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(scroll, 1);
    layout->addWidget(note);
    layout->addWidget(buttons);
    resize(kWidth, kHeight);
}

std::filesystem::path OptionsDialog::model() const
{
    return m_model->path();
}

ModelOptions OptionsDialog::options() const
{
    ModelOptions options;
    if (m_type->currentIndex() > 0)
        options.weightType = DType(m_type->currentData().toInt());
    options.adapters = m_adapters->adapters();
    options.initialState = m_state->path();
    return options;
}

} // namespace volary::ui
