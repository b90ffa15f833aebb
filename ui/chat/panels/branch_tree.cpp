#include "ui/chat/panels/branch_tree.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kRowHeight = 34;
constexpr int kBoxHeight = 26;
constexpr int kColumnWidth = 140;
constexpr int kBoxWidth = 130;
constexpr int kMargin = 12;
} // namespace

BranchTree::BranchTree(const ThemeManager &themes, QWidget *parent)
    : QAbstractScrollArea(parent), m_themes(themes)
{
    setObjectName(QStringLiteral("branchTree"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Branches"));
    setAccessibleDescription(tr("Arrow keys move, Enter goes there, B branches, Delete hides."));
    connect(&themes, &ThemeManager::changed, viewport(), qOverload<>(&QWidget::update));
}

void BranchTree::setTree(QList<Node> nodes, QList<TurnId> path)
{
    m_nodes.clear();
    m_index.clear();
    for (Node &node : nodes) {
        const int parent = node.parent ? m_index.value(*node.parent, -1) : -1;
        const int index = int(m_nodes.size());
        m_index.insert(node.id, index);
        m_nodes.append({std::move(node), 0, 0, parent, {}, false});
        if (parent >= 0)
            m_nodes[parent].children.append(index);
    }
    for (const TurnId id : path) {
        if (const int index = m_index.value(id, -1); index >= 0)
            m_nodes[index].onPath = true;
    }
    // The keyboard stays where it is, unless it was at the end: then it follows the end.
    const bool stays = m_current != m_leaf && path.contains(m_current);
    m_leaf = path.isEmpty() ? -1 : path.last();
    m_current = stays ? m_current : m_leaf;
    place();
    updateScrollBars();
    setCurrentIndex(currentIndex());
    viewport()->update();
}

// Depth first, without recursion: a conversation may be ten thousand turns deep. The first child stays in its
// parent's column, every further one opens a new column to the right.
void BranchTree::place()
{
    m_rows.clear();
    m_columns = 0;
    const auto pathFirst = [this](QList<int> &nodes) {
        std::ranges::stable_partition(nodes, [this](int node) { return m_nodes[node].onPath; });
    };
    for (Placed &placed : m_nodes)
        pathFirst(placed.children);
    QList<int> waiting;
    for (int i = int(m_nodes.size()) - 1; i >= 0; --i) {
        if (m_nodes[i].parent < 0)
            waiting.append(i);
    }
    std::ranges::reverse(waiting);
    pathFirst(waiting);
    std::ranges::reverse(waiting); // the last one is taken first
    bool first = true;
    while (!waiting.isEmpty()) {
        Placed &placed = m_nodes[waiting.takeLast()];
        const bool continues = placed.parent >= 0
                                   ? m_nodes[placed.parent].children.first() == m_index.value(placed.node.id)
                                   : first;
        first = false;
        placed.row = placed.parent < 0 ? 0 : m_nodes[placed.parent].row + 1;
        placed.column = continues ? (placed.parent < 0 ? 0 : m_nodes[placed.parent].column) : m_columns;
        m_columns = std::max(m_columns, placed.column + 1);
        if (placed.row >= m_rows.size())
            m_rows.resize(placed.row + 1);
        m_rows[placed.row].append(m_index.value(placed.node.id));
        for (auto child = placed.children.rbegin(); child != placed.children.rend(); ++child)
            waiting.append(*child);
    }
}

void BranchTree::updateScrollBars()
{
    const QSize content(m_columns * kColumnWidth + 2 * kMargin,
                        int(m_rows.size()) * kRowHeight + 2 * kMargin);
    horizontalScrollBar()->setPageStep(viewport()->width());
    verticalScrollBar()->setPageStep(viewport()->height());
    horizontalScrollBar()->setRange(0, std::max(0, content.width() - viewport()->width()));
    verticalScrollBar()->setRange(0, std::max(0, content.height() - viewport()->height()));
    verticalScrollBar()->setSingleStep(kRowHeight);
}

QPoint BranchTree::origin() const
{
    return {kMargin - horizontalScrollBar()->value(), kMargin - verticalScrollBar()->value()};
}

QRect BranchTree::boxOf(const Placed &placed) const
{
    return QRect(placed.column * kColumnWidth, placed.row * kRowHeight, kBoxWidth, kBoxHeight)
        .translated(origin());
}

void BranchTree::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_themes.font(0.92));
    const Theme &theme = m_themes.theme();
    if (m_nodes.isEmpty()) {
        painter.setPen(theme.muted);
        painter.drawText(viewport()->rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Every turn will stand here. Branch from any of them."));
        return;
    }
    const int first = std::max(0, -origin().y() / kRowHeight - 1);
    const int last = std::min(int(m_rows.size()) - 1, first + viewport()->height() / kRowHeight + 2);
    for (int row = first; row <= last; ++row) {
        for (const int node : m_rows[row])
            paintLink(painter, m_nodes[node]);
    }
    for (int row = first; row <= last; ++row) {
        for (const int node : m_rows[row])
            paintNode(painter, m_nodes[node]);
    }
}

void BranchTree::paintLink(QPainter &painter, const Placed &placed) const
{
    if (placed.parent < 0)
        return;
    const Theme &theme = m_themes.theme();
    const Placed &parent = m_nodes[placed.parent];
    const QRect box = boxOf(placed), above = boxOf(parent);
    const bool onPath = placed.onPath && parent.onPath;
    painter.setPen(QPen(onPath ? theme.accent : theme.border, onPath ? 2 : 1.5));
    const int middle = above.bottom() + (kRowHeight - kBoxHeight) / 2 + 1;
    const int from = above.left() + 18, to = box.left() + 18;
    painter.drawPolyline(QPolygon(
        {QPoint(from, above.bottom() + 1), QPoint(from, middle), QPoint(to, middle), QPoint(to, box.top())}));
}

void BranchTree::paintNode(QPainter &painter, const Placed &placed) const
{
    const Theme &theme = m_themes.theme();
    const QRectF box = QRectF(boxOf(placed)).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool current = placed.node.id == m_current;
    painter.setPen(QPen(current && hasFocus() ? theme.focus
                        : placed.onPath       ? theme.accent
                                              : theme.border,
                        current ? 2 : 1));
    painter.setBrush(placed.node.user ? theme.accentSoft : theme.surface);
    painter.drawRoundedRect(box, 6, 6);
    painter.setPen(placed.onPath ? theme.text : theme.muted);
    const QRect text = box.toRect().adjusted(8, 0, -8, 0);
    const QString mark = placed.node.partial ? QStringLiteral("… ") : QString();
    painter.drawText(
        text, Qt::AlignVCenter | Qt::AlignLeft,
        painter.fontMetrics().elidedText(mark + placed.node.summary, Qt::ElideRight, text.width()));
}

void BranchTree::resizeEvent(QResizeEvent *)
{
    updateScrollBars();
}

int BranchTree::indexAt(const QPoint &position) const
{
    const int row = (position.y() - origin().y()) / kRowHeight;
    if (row < 0 || row >= m_rows.size())
        return -1;
    const auto hit =
        std::ranges::find_if(m_rows[row], [&](int i) { return boxOf(m_nodes[i]).contains(position); });
    return hit == m_rows[row].end() ? -1 : *hit;
}

int BranchTree::currentIndex() const
{
    return m_index.value(m_current, -1);
}

void BranchTree::setCurrentIndex(int index)
{
    if (index < 0 || index >= m_nodes.size())
        return;
    m_current = m_nodes[index].node.id;
    setAccessibleDescription(m_nodes[index].node.summary);
    const QRect box = boxOf(m_nodes[index]).adjusted(-kMargin, -kMargin, kMargin, kMargin);
    auto *vertical = verticalScrollBar(), *horizontal = horizontalScrollBar();
    if (box.top() < 0)
        vertical->setValue(vertical->value() + box.top());
    else if (box.bottom() > viewport()->height())
        vertical->setValue(vertical->value() + box.bottom() - viewport()->height());
    if (box.left() < 0)
        horizontal->setValue(horizontal->value() + box.left());
    else if (box.right() > viewport()->width())
        horizontal->setValue(horizontal->value() + box.right() - viewport()->width());
    viewport()->update();
}

void BranchTree::mousePressEvent(QMouseEvent *event)
{
    if (const int index = indexAt(event->pos()); index >= 0) {
        setCurrentIndex(index);
        m_pressed = m_nodes[index].node.id;
        emit goTo(m_pressed);
    }
}

void BranchTree::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton && m_index.contains(m_pressed))
        emit branchFrom(m_pressed);
}

