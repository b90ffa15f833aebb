#include "ui/chat/markdown.h"

#include <QByteArray>
#include <QStringList>
#include <QUrl>

#include <md4c.h>

namespace volary::ui {

namespace {

// What a text may make of a window: laying out nested frames and wide tables costs far more than parsing
// them. What goes beyond is shown as plain text, or left out of a table.
constexpr int kMaxDepth = 16; // of blocks, and of spans
constexpr int kMaxColumns = 64;

constexpr unsigned kFlags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML |
                            MD_FLAG_PERMISSIVEURLAUTOLINKS;

QString fromBytes(const MD_CHAR *text, MD_SIZE size)
{
    return QString::fromUtf8(text, qsizetype(size));
}

QString attributeText(const MD_ATTRIBUTE &attribute)
{
    return fromBytes(attribute.text, attribute.size);
}

// A link may be clicked, so it may lead only where a browser or mail program would.
bool isHarmless(const QString &address)
{
    const QString scheme = QUrl(address).scheme().toLower();
    return scheme == u"http" || scheme == u"https" || scheme == u"mailto";
}

// md4c calls back for every block and span; top-level blocks become MarkdownBlocks, everything below them
// HTML.
class Builder {
public:
    QList<MarkdownBlock> build(const QByteArray &utf8)
    {
        MD_PARSER parser{};
        parser.flags = kFlags;
        parser.enter_block = [](MD_BLOCKTYPE type, void *detail, void *self) {
            static_cast<Builder *>(self)->enterBlock(type, detail);
            return 0;
        };
        parser.leave_block = [](MD_BLOCKTYPE type, void *detail, void *self) {
            static_cast<Builder *>(self)->leaveBlock(type, detail);
            return 0;
        };
        parser.enter_span = [](MD_SPANTYPE type, void *detail, void *self) {
            static_cast<Builder *>(self)->enterSpan(type, detail);
            return 0;
        };
        parser.leave_span = [](MD_SPANTYPE type, void *detail, void *self) {
            static_cast<Builder *>(self)->leaveSpan(type, detail);
            return 0;
        };
        parser.text = [](MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *self) {
            static_cast<Builder *>(self)->text(type, text, size);
            return 0;
        };
        md_parse(utf8.constData(), MD_SIZE(utf8.size()), &parser, this);
        return std::move(m_blocks);
    }

private:
    void enterBlock(MD_BLOCKTYPE type, void *detail)
    {
        if (type == MD_BLOCK_DOC)
            return;
        const bool top = m_depth++ == 0;
        if (top) {
            m_blocks.append(MarkdownBlock{});
            if (type == MD_BLOCK_CODE)
                m_blocks.last().kind = MarkdownBlock::Kind::Code;
            else if (type == MD_BLOCK_HR)
                m_blocks.last().kind = MarkdownBlock::Kind::Rule;
        }
        if (type == MD_BLOCK_CODE) {
            const auto *code = static_cast<MD_BLOCK_CODE_DETAIL *>(detail);
            if (top)
                m_blocks.last().language = attributeText(code->lang).toLower();
            else
                html(QStringLiteral("<pre>"));
            return;
        }
        if (type == MD_BLOCK_TR)
            m_cells = 0;
        if ((type == MD_BLOCK_TD || type == MD_BLOCK_TH) && ++m_cells > kMaxColumns)
            m_muted = true;
        if ((!top || type != MD_BLOCK_HR) && m_depth <= kMaxDepth)
            html(openTag(type, detail));
    }

    void leaveBlock(MD_BLOCKTYPE type, void *detail)
    {
        if (type == MD_BLOCK_DOC)
            return;
        const bool top = --m_depth == 0;
        if (type == MD_BLOCK_CODE) {
            if (!top)
                html(QStringLiteral("</pre>"));
            else if (m_blocks.last().code.endsWith(u'\n'))
                m_blocks.last().code.chop(1);
            return;
        }
        if ((!top || type != MD_BLOCK_HR) && m_depth < kMaxDepth)
            html(closeTag(type, detail));
        if (type == MD_BLOCK_TR)
            m_muted = false;
    }

