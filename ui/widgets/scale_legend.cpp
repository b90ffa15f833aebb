#include "ui/widgets/scale_legend.h"

#include <QPainter>

namespace volary::ui {

namespace {
constexpr int kWidth = 220, kHeight = 10, kSpace = 8;
constexpr double kScale = 0.9;
} // namespace

ScaleLegend::ScaleLegend(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&themes, &ThemeManager::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void ScaleLegend::setScale(std::function<QColor(double)> colourAt, const QStringList &captions,
                           const QString &unit)
{
    m_colourAt = std::move(colourAt);
    m_captions = captions;
    m_unit = unit;
    setAccessibleName(tr("Colours: %1, %2").arg(captions.join(QStringLiteral(", ")), unit));
    updateGeometry();
    update();
}

QSize ScaleLegend::sizeHint() const
{
    const QFontMetrics metrics(m_themes.font(kScale));
    return {kWidth + kSpace + metrics.horizontalAdvance(m_unit), kHeight + 2 + metrics.height()};
}

void ScaleLegend::paintEvent(QPaintEvent *)
{
    if (!m_colourAt)
        return;
    QPainter painter(this);
    for (int x = 0; x < kWidth; ++x)
        painter.fillRect(QRect(x, 0, 1, kHeight), m_colourAt(double(x) / (kWidth - 1)));
    painter.setPen(m_themes.theme().border);
    painter.drawRect(QRect(0, 0, kWidth - 1, kHeight - 1));
    painter.setFont(m_themes.font(kScale));
    painter.setPen(m_themes.theme().muted);
    const QFontMetrics metrics = painter.fontMetrics();
    for (qsizetype i = 0; i < m_captions.size(); ++i) {
        const double share = m_captions.size() == 1 ? 0 : double(i) / double(m_captions.size() - 1);
        const int width = metrics.horizontalAdvance(m_captions[i]);
        painter.drawText(QPoint(int(share * (kWidth - width)), kHeight + 2 + metrics.ascent()),
                         m_captions[i]);
    }
    painter.drawText(QPoint(kWidth + kSpace, (kHeight + metrics.ascent()) / 2), m_unit);
}

} // namespace volary::ui
