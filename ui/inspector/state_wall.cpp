#include "ui/inspector/state_wall.h"

#include "ui/inspector/matrix_image.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr double kGap = 3;
constexpr double kBandGap = 12;
constexpr double kLargestTile = 160;
constexpr int kWidth = 640, kHeight = 320;
} // namespace

StateWall::StateWall(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("State, layer by layer and head by head"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(&themes, &ThemeManager::changed, this, [this] {
        colour();
        update();
    });
}

void StateWall::setHeads(std::vector<HeadMatrix> heads)
{
    m_heads = std::move(heads);
    m_layers.clear();
    m_rows = 0;
    for (const HeadMatrix &head : m_heads) {
        if (m_layers.empty() || m_layers.back() != head.layer)
            m_layers.push_back(head.layer);
        m_rows = std::max(m_rows, head.head + 1);
    }
    if (!current() && !m_heads.empty()) {
        m_layer = m_heads.front().layer;
        m_head = m_heads.front().head;
    }
    colour();
    if (const HeadMatrix *head = current())
        setAccessibleDescription(description(*head));
    update();
    emit currentChanged();
}

const HeadMatrix *StateWall::current() const
{
    const auto found = std::ranges::find_if(
        m_heads, [&](const HeadMatrix &head) { return head.layer == m_layer && head.head == m_head; });
    return found == m_heads.end() ? nullptr : &*found;
}

void StateWall::setOneScale(bool oneScale)
{
    m_oneScale = oneScale;
    colour();
    update();
}

void StateWall::colour()
{
    float strong = 0;
    for (const HeadMatrix &head : m_heads)
        strong = m_oneScale ? std::max(strong, head.strong()) : 0;
    m_images.clear();
    for (const HeadMatrix &head : m_heads)
        m_images.push_back(imageOf(head, m_themes.theme().dark, strong));
}

QSize StateWall::sizeHint() const
{
    return {kWidth, kHeight};
}

StateWall::Bands StateWall::bands() const
{
    Bands best;
    const auto layers = int(m_layers.size());
    for (int bands = 1; bands <= layers; ++bands) {
        const int columns = (layers + bands - 1) / bands;
        const double down = (height() - (bands - 1) * kBandGap) / (double(bands) * double(m_rows));
        const double tile = std::min({width() / double(columns), down, kLargestTile});
        if (tile > best.tile)
            best = {columns, tile};
    }
    return best;
}

QRectF StateWall::placeOf(const HeadMatrix &head) const
{
    const auto [columns, size] = bands();
    const double gap = size > 4 * kGap ? kGap : 0;
    const int place = int(std::ranges::find(m_layers, head.layer) - m_layers.begin());
    const int band = place / columns;
    return {(place % columns) * size, (band * m_rows + head.head) * size + band * kBandGap, size - gap,
            size - gap};
}

int StateWall::under(const QPointF &position) const
{
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (placeOf(m_heads[i]).contains(position))
            return int(i);
    }
    return -1;
}

void StateWall::choose(int layer, int head)
{
    const auto found = std::ranges::find_if(
        m_heads, [&](const HeadMatrix &each) { return each.layer == layer && each.head == head; });
    if (found == m_heads.end() || (layer == m_layer && head == m_head))
        return;
    m_layer = layer;
    m_head = head;
    setAccessibleDescription(description(*found));
    update();
    emit currentChanged();
}

QString StateWall::description(const HeadMatrix &head) const
{
    const QLocale locale;
    return tr("Layer %1, head %2: norm %3, largest %4")
        .arg(head.layer)
        .arg(head.head)
        .arg(locale.toString(head.norm(), 'g', 4), locale.toString(double(head.largest()), 'g', 4));
}

void StateWall::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        const QRectF place = placeOf(m_heads[i]);
        // Smaller than its numbers a head is averaged; larger, every number stays a sharp square.
        const bool shrinks = place.width() * devicePixelRatioF() < double(m_images[i].width());
        painter.setRenderHint(QPainter::SmoothPixmapTransform, shrinks);
        painter.drawImage(place, m_images[i]);
    }
    if (const HeadMatrix *head = current()) {
        painter.setPen(QPen(hasFocus() ? m_themes.theme().focus : m_themes.theme().text, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(placeOf(*head));
    }
}

bool StateWall::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    if (const int index = under(help->pos()); index >= 0)
        QToolTip::showText(help->globalPos(), description(m_heads[std::size_t(index)]), this);
    else
        QToolTip::hideText();
    return true;
}

void StateWall::mousePressEvent(QMouseEvent *event)
{
    if (const int index = under(event->position()); index >= 0)
        choose(m_heads[std::size_t(index)].layer, m_heads[std::size_t(index)].head);
}

void StateWall::keyPressEvent(QKeyEvent *event)
{
    const auto column = std::ranges::find(m_layers, m_layer) - m_layers.begin();
    const auto layerAt = [&](std::ptrdiff_t at) {
        return at >= 0 && at < std::ssize(m_layers) ? m_layers[std::size_t(at)] : m_layer;
    };
    switch (event->key()) {
    case Qt::Key_Left: choose(layerAt(column - 1), m_head); return;
    case Qt::Key_Right: choose(layerAt(column + 1), m_head); return;
    case Qt::Key_Up: choose(m_layer, m_head - 1); return;
    case Qt::Key_Down: choose(m_layer, m_head + 1); return;
    default: QWidget::keyPressEvent(event);
    }
}

} // namespace volary::ui
