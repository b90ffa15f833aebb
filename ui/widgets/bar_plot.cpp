#include "ui/widgets/bar_plot.h"

#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kWidth = 240, kHeight = 90;
constexpr double kShare = 0.8; // of a bar's place that it fills
} // namespace

BarPlot::BarPlot(const ThemeManager &themes, QString caption, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_caption(std::move(caption))
{
    setAccessibleName(m_caption);
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

void BarPlot::setValues(std::vector<double> values)
{
    m_values = std::move(values);
    const double largest = m_values.empty() ? 0 : m_values.front();
    setAccessibleDescription(tr("%n bar(s), the first %1", nullptr, int(m_values.size()))
                                 .arg(QLocale().toString(largest, 'g', 4)));
    update();
}

QSize BarPlot::sizeHint() const
{
    return {kWidth, kHeight};
}

QRectF BarPlot::plot() const
{
    return QRectF(rect()).adjusted(0, 0, 0, -QFontMetrics(m_themes.font(0.9)).height() - 2);
}

void BarPlot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(m_themes.font(0.9));
    painter.setPen(m_themes.theme().muted);
    const QRectF area = plot();
    painter.drawText(QRectF(0, area.bottom() + 2, width(), height() - area.bottom()), Qt::AlignLeft,
                     m_caption);
    painter.setPen(m_themes.theme().border);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    double largest = 0;
    for (const double value : m_values)
        largest = std::isfinite(value) ? std::max(largest, value) : largest;
    if (largest <= 0)
        return;
    const double place = area.width() / double(m_values.size());
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        if (!std::isfinite(m_values[i]))
            continue;
        const double tall = area.height() * m_values[i] / largest;
        painter.fillRect(QRectF(area.left() + double(i) * place, area.bottom() - tall, place * kShare, tall),
                         m_themes.theme().accent);
    }
}

bool BarPlot::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip || m_values.empty())
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const auto index = std::clamp(qsizetype(help->pos().x() / (plot().width() / double(m_values.size()))),
                                  qsizetype(0), qsizetype(m_values.size()) - 1);
    QToolTip::showText(
        help->globalPos(),
        tr("%1: %2").arg(index + 1).arg(QLocale().toString(m_values[std::size_t(index)], 'g', 5)), this);
    return true;
}

} // namespace volary::ui
