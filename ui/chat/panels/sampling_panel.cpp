#include "ui/chat/panels/sampling_panel.h"

#include "core/text/chat_format.h"
#include "ui/widgets/path_field.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace volary::ui {

namespace {
constexpr int kDelayMs = 300;
constexpr int kSliderSteps = 100;
} // namespace

SamplingPanel::SamplingPanel(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_seed(new QLineEdit), m_format(new QComboBox),
      m_state(new PathField(themes, tr("Tuned state"),
                            tr("Tuned states (*.pth *.safetensors);;All files (*)"), tr("the model's own")))
{
    setObjectName(QStringLiteral("samplingPanel"));
    auto *content = new QWidget;
    auto *form = new QFormLayout(content);
    form->setContentsMargins(14, 12, 14, 12);
    form->setVerticalSpacing(8);
    form->setRowWrapPolicy(QFormLayout::WrapAllRows);
    m_temperature = addNumber(*form, tr("Temperature"),
                              tr("How daring the choice is: 0 always takes the likeliest token."), 2, 0.05);
    m_topP = addNumber(*form, tr("Top-p"), tr("Only the likeliest tokens that together make up this share."),
                       1, 0.01);
    m_minP = addNumber(*form, tr("Min-p"),
                       tr("Only tokens of at least this share of the likeliest one; 0 is off."), 1, 0.01);
    m_topK = addCount(*form, tr("Top-k"), tr("Only so many of the likeliest tokens; 0 is off."), 0, 1000);
    m_presence = addNumber(*form, tr("Presence penalty"), tr("Against using a token again at all."), 2, 0.05);
    m_frequency = addNumber(*form, tr("Frequency penalty"),
                            tr("Against using a token often, for each time it occurred."), 2, 0.05);
    m_decay =
        addNumber(*form, tr("Penalty decay"), tr("How quickly that is forgiven, token by token."), 1, 0.001);
    m_decay->setDecimals(3);
    m_maxTokens = addCount(*form, tr("Longest reply, in tokens"),
                           tr("A longer reply stops there and can be continued."), 1, 100'000);

    m_seed->setPlaceholderText(tr("new each time"));
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed and text give the same reply. Empty: another one every time."));
    m_seed->setValidator(
        new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,18}")), m_seed));
    auto *dice = new QToolButton;
    dice->setIcon(themes.icon(QStringLiteral("dice")));
    dice->setProperty("kind", "quiet");
    dice->setAccessibleName(tr("Draw a seed"));
    dice->setToolTip(tr("Draw a seed and keep it"));
    connect(dice, &QToolButton::clicked, this, [this] {
        m_seed->setText(QString::number(QRandomGenerator::global()->bounded(1, 1'000'000'000)));
    });
    auto *seedRow = new QHBoxLayout;
    seedRow->addWidget(m_seed, 1);
    seedRow->addWidget(dice);
    form->addRow(tr("Seed"), seedRow);

    m_format->setAccessibleName(tr("Chat format"));
    m_format->setToolTip(tr("How your turns are written for the model."));
    m_format->addItem(tr("the model's own"), QString());
    for (const ChatFormat &format : chatFormats())
        m_format->addItem(QString::fromStdString(format.title), QString::fromStdString(format.id));
    form->addRow(tr("Chat format"), m_format);
    m_state->setToolTip(
        tr("What the first turn of this conversation begins with: a character or a task that a "
           "state was tuned for."));
    form->addRow(tr("Begins with"), m_state);

    auto *suggested = new QPushButton(tr("Use the model's suggestion"));
    connect(suggested, &QPushButton::clicked, this, [this] {
        GenerationSettings wanted = m_suggested;
        wanted.initialState = m_state->path(); // what a conversation is about, not how it is sampled
        wanted.beginning = m_beginning;
        setSettings(wanted);
        m_delay.start();
    });
    form->addRow(suggested);

    auto *scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(scroll);
    setMinimumWidth(240);

    m_delay.setSingleShot(true);
    m_delay.setInterval(kDelayMs);
    connect(&m_delay, &QTimer::timeout, this, &SamplingPanel::changed);
    const auto touched = [this] {
        if (!m_filling)
            m_delay.start();
    };
    connect(m_seed, &QLineEdit::textChanged, this, touched);
    connect(m_format, &QComboBox::currentIndexChanged, this, touched);
    connect(m_state, &PathField::changed, this, touched);
    connect(m_topK, &QSpinBox::valueChanged, this, touched);
    connect(m_maxTokens, &QSpinBox::valueChanged, this, touched);
    for (auto *number : {m_temperature, m_topP, m_minP, m_presence, m_frequency, m_decay})
        connect(number, &QDoubleSpinBox::valueChanged, this, touched);
    setSettings({});
}

QDoubleSpinBox *SamplingPanel::addNumber(QFormLayout &form, const QString &name, const QString &help,
                                         double high, double step)
{
    auto *box = new QDoubleSpinBox;
    box->setRange(0, high);
    box->setSingleStep(step);
    box->setAccessibleName(name);
    box->setToolTip(help);
    auto *slider = new QSlider(Qt::Horizontal);
    slider->setRange(0, kSliderSteps);
    slider->setAccessibleName(tr("%1, coarse").arg(name));
    slider->setToolTip(help);
    connect(slider, &QSlider::valueChanged, box, [box, high](int value) {
        const double wanted = high * value / kSliderSteps;
        if (std::lround(box->value() * kSliderSteps / high) != value) // else the slider only follows the box
            box->setValue(wanted);
    });
    connect(box, &QDoubleSpinBox::valueChanged, slider, [slider, high](double value) {
        slider->setValue(int(std::lround(value * kSliderSteps / high)));
    });
    auto *row = new QHBoxLayout;
    row->addWidget(slider, 1);
    row->addWidget(box);
    form.addRow(name, row);
    return box;
}

QSpinBox *SamplingPanel::addCount(QFormLayout &form, const QString &name, const QString &help, int low,
                                  int high)
{
    auto *box = new QSpinBox;
    box->setRange(low, high);
    box->setAccessibleName(name);
    box->setToolTip(help);
    form.addRow(name, box);
    return box;
}

void SamplingPanel::setBeginning(SnapshotId beginning)
{
    m_beginning = beginning;
    m_delay.start();
}

void SamplingPanel::flush()
{
    if (!m_delay.isActive())
        return;
    m_delay.stop();
    emit changed();
}

void SamplingPanel::setSettings(const GenerationSettings &settings)
{
    m_delay.stop();
    m_filling = true;
    const SamplerSettings &s = settings.sampler;
    m_temperature->setValue(s.temperature);
    m_topP->setValue(s.topP);
    m_minP->setValue(s.minP);
    m_topK->setValue(s.topK);
    m_presence->setValue(s.presencePenalty);
    m_frequency->setValue(s.frequencyPenalty);
    m_decay->setValue(s.penaltyDecay);
    m_maxTokens->setValue(settings.maxTokens);
    m_seed->setText(s.seed == 0 ? QString() : QString::number(s.seed));
    m_format->setCurrentIndex(std::max(0, m_format->findData(QString::fromStdString(settings.chatFormat))));
    m_state->setPath(settings.initialState);
    m_beginning = settings.beginning;
    m_filling = false;
}

GenerationSettings SamplingPanel::settings() const
{
    GenerationSettings settings;
    SamplerSettings &s = settings.sampler;
    s.temperature = m_temperature->value();
    s.topP = m_topP->value();
    s.minP = m_minP->value();
    s.topK = m_topK->value();
    s.presencePenalty = m_presence->value();
    s.frequencyPenalty = m_frequency->value();
    s.penaltyDecay = m_decay->value();
    s.seed = m_seed->text().toULongLong();
    settings.maxTokens = m_maxTokens->value();
    settings.chatFormat = m_format->currentData().toString().toStdString();
    settings.initialState = m_state->path();
    settings.beginning = m_beginning;
    return settings;
}

void SamplingPanel::setSuggested(const GenerationSettings &settings)
{
    m_suggested = settings;
}

} // namespace volary::ui
