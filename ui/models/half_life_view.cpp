#include "ui/models/half_life_view.h"

#include "ui/widgets/band_plot.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace volary::ui {

namespace {

constexpr int kCsvDigits = 9;
constexpr double kFewTokens = 100, kManyTokens = 1e6;

QString tokens(double count)
{
    if (std::isnan(count))
        return HalfLifeView::tr("no number");
    if (count >= kManyTokens)
        return HalfLifeView::tr("more than a million");
    return QLocale().toString(count, 'f', count < kFewTokens ? 1 : 0);
}

// Of all channels; what is no number counts as the longest.
double median(const std::vector<LayerHalfLives> &layers)
{
    std::vector<double> all;
    for (const LayerHalfLives &layer : layers)
        all.insert(all.end(), layer.typical.begin(), layer.typical.end());
    if (all.empty())
        return 0;
    const auto middle = all.begin() + std::ptrdiff_t(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end(),
                     [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); });
    return *middle;
}

} // namespace

HalfLifeView::HalfLifeView(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_sentence(new QLabel), m_current(new QLabel),
      m_plot(new BandPlot(themes, tr("Half-life in tokens"),
                          tr("Layers; in each, its channels from the shortest memory to the longest")))
{
    m_sentence->setWordWrap(true);
    m_sentence->setProperty("role", "muted");
    m_sentence->setObjectName(QStringLiteral("models.halfLifeSentence"));
    m_current->setProperty("role", "caption");
    m_current->setObjectName(QStringLiteral("models.halfLifeCurrent"));
    m_plot->setObjectName(QStringLiteral("models.halfLives"));
    connect(m_plot, &BandPlot::currentChanged, this, &HalfLifeView::describeCurrent);
    auto *copy = new QToolButton;
    copy->setText(tr("Copy as CSV"));
    copy->setIcon(themes.icon(QStringLiteral("copy")));
    copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    copy->setProperty("kind", "quiet");
    connect(copy, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(asCsv(m_layers)); });

    const int space = themes.theme().space;
    auto *below = new QHBoxLayout;
    below->addWidget(m_current, 1);
    below->addWidget(copy);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, space, 0, 0);
    layout->setSpacing(space);
    layout->addWidget(m_sentence);
    layout->addWidget(m_plot, 1);
    layout->addLayout(below);
}

bool HalfLifeView::textDecides() const
{
    return std::ranges::any_of(m_layers, [](const LayerHalfLives &l) { return l.shortest != l.longest; });
}

void HalfLifeView::setLayers(std::vector<LayerHalfLives> layers)
{
    m_layers = std::move(layers);
    m_order.clear();
    std::vector<BandPlot::Section> sections;
    for (const LayerHalfLives &layer : m_layers) {
        auto &order = m_order.emplace_back(layer.typical.size());
        std::iota(order.begin(), order.end(), std::size_t(0));
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
            const double x = layer.typical[a], y = layer.typical[b];
            return x < y || (std::isnan(y) && !std::isnan(x));
        });
        BandPlot::Section &section = sections.emplace_back();
        section.name = QLocale().toString(layer.layer);
        for (const std::size_t channel : order) {
            section.low.push_back(layer.shortest[channel]);
            section.middle.push_back(layer.typical[channel]);
            section.high.push_back(layer.longest[channel]);
        }
    }
    QString sentence =
        tr("After its half-life, half of what a channel of the memory held has faded, by decay "
           "alone; the median of this model is %1 tokens.")
            .arg(tokens(median(m_layers)));
    if (textDecides())
        sentence += QLatin1Char(' ') +
                    tr("Every token changes that: the line is what the weights say by themselves, the band "
                       "holds all that any text can make of it.");
    m_sentence->setText(sentence);
    m_plot->setSections(std::move(sections));
}

void HalfLifeView::describeCurrent()
{
    QString text;
    const auto section = std::size_t(m_plot->section()), point = std::size_t(m_plot->point());
    if (section < m_layers.size() && point < m_order[section].size()) {
        const LayerHalfLives &layer = m_layers[section];
        const std::size_t channel = m_order[section][point];
        text = tr("Layer %1, channel %2: half-life %3 tokens")
                   .arg(layer.layer)
                   .arg(channel)
                   .arg(tokens(layer.typical[channel]));
        if (layer.shortest[channel] != layer.longest[channel])
            text += tr(", with any text between %1 and %2")
                        .arg(tokens(layer.shortest[channel]), tokens(layer.longest[channel]));
    }
    m_current->setText(text);
    m_plot->setAccessibleDescription(text);
}

QString HalfLifeView::asCsv(const std::vector<LayerHalfLives> &layers)
{
    QString csv = QStringLiteral("layer,channel,shortest,typical,longest\n");
    const auto number = [](double x) { return QString::number(x, 'g', kCsvDigits); };
    for (const LayerHalfLives &layer : layers) {
        for (std::size_t c = 0; c < layer.typical.size(); ++c)
            csv += QStringLiteral("%1,%2,%3,%4,%5\n")
                       .arg(layer.layer)
                       .arg(c)
                       .arg(number(layer.shortest[c]), number(layer.typical[c]), number(layer.longest[c]));
    }
    return csv;
}

} // namespace volary::ui