    static QString openTag(MD_BLOCKTYPE type, void *detail)
    {
        switch (type) {
        case MD_BLOCK_QUOTE: return QStringLiteral("<blockquote>");
        case MD_BLOCK_UL: return QStringLiteral("<ul>");
        case MD_BLOCK_OL:
            return QStringLiteral("<ol start=\"%1\">").arg(static_cast<MD_BLOCK_OL_DETAIL *>(detail)->start);
        case MD_BLOCK_LI: {
            const auto *item = static_cast<MD_BLOCK_LI_DETAIL *>(detail);
            if (item->is_task == 0)
                return QStringLiteral("<li>");
            return item->task_mark == ' ' ? QStringLiteral("<li>☐ ") : QStringLiteral("<li>☑ ");
        }
        case MD_BLOCK_H: return QStringLiteral("<h%1>").arg(static_cast<MD_BLOCK_H_DETAIL *>(detail)->level);
        case MD_BLOCK_P: return QStringLiteral("<p>");
        case MD_BLOCK_HR: return QStringLiteral("<hr/>");
        case MD_BLOCK_TABLE:
            return QStringLiteral("<table border=\"1\" cellspacing=\"0\" cellpadding=\"5\" "
                                  "style=\"border-collapse:collapse\">");
        case MD_BLOCK_TR: return QStringLiteral("<tr>");
        case MD_BLOCK_TH: return QStringLiteral("<th>");
        case MD_BLOCK_TD: return cell(static_cast<MD_BLOCK_TD_DETAIL *>(detail)->align);
        default: return {};
        }
    }

    static QString cell(MD_ALIGN align)
    {
        switch (align) {
        case MD_ALIGN_CENTER: return QStringLiteral("<td align=\"center\">");
        case MD_ALIGN_RIGHT: return QStringLiteral("<td align=\"right\">");
        default: return QStringLiteral("<td>");
        }
    }

    static QString closeTag(MD_BLOCKTYPE type, void *detail)
    {
        switch (type) {
        case MD_BLOCK_QUOTE: return QStringLiteral("</blockquote>");
        case MD_BLOCK_UL: return QStringLiteral("</ul>");
        case MD_BLOCK_OL: return QStringLiteral("</ol>");
        case MD_BLOCK_LI: return QStringLiteral("</li>");
        case MD_BLOCK_H: return QStringLiteral("</h%1>").arg(static_cast<MD_BLOCK_H_DETAIL *>(detail)->level);
        case MD_BLOCK_P: return QStringLiteral("</p>");
        case MD_BLOCK_TABLE: return QStringLiteral("</table>");
        case MD_BLOCK_TR: return QStringLiteral("</tr>");
        case MD_BLOCK_TH: return QStringLiteral("</th>");
        case MD_BLOCK_TD: return QStringLiteral("</td>");
        default: return {};
        }
    }

    void enterSpan(MD_SPANTYPE type, void *detail)
    {
        if (++m_spans > kMaxDepth)
            return;
        switch (type) {
        case MD_SPAN_EM: html(QStringLiteral("<i>")); break;
        case MD_SPAN_STRONG: html(QStringLiteral("<b>")); break;
        case MD_SPAN_DEL: html(QStringLiteral("<s>")); break;
        case MD_SPAN_CODE: html(QStringLiteral("<code>")); break;
        case MD_SPAN_A: {
            const QString address = attributeText(static_cast<MD_SPAN_A_DETAIL *>(detail)->href);
            m_links.append(isHarmless(address));
            if (m_links.last())
                html(QStringLiteral("<a href=\"%1\">").arg(address.toHtmlEscaped()));
            break;
        }
        case MD_SPAN_IMG: html(QStringLiteral("🖼 ")); break;
        default: break;
        }
    }

    void leaveSpan(MD_SPANTYPE type, void *detail)
    {
        if (--m_spans >= kMaxDepth)
            return;
        switch (type) {
        case MD_SPAN_EM: html(QStringLiteral("</i>")); break;
        case MD_SPAN_STRONG: html(QStringLiteral("</b>")); break;
        case MD_SPAN_DEL: html(QStringLiteral("</s>")); break;
        case MD_SPAN_CODE: html(QStringLiteral("</code>")); break;
        case MD_SPAN_A:
            if (m_links.takeLast())
                html(QStringLiteral("</a>"));
            break;
        case MD_SPAN_IMG:
            html(QStringLiteral(" (%1)").arg(
                attributeText(static_cast<MD_SPAN_IMG_DETAIL *>(detail)->src).toHtmlEscaped()));
            break;
        default: break;
        }
    }