void BranchTree::keyPressEvent(QKeyEvent *event)
{
    const int at = currentIndex();
    if (at < 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const auto sibling = [&](int step) {
        const int parent = m_nodes[at].parent;
        const QList<int> &children = parent < 0 ? m_rows.first() : m_nodes[parent].children;
        const qsizetype place = children.indexOf(at) + step;
        return place < 0 || place >= children.size() ? -1 : children[place];
    };
    switch (event->key()) {
    case Qt::Key_Up: setCurrentIndex(m_nodes[at].parent); return;
    case Qt::Key_Down:
        setCurrentIndex(m_nodes[at].children.isEmpty() ? -1 : m_nodes[at].children.first());
        return;
    case Qt::Key_Left: setCurrentIndex(sibling(-1)); return;
    case Qt::Key_Right: setCurrentIndex(sibling(1)); return;
    case Qt::Key_Return:
    case Qt::Key_Enter: emit goTo(m_current); return;
    case Qt::Key_B: emit branchFrom(m_current); return;
    case Qt::Key_Delete: emit hideRequested(m_current); return;
    default: QAbstractScrollArea::keyPressEvent(event);
    }
}

bool BranchTree::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int index = indexAt(help->pos());
    if (index >= 0)
        QToolTip::showText(help->globalPos(), m_nodes[index].node.summary.toHtmlEscaped(), viewport());
    else
        QToolTip::hideText();
    return true;
}

} // namespace volary::ui
