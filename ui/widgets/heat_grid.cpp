#include "ui/widgets/heat_grid.h"

#include "ui/widgets/colour_scale.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kLargestCell = 28, kSmallestCell = 3;
constexpr int kGap = 1; // between cells large enough for it
constexpr int kGapFrom = 8;
constexpr int kLegendWidth = 160, kLegendHeight = 10;
constexpr int kSpace = 8;
} // namespace

HeatGrid::HeatGrid(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    connect(&themes, &ThemeManager::changed, this, qOverload<>(&QWidget::update));
}

void HeatGrid::setValues(Values values)
{
    m_values = std::move(values);
    m_row = std::clamp(m_row, 0, std::max(0, m_values.rows - 1));
    m_column = std::clamp(m_column, 0, std::max(0, m_values.columns - 1));
    setAccessibleDescription(description(m_row, m_column));
    updateGeometry();
    update();
}

void HeatGrid::setCurrent(int row, int column)
{
    row = std::clamp(row, 0, std::max(0, m_values.rows - 1));
    column = std::clamp(column, 0, std::max(0, m_values.columns - 1));
    if (row == m_row && column == m_column)
        return;
    m_row = row;
    m_column = column;
    setAccessibleDescription(description(row, column));
    update();
    emit currentChanged(row, column);
}

QString HeatGrid::description(int row, int column) const
{
    if (row >= m_values.rows || column >= m_values.columns || !m_values.describe)
        return {};
    return m_values.describe(row, column);
}

int HeatGrid::cellSize() const
{
    const QFontMetrics metrics(m_themes.font(0.9));
    const int across = m_values.columns > 0 ? width() / m_values.columns : 0;
    const int left = height() - 2 * metrics.height() - kLegendHeight - 3 * kSpace;
    const int down = m_values.rows > 0 ? left / m_values.rows : 0;
    return std::clamp(std::min(across, down), kSmallestCell, kLargestCell);
}

QRect HeatGrid::cellAt(int row, int column) const
{
    const int size = cellSize(), gap = size >= kGapFrom ? kGap : 0;
    const int top = QFontMetrics(m_themes.font(0.9)).height() + kSpace / 2;
    return {column * size, top + row * size, size - gap, size - gap};
}

QPoint HeatGrid::cellUnder(const QPoint &position) const
{
    const QPoint inside = position - cellAt(0, 0).topLeft();
    const int column = inside.x() / cellSize(), row = inside.y() / cellSize();
    const bool hit = inside.x() >= 0 && inside.y() >= 0 && column < m_values.columns && row < m_values.rows;
    return hit ? QPoint(column, row) : QPoint(-1, -1);
}

QSize HeatGrid::sizeHint() const
{
    const QFontMetrics metrics(m_themes.font(0.9));
    return {std::max(m_values.columns * kLargestCell, kLegendWidth),
            m_values.rows * kLargestCell + 2 * metrics.height() + kLegendHeight + 3 * kSpace};
}

QSize HeatGrid::minimumSizeHint() const
{
    const QFontMetrics metrics(m_themes.font(0.9));
    return {std::max(m_values.columns * kSmallestCell, kLegendWidth),
            m_values.rows * kSmallestCell + 2 * metrics.height() + kLegendHeight + 3 * kSpace};
}

void HeatGrid::paintEvent(QPaintEvent *)
{
    if (m_values.cells.empty())
        return;
    QPainter painter(this);
    painter.setFont(m_themes.font(0.9));
    painter.setPen(m_themes.theme().muted);
    painter.drawText(
        QRect(0, 0, width(), painter.fontMetrics().height()), Qt::AlignLeft,
        tr("%1 from left to right, %2 from top to bottom").arg(m_values.columnName, m_values.rowName));
    const ColourScale &scale = ColourScale::sequential();
    for (int row = 0; row < m_values.rows; ++row) {
        for (int column = 0; column < m_values.columns; ++column) {
            const double value = m_values.cells[std::size_t(row * m_values.columns + column)];
            if (!std::isnan(value))
                painter.fillRect(cellAt(row, column), QColor(scale.at(value / m_values.high)));
        }
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_themes.theme().focus, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(cellAt(m_row, m_column).adjusted(-1, -1, 0, 0));
    }
    paintLegend(painter);
}

void HeatGrid::paintLegend(QPainter &painter) const
{
    const int top = cellAt(m_values.rows, 0).top() + kSpace;
    const ColourScale &scale = ColourScale::sequential();
    for (int x = 0; x < kLegendWidth; ++x)
        painter.fillRect(QRect(x, top, 1, kLegendHeight), QColor(scale.at(double(x) / (kLegendWidth - 1))));
    painter.setPen(m_themes.theme().muted);
    const QRect captions(0, top + kLegendHeight + 2, kLegendWidth, painter.fontMetrics().height());
    painter.drawText(captions, Qt::AlignLeft, QStringLiteral("0"));
    painter.drawText(captions, Qt::AlignRight, QLocale().toString(m_values.high, 'g', 3));
    painter.drawText(QRect(kLegendWidth + kSpace, top - 3, width(), painter.fontMetrics().height()),
                     Qt::AlignLeft, m_values.unit);
}

bool HeatGrid::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const QPoint cell = cellUnder(help->pos());
        if (cell.x() >= 0)
            QToolTip::showText(help->globalPos(), description(cell.y(), cell.x()), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void HeatGrid::mousePressEvent(QMouseEvent *event)
{
    if (const QPoint cell = cellUnder(event->position().toPoint()); cell.x() >= 0)
        setCurrent(cell.y(), cell.x());
}

void HeatGrid::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left: setCurrent(m_row, m_column - 1); return;
    case Qt::Key_Right: setCurrent(m_row, m_column + 1); return;
    case Qt::Key_Up: setCurrent(m_row - 1, m_column); return;
    case Qt::Key_Down: setCurrent(m_row + 1, m_column); return;
    case Qt::Key_Home: setCurrent(m_row, 0); return;
    case Qt::Key_End: setCurrent(m_row, m_values.columns - 1); return;
    default: QWidget::keyPressEvent(event);
    }
}

} // namespace volary::ui
