#include "ui/models/adapter_list.h"

#include "ui/widgets/path_field.h"

#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {

constexpr double kMostStrength = 4;
constexpr double kMostAlpha = 4096;

const char *const kTensorFiles =
    QT_TRANSLATE_NOOP("volary::ui::AdapterList", "Adapters (*.pth *.safetensors *.bin);;All files (*)");

} // namespace

// Strength and alpha are asked for each; PiSSA's second file too, since nothing in the first tells of it.
class AdapterRow : public QFrame {
public:
    AdapterRow(const ThemeManager &themes, AdapterRequest adapter)
        : m_adapter(std::move(adapter)), m_strength(new QDoubleSpinBox), m_alpha(new QDoubleSpinBox),
          m_initial(new PathField(themes, AdapterList::tr("Initial factors of PiSSA"),
                                  AdapterList::tr(kTensorFiles),
                                  AdapterList::tr("Initial factors, for PiSSA only"))),
          m_remove(new QToolButton)
    {
        setProperty("card", "plain");
        const QString path = QString::fromStdString(m_adapter.path.string());
        auto *name = new QLabel(QString::fromStdString(m_adapter.path.filename().string()));
        name->setTextFormat(Qt::PlainText);
        name->setToolTip(path);
        m_strength->setRange(-kMostStrength, kMostStrength);
        m_strength->setSingleStep(0.05);
        m_strength->setValue(m_adapter.strength);
        m_strength->setPrefix(AdapterList::tr("strength "));
        m_strength->setAccessibleName(AdapterList::tr("Strength of %1").arg(name->text()));
        m_strength->setToolTip(AdapterList::tr("How much of the change is merged: 1 as trained, 0 nothing."));
        m_alpha->setRange(0, kMostAlpha);
        m_alpha->setSpecialValueText(AdapterList::tr("alpha as stored"));
        m_alpha->setPrefix(AdapterList::tr("alpha "));
        m_alpha->setValue(m_adapter.alpha.value_or(0));
        m_alpha->setAccessibleName(AdapterList::tr("Alpha of %1").arg(name->text()));
        m_alpha->setToolTip(
            AdapterList::tr("LoRA files of RWKV-PEFT do not store the alpha of their training."));
        m_initial->setPath(m_adapter.pissaInit);
        m_remove->setIcon(themes.icon(QStringLiteral("close"), IconTone::Muted));
        m_remove->setProperty("kind", "quiet");
        m_remove->setAccessibleName(AdapterList::tr("Remove %1").arg(name->text()));
        m_remove->setToolTip(AdapterList::tr("Remove"));
        const int space = themes.theme().space;
        auto *layout = new QGridLayout(this);
        layout->setContentsMargins(space + space / 2, space, space, space);
        layout->setHorizontalSpacing(space);
        layout->addWidget(name, 0, 0);
        layout->addWidget(m_strength, 0, 1);
        layout->addWidget(m_alpha, 0, 2);
        layout->addWidget(m_remove, 0, 3);
        layout->addWidget(m_initial, 1, 0, 1, 4);
        layout->setColumnStretch(0, 1);
    }

    QToolButton *removeButton() const { return m_remove; }

    AdapterRequest adapter() const
    {
        AdapterRequest adapter = m_adapter;
        adapter.strength = m_strength->value();
        adapter.alpha = m_alpha->value() > 0 ? std::optional(m_alpha->value()) : std::nullopt;
        adapter.pissaInit = m_initial->path();
        return adapter;
    }

private:
    AdapterRequest m_adapter;
    QDoubleSpinBox *m_strength, *m_alpha;
    PathField *m_initial;
    QToolButton *m_remove;
};

AdapterList::AdapterList(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_rowLayout(new QVBoxLayout)
{
    auto *file = new QPushButton(tr("Add a file…"));
    auto *folder = new QPushButton(tr("Add a folder…"));
    folder->setToolTip(tr("As Hugging Face's peft writes it"));
    for (QPushButton *button : {file, folder})
        button->setAutoDefault(false);
    connect(file, &QPushButton::clicked, this, &AdapterList::chooseFile);
    connect(folder, &QPushButton::clicked, this, &AdapterList::chooseFolder);
    const int space = themes.theme().space;
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space);
    buttons->addWidget(file);
    buttons->addWidget(folder);
    buttons->addStretch(1);
    m_rowLayout->setSpacing(space);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space);
    layout->addLayout(m_rowLayout);
    layout->addLayout(buttons);
}

std::vector<AdapterRequest> AdapterList::adapters() const
{
    std::vector<AdapterRequest> all;
    for (const AdapterRow *row : m_rows)
        all.push_back(row->adapter());
    return all;
}

void AdapterList::add(const AdapterRequest &adapter)
{
    auto *row = new AdapterRow(m_themes, adapter);
    m_rows.push_back(row);
    m_rowLayout->addWidget(row);
    connect(row->removeButton(), &QToolButton::clicked, this, [this, row] {
        std::erase(m_rows, row);
        row->deleteLater();
    });
}

void AdapterList::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Add an adapter"), {}, tr(kTensorFiles));
    if (!path.isEmpty())
        add({.path = path.toStdString(), .alpha = {}, .pissaInit = {}});
}

void AdapterList::chooseFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Add an adapter folder"));
    if (!path.isEmpty())
        add({.path = path.toStdString(), .alpha = {}, .pissaInit = {}});
}

} // namespace volary::ui
