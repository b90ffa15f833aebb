#include "ui/widgets/alternative_bars.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kMargin = 12;
} // namespace

AlternativeBars::AlternativeBars(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Alternatives at this place"));
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

int AlternativeBars::rowHeight() const
{
    return QFontMetrics(m_themes.font()).height() + 9;
}

QSize AlternativeBars::sizeHint() const
{
    return {240, int(std::max<std::size_t>(m_bars.size(), 8)) * rowHeight() + 8};
}

void AlternativeBars::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    m_current = 0;
    QStringList words;
    for (const Bar &bar : m_bars)
        words.append(tr("%1: %2 percent").arg(bar.text).arg(100 * bar.probability, 0, 'f', 1));
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void AlternativeBars::setBranchingEnabled(bool enabled)
{
    m_enabled = enabled;
    setCursor(enabled ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void AlternativeBars::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int row = rowHeight(),
              percentWidth = painter.fontMetrics().horizontalAdvance(QStringLiteral("100.0 %")) + 8;
    const int full = width() - 2 * kMargin;
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar &bar = m_bars[i];
        const QRectF line(kMargin, int(i) * row + 2, full, row - 4);
        painter.setPen(hasFocus() && int(i) == m_current ? QPen(theme.focus, 1.5) : QPen(Qt::NoPen));
        painter.setBrush(theme.code);
        painter.drawRoundedRect(line, 4, 4);
        QColor fill = bar.taken ? theme.accent : theme.muted;
        fill.setAlphaF(0.35f);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(
            QRectF(line.topLeft(), QSizeF(std::max(3.0, line.width() * bar.probability), line.height())), 4,
            4);
        painter.setPen(theme.text);
        painter.setFont(m_themes.fixedFont(0.95));
        painter.drawText(line.adjusted(8, 0, -percentWidth, 0), Qt::AlignVCenter | Qt::AlignLeft, bar.text);
        painter.setFont(m_themes.font(0.92));
        painter.setPen(theme.muted);
        painter.drawText(line.adjusted(0, 0, -6, 0), Qt::AlignVCenter | Qt::AlignRight,
                         QStringLiteral("%1 %").arg(100 * bar.probability, 0, 'f', 1));
    }
}

void AlternativeBars::choose(int index)
{
    if (m_enabled && index >= 0 && index < int(m_bars.size()) && !m_bars[std::size_t(index)].taken)
        emit chosen(index);
}

void AlternativeBars::mousePressEvent(QMouseEvent *event)
{
    choose((event->pos().y() - 2) / rowHeight());
}

void AlternativeBars::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Up: m_current = std::max(0, m_current - 1); break;
    case Qt::Key_Down: m_current = std::min(int(m_bars.size()) - 1, m_current + 1); break;
    case Qt::Key_Return:
    case Qt::Key_Enter: choose(m_current); break;
    default: QWidget::keyPressEvent(event); return;
    }
    update();
}

} // namespace volary::ui