    void text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size)
    {
        if (m_blocks.isEmpty())
            return;
        if (m_blocks.last().kind == MarkdownBlock::Kind::Code) {
            m_blocks.last().code += fromBytes(text, size);
            return;
        }
        switch (type) {
        case MD_TEXT_NULLCHAR: html(QStringLiteral("�")); break;
        case MD_TEXT_BR: html(QStringLiteral("<br/>")); break;
        // Replies of a chat mean their line breaks.
        case MD_TEXT_SOFTBR: html(QStringLiteral("<br/>")); break;
        case MD_TEXT_ENTITY: html(entity(fromBytes(text, size))); break;
        default: html(fromBytes(text, size).toHtmlEscaped()); break;
        }
    }

    // "&amp;" may stand as it is; anything that is no such name is shown as text.
    static QString entity(const QString &text)
    {
        for (const QChar c : text.mid(1, text.size() - 2)) {
            if (!c.isLetterOrNumber() && c != u'#')
                return text.toHtmlEscaped();
        }
        return text;
    }

    void html(const QString &markup)
    {
        if (!m_muted)
            m_blocks.last().html += markup;
    }

    QList<MarkdownBlock> m_blocks;
    QList<bool> m_links;  // whether each open link is shown as one
    int m_depth = 0;      // of blocks
    int m_spans = 0;      // that are open
    int m_cells = 0;      // of the table row so far
    bool m_muted = false; // beyond the last column
};

QList<MarkdownBlock> parsePiece(QStringView piece)
{
    return Builder().build(piece.toUtf8());
}

// The marker that opens or closes a fenced code block at the front of a line, or nothing.
QStringView fenceOf(QStringView line)
{
    qsizetype indent = 0;
    while (indent < line.size() && line[indent] == u' ')
        ++indent;
    if (indent > 3 || indent >= line.size() || (line[indent] != u'`' && line[indent] != u'~'))
        return {};
    qsizetype end = indent;
    while (end < line.size() && line[end] == line[indent])
        ++end;
    return end - indent >= 3 ? line.sliced(indent, end - indent) : QStringView();
}

// Whether a line surely begins a block of its own after an empty line: not the continuation of a list or of
// an indented block, and no list item, which could belong to a list before it.
bool beginsBlock(QStringView line)
{
    if (line.isEmpty() || line[0] == u' ' || line[0] == u'\t')
        return false;
    if (line[0] == u'-' || line[0] == u'*' || line[0] == u'+' || line[0] == u'>')
        return false;
    return !line[0].isDigit();
}

// Where a text may be cut so that its pieces can be parsed apart: at the start of a line that begins a block,
// after an empty line, outside of fences. The last line counts only when it is complete, for it may still
// change its meaning.
class BoundaryFinder {
public:
    explicit BoundaryFinder(QStringView source) : m_source(source) {}

    QList<qsizetype> find()
    {
        QList<qsizetype> cuts;
        bool emptyBefore = false;
        for (qsizetype at = 0; at < m_source.size();) {
            const qsizetype newline = m_source.indexOf(u'\n', at);
            if (newline < 0)
                break;
            const QStringView line = m_source.sliced(at, newline - at);
            if (emptyBefore && m_fence.isEmpty() && beginsBlock(line))
                cuts.append(at);
            trackFence(line);
            emptyBefore = line.trimmed().isEmpty();
            at = newline + 1;
        }
        return cuts;
    }

private:
    void trackFence(QStringView line)
    {
        const QStringView fence = fenceOf(line);
        if (fence.isEmpty())
            return;
        const QStringView after = line.sliced(fence.end() - line.begin());
        if (m_fence.isEmpty()) {
            if (fence[0] == u'~' || !after.contains(u'`')) // else it is code within a line
                m_fence = fence;
        } else if (fence[0] == m_fence[0] && fence.size() >= m_fence.size() && after.trimmed().isEmpty()) {
            m_fence = {};
        }
    }

    QStringView m_source;
    QStringView m_fence; // that is open
};

} // namespace

QList<MarkdownBlock> parseMarkdown(const QString &source)
{
    StreamingMarkdown text;
    text.append(source);
    return text.frozen() + text.tail();
}

void StreamingMarkdown::append(const QString &text)
{
    m_source += text;
    const QStringView rest = QStringView(m_source).sliced(m_frozenEnd);
    qsizetype start = 0;
    for (const qsizetype cut : BoundaryFinder(rest).find()) {
        m_frozen += parsePiece(rest.sliced(start, cut - start));
        start = cut;
    }
    m_frozenEnd += start;
}

QList<MarkdownBlock> StreamingMarkdown::tail() const
{
    return parsePiece(QStringView(m_source).sliced(m_frozenEnd));
}

} // namespace volary::ui
