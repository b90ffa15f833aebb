#include "ui/widgets/band_plot.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <span>

namespace volary::ui {

namespace {
constexpr int kWidth = 480, kHeight = 220, kLeastHeight = 120;
constexpr int kMostDecades = 8;
constexpr int kSpace = 6;
constexpr int kBandAlpha = 70;
constexpr double kLine = 1.6, kDot = 3.5;

QString powerOfTen(int decade)
{
    return QLocale().toString(std::pow(10.0, decade), decade < 0 ? 'g' : 'f', decade < 0 ? 2 : 0);
}
} // namespace

BandPlot::BandPlot(const ThemeManager &themes, QString unit, QString across, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_unit(std::move(unit)), m_across(std::move(across))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(m_unit);
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

void BandPlot::setSections(std::vector<Section> sections)
{
    m_sections = std::move(sections);
    double least = INFINITY, most = 0;
    for (const Section &section : m_sections) {
        for (std::size_t i = 0; i < section.middle.size(); ++i) {
            least = section.low[i] > 0 ? std::min(least, section.low[i]) : least;
            most = std::isfinite(section.middle[i]) ? std::max(most, section.middle[i]) : most;
        }
    }
    const bool some = std::isfinite(least) && most > 0;
    m_lastDecade = some ? int(std::ceil(std::log10(most))) : 1;
    m_firstDecade = some ? std::max(int(std::floor(std::log10(least))), m_lastDecade - kMostDecades) : 0;
    m_lastDecade = std::max(m_lastDecade, m_firstDecade + 1);
    m_section = m_point = 0;
    update();
    emit currentChanged();
}

void BandPlot::setCurrent(int section, int point)
{
    if (m_sections.empty())
        return;
    section = std::clamp(section, 0, int(m_sections.size()) - 1);
    const int points = int(m_sections[std::size_t(section)].middle.size());
    point = std::clamp(point, 0, std::max(0, points - 1));
    if (section == m_section && point == m_point)
        return;
    m_section = section;
    m_point = point;
    update();
    emit currentChanged();
}

QSize BandPlot::sizeHint() const
{
    return {kWidth, kHeight};
}

QSize BandPlot::minimumSizeHint() const
{
    return {kWidth / 2, kLeastHeight};
}

QRectF BandPlot::plot() const
{
    const QFontMetrics metrics(m_themes.font(0.9));
    const int line = metrics.height();
    int left = 0;
    for (int decade = m_firstDecade; decade <= m_lastDecade; ++decade)
        left = std::max(left, metrics.horizontalAdvance(powerOfTen(decade)));
    return QRectF(rect()).adjusted(left + kSpace, line + kSpace, -kSpace, -2 * line - kSpace);
}

QPointF BandPlot::place(int section, int point, double value) const
{
    const QRectF area = plot();
    const double width = area.width() / double(m_sections.size());
    const auto points = double(m_sections[std::size_t(section)].middle.size());
    const double share = (std::log10(value) - m_firstDecade) / double(m_lastDecade - m_firstDecade);
    return {area.left() + width * (section + (point + 0.5) / points),
            area.bottom() - area.height() * std::clamp(share, 0.0, 1.0)};
}

void BandPlot::paintEvent(QPaintEvent *)
{
    if (m_sections.empty())
        return;
    QPainter painter(this);
    painter.setFont(m_themes.font(0.9));
    paintAxes(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    for (int section = 0; section < int(m_sections.size()); ++section)
        paintSection(painter, section);
    paintCurrent(painter);
}

void BandPlot::paintAxes(QPainter &painter) const
{
    const QRectF area = plot();
    const QFontMetrics metrics = painter.fontMetrics();
    const int line = metrics.height();
    const Theme &theme = m_themes.theme();
    painter.setPen(theme.muted);
    painter.drawText(QRectF(0, 0, width(), line), Qt::AlignLeft, m_unit);
    painter.drawText(QRectF(0, area.bottom() + line + kSpace / 2, area.right(), line), Qt::AlignRight,
                     m_across);
    const double decade = area.height() / double(m_lastDecade - m_firstDecade);
    // As many numbers as do not touch each other.
    const int every = std::max(1, int(std::ceil(line / decade)));
    for (int i = 0; i <= m_lastDecade - m_firstDecade; ++i) {
        const double y = area.bottom() - i * decade;
        painter.setPen(theme.border);
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(theme.muted);
        if (i % every == 0)
            painter.drawText(QRectF(0, y - line / 2.0, area.left() - kSpace, line), Qt::AlignRight,
                             powerOfTen(m_firstDecade + i));
    }
    const double width = area.width() / double(m_sections.size());
    double free = area.left();
    for (std::size_t i = 0; i < m_sections.size(); ++i) {
        const double left = area.left() + width * double(i);
        painter.setPen(theme.border);
        painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()));
        const int wide = metrics.horizontalAdvance(m_sections[i].name);
        const double begin = left + (width - wide) / 2;
        if (begin < free)
            continue;
        painter.setPen(theme.muted);
        painter.drawText(QPointF(begin, area.bottom() + metrics.ascent() + 1), m_sections[i].name);
        free = begin + wide + kSpace;
    }
}

void BandPlot::paintSection(QPainter &painter, int section) const
{
    const Section &values = m_sections[std::size_t(section)];
    const auto points = int(values.middle.size());
    QPolygonF line, above, below;
    for (int i = 0; i < points; ++i) {
        const auto at = std::size_t(i);
        if (std::isnan(values.low[at]) || std::isnan(values.middle[at]) || std::isnan(values.high[at]))
            continue;
        line << place(section, i, values.middle[at]);
        above << place(section, i, values.high[at]);
        below << place(section, i, values.low[at]);
    }
    QColor band = m_themes.theme().accent;
    band.setAlpha(kBandAlpha);
    std::reverse(below.begin(), below.end());
    painter.setPen(Qt::NoPen);
    painter.setBrush(band);
    painter.drawPolygon(above + below);
    painter.setPen(QPen(m_themes.theme().accent, kLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
}

void BandPlot::paintCurrent(QPainter &painter) const
{
    const Section &values = m_sections[std::size_t(m_section)];
    if (values.middle.empty() || std::isnan(values.middle[std::size_t(m_point)]))
        return;
    const QPointF at = place(m_section, m_point, values.middle[std::size_t(m_point)]);
    const Theme &theme = m_themes.theme();
    painter.setPen(QPen(hasFocus() ? theme.focus : theme.muted, 1));
    painter.drawLine(QPointF(at.x(), plot().top()), QPointF(at.x(), plot().bottom()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.text);
    painter.drawEllipse(at, kDot, kDot);
}

void BandPlot::mouseMoveEvent(QMouseEvent *event)
{
    const QRectF area = plot();
    if (m_sections.empty() || !area.contains(event->position()))
        return;
    const double share = (event->position().x() - area.left()) / area.width() * double(m_sections.size());
    const int section = std::min(int(share), int(m_sections.size()) - 1);
    const auto points = double(m_sections[std::size_t(section)].middle.size());
    setCurrent(section, int((share - section) * points));
}

void BandPlot::keyPressEvent(QKeyEvent *event)
{
    const auto pointsOf = [this](int section) {
        return section >= 0 && section < int(m_sections.size())
                   ? int(m_sections[std::size_t(section)].middle.size())
                   : 0;
    };
    switch (event->key()) {
    case Qt::Key_Left:
        if (m_point > 0)
            setCurrent(m_section, m_point - 1);
        else if (m_section > 0)
            setCurrent(m_section - 1, pointsOf(m_section - 1) - 1);
        return;
    case Qt::Key_Right:
        if (m_point + 1 < pointsOf(m_section))
            setCurrent(m_section, m_point + 1);
        else if (m_section + 1 < int(m_sections.size()))
            setCurrent(m_section + 1, 0);
        return;
    case Qt::Key_PageUp: setCurrent(m_section - 1, m_point); return;
    case Qt::Key_PageDown: setCurrent(m_section + 1, m_point); return;
    case Qt::Key_Home: setCurrent(m_section, 0); return;
    case Qt::Key_End: setCurrent(m_section, pointsOf(m_section) - 1); return;
    default: QWidget::keyPressEvent(event);
    }
}

} // namespace volary::ui
