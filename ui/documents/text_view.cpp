#include "ui/documents/text_view.h"

#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace volary::ui {

namespace {

// A longer one is cut, so that a text without line ends costs no more than any other.
constexpr std::size_t kLongestParagraph = 4'096;
constexpr int kMargin = 24;
constexpr int kWidestText = 720; // longer lines tire the eye
constexpr double kRowScale = 1.35;

std::size_t paragraphEnd(const std::string &text, std::size_t begin)
{
    const std::size_t limit = std::min(text.size(), begin + kLongestParagraph);
    const auto *found = static_cast<const char *>(memchr(text.data() + begin, '\n', limit - begin));
    if (found)
        return std::size_t(found - text.data()) + 1;
    if (limit == text.size())
        return limit;
    const std::size_t space = text.rfind(' ', limit - 1);
    if (space != std::string::npos && space > begin)
        return space + 1;
    std::size_t end = limit;
    while (end > begin + 1 && (text[end] & 0xC0) == 0x80)
        --end;
    return end;
}

} // namespace

TextView::TextView(const ThemeManager &themes, QWidget *parent)
    : QAbstractScrollArea(parent), m_themes(themes),
      m_text(std::make_shared<const std::string>()), m_starts{0}, m_rows{0}
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Text of the document"));
    connect(&themes, &ThemeManager::changed, this, [this] { measure(); });
}

void TextView::setText(std::shared_ptr<const std::string> text)
{
    m_text = std::move(text);
    m_starts.assign(1, 0);
    while (m_starts.back() < m_text->size())
        m_starts.push_back(paragraphEnd(*m_text, m_starts.back()));
    verticalScrollBar()->setValue(0);
    measure();
}

int TextView::rowHeight() const
{
    return int(QFontMetrics(m_themes.font()).height() * kRowScale);
}

int TextView::textWidth() const
{
    return std::clamp(viewport()->width() - 2 * kMargin, 40, kWidestText);
}

void TextView::measure()
{
    const std::uint64_t top = firstVisibleByte();
    const int perRow =
        std::max(8, textWidth() / std::max(1, QFontMetrics(m_themes.font()).averageCharWidth()));
    m_rows.assign(1, 0);
    m_rows.reserve(m_starts.size());
    for (std::size_t i = 0; i + 1 < m_starts.size(); ++i)
        m_rows.push_back(
            m_rows.back() +
            std::max(1, int((m_starts[i + 1] - m_starts[i]) + std::size_t(perRow) - 1) / perRow));
    const int page = std::max(1, viewport()->height() / rowHeight());
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setSingleStep(1);
    verticalScrollBar()->setRange(0, std::max(0, m_rows.back() - page / 2));
    scrollToByte(top);
    viewport()->update();
}

TextView::Place TextView::place() const
{
    const int value = verticalScrollBar()->value();
    const auto after = std::upper_bound(m_rows.begin(), m_rows.end(), value);
    const auto index = std::min(std::size_t(after - m_rows.begin()), m_rows.size() - 1);
    return index == 0 ? Place{0, 0} : Place{index - 1, std::max(0, value - m_rows[index - 1])};
}

std::uint64_t TextView::firstVisibleByte() const
{
    if (m_rows.size() != m_starts.size())
        return 0;
    return m_starts[place().paragraph];
}

void TextView::scrollToByte(std::uint64_t offset)
{
    const auto after = std::upper_bound(m_starts.begin(), m_starts.end(), std::size_t(offset));
    const auto index = std::size_t(after - m_starts.begin());
    if (index > 0 && index <= m_rows.size())
        verticalScrollBar()->setValue(m_rows[index - 1]);
}

QString TextView::paragraph(std::size_t index) const
{
    const std::size_t begin = m_starts[index];
    std::size_t end = m_starts[index + 1];
    if (end > begin && (*m_text)[end - 1] == '\n')
        --end;
    return QString::fromUtf8(m_text->data() + begin, qsizetype(end - begin));
}

void TextView::layOut(QTextLayout &layout) const
{
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    layout.setFont(m_themes.font());
    layout.beginLayout();
    for (int row = 0;; ++row) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(textWidth());
        line.setPosition(QPointF(0, row * rowHeight()));
    }
    layout.endLayout();
}

void TextView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_themes.theme().surface);
    painter.setPen(m_themes.theme().text);
    const int left = std::max(kMargin, (viewport()->width() - textWidth()) / 2);
    Place from = place();
    for (int y = kMargin / 2; y < viewport()->height() && from.paragraph + 1 < m_starts.size();) {
        QTextLayout layout(paragraph(from.paragraph));
        layOut(layout);
        const int rows = std::max(1, layout.lineCount());
        for (int row = std::min(from.row, rows - 1); row < rows; ++row, y += rowHeight()) {
            if (row < layout.lineCount())
                layout.lineAt(row).draw(&painter, QPointF(left, y - row * rowHeight()));
        }
        from = {from.paragraph + 1, 0};
    }
}

QString TextView::visibleText() const
{
    QString text;
    const std::size_t first = place().paragraph;
    const int most = viewport()->height() / rowHeight() + 1;
    for (std::size_t i = first; i + 1 < m_starts.size() && i < first + std::size_t(most); ++i)
        text += paragraph(i) + u'\n';
    return text;
}

void TextView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    measure();
}

void TextView::scrollContentsBy(int, int)
{
    viewport()->update();
    emit placeChanged(firstVisibleByte());
}

void TextView::keyPressEvent(QKeyEvent *event)
{
    QScrollBar *bar = verticalScrollBar();
    switch (event->key()) {
    case Qt::Key_Home: bar->setValue(bar->minimum()); break;
    case Qt::Key_End: bar->setValue(bar->maximum()); break;
    case Qt::Key_Space: bar->setValue(bar->value() + bar->pageStep()); break;
    default: QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace volary::ui
