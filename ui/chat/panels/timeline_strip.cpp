#include "ui/chat/panels/timeline_strip.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kHeight = 26;
constexpr double kMaxPitch = 18;
constexpr double kMinPitch = 0.25; // dots run together then, but can still be told apart by the pointer
constexpr int kMargin = 32;
} // namespace

TimelineStrip::TimelineStrip(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes)
{
    setObjectName(QStringLiteral("timeline"));
    setFixedHeight(kHeight);
    setFocusPolicy(Qt::TabFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Timeline of turns"));
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

QSize TimelineStrip::sizeHint() const
{
    return {200, kHeight};
}

void TimelineStrip::setDots(QList<Dot> dots)
{
    const TurnId current = m_current >= 0 && m_current < m_dots.size() ? m_dots[m_current].turn : -1;
    m_dots = std::move(dots);
    m_current = -1;
    setCurrent(current);
    setAccessibleDescription(tr("%n turn(s). Left and right move, Enter scrolls there, B branches there.",
                                nullptr, int(m_dots.size())));
    update();
}

void TimelineStrip::setCurrent(TurnId turn)
{
    const auto found = std::ranges::find(m_dots, turn, &Dot::turn);
    m_current = found == m_dots.end() ? -1 : found - m_dots.begin();
    update();
}

double TimelineStrip::pitch() const
{
    const double room = width() - 2 * kMargin;
    return m_dots.size() < 2 ? kMaxPitch : std::clamp(room / double(m_dots.size() - 1), kMinPitch, kMaxPitch);
}

QPointF TimelineStrip::centre(qsizetype dot) const
{
    const double start = (width() - pitch() * double(m_dots.size() - 1)) / 2;
    return {start + pitch() * double(dot), kHeight / 2.0 + 2};
}

qsizetype TimelineStrip::dotAt(const QPoint &position) const
{
    if (m_dots.isEmpty())
        return -1;
    const double nearest = (position.x() - centre(0).x()) / pitch();
    const auto dot = std::clamp<qsizetype>(qsizetype(std::lround(nearest)), 0, m_dots.size() - 1);
    return std::abs(centre(dot).x() - position.x()) <= std::max(8.0, pitch() / 2) ? dot : -1;
}

void TimelineStrip::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_dots.size() > 1) {
        painter.setPen(QPen(theme.border, 2));
        painter.drawLine(centre(0), centre(m_dots.size() - 1));
    }
    for (qsizetype i = 0; i < m_dots.size(); ++i) {
        const Dot &dot = m_dots[i];
        const bool current = i == m_current;
        const QColor colour = current ? theme.accent : dot.user ? theme.muted : theme.text;
        const double radius =
            std::min(std::max(1.0, pitch() * 0.45), (dot.user ? 3.0 : 4.5) + (current ? 1 : 0));
        painter.setPen(QPen(colour, 1.5));
        painter.setBrush(dot.stateStored ? colour : theme.surface);
        painter.drawEllipse(centre(i), radius, radius);
        if (dot.versions > 1) {
            painter.setPen(QPen(theme.accent, 1.5));
            painter.drawLine(centre(i) - QPointF(0, 11), centre(i) - QPointF(0, 7));
        }
        if (current && hasFocus()) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme.focus, 1.5));
            painter.drawEllipse(centre(i), radius + 3, radius + 3);
        }
    }
}

void TimelineStrip::setCurrentIndex(qsizetype index)
{
    if (m_dots.isEmpty())
        return;
    m_current = std::clamp<qsizetype>(index, 0, m_dots.size() - 1);
    setAccessibleDescription(m_dots[m_current].summary);
    update();
}

void TimelineStrip::mousePressEvent(QMouseEvent *event)
{
    if (const qsizetype dot = dotAt(event->pos()); dot >= 0) {
        setCurrentIndex(dot);
        emit activated(m_dots[dot].turn);
    }
}

void TimelineStrip::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (const qsizetype dot = dotAt(event->pos()); dot >= 0)
        emit branchRequested(m_dots[dot].turn);
}

void TimelineStrip::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left: setCurrentIndex(m_current - 1); return;
    case Qt::Key_Right: setCurrentIndex(m_current + 1); return;
    case Qt::Key_Home: setCurrentIndex(0); return;
    case Qt::Key_End: setCurrentIndex(m_dots.size() - 1); return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_B:
        if (m_current < 0)
            return;
        if (event->key() == Qt::Key_B)
            emit branchRequested(m_dots[m_current].turn);
        else
            emit activated(m_dots[m_current].turn);
        return;
    default: QWidget::keyPressEvent(event);
    }
}

void TimelineStrip::focusInEvent(QFocusEvent *event)
{
    if (m_current < 0)
        setCurrentIndex(m_dots.size() - 1);
    QWidget::focusInEvent(event);
}

bool TimelineStrip::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const qsizetype dot = dotAt(help->pos());
    if (dot < 0) {
        QToolTip::hideText();
        return true;
    }
    const Dot &over = m_dots[dot];
    const QString state = over.stateStored ? tr("State stored: double click branches here at once.")
                                           : tr("No state stored: its tokens would be read again.");
    QToolTip::showText(help->globalPos(), over.summary + QLatin1Char('\n') + state, this);
    return true;
}

} // namespace volary::ui
