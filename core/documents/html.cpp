#include "core/documents/html.h"

#include "core/documents/entities.h"
#include "core/documents/markup.h"

#include <algorithm>
#include <array>

namespace volary {
namespace {

using Kind = MarkupPiece::Kind;

constexpr std::array<std::string_view, 8> kSilent{"iframe", "noscript", "object",   "script",
                                                  "style",  "svg",      "template", "textarea"};
// What stands alone with a blank line around it, and what begins a new line.
constexpr std::array<std::string_view, 13> kParagraphs{"article", "blockquote", "dl",    "figure", "hr",
                                                       "main",    "ol",         "p",     "pre",    "section",
                                                       "table",   "ul",         "header"};
constexpr std::array<std::string_view, 11> kLines{"address",    "br",     "caption", "dd",  "div", "dt",
                                                  "figcaption", "footer", "li",      "nav", "tr"};

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N> &names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

int headingLevel(std::string_view name)
{
    return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' ? name[1] - '0' : 0;
}

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

class HtmlReader {
public:
    HtmlReader(std::string_view markup, MarkupKind kind) : m_scanner(markup), m_kind(kind) {}

    PlainText read()
    {
        while (const auto piece = m_scanner.next()) {
            switch (piece->kind) {
            case Kind::Text: {
                m_decoded.clear();
                appendDecoded(m_decoded, piece->content);
                add(m_decoded);
                break;
            }
            case Kind::Verbatim: add(piece->content); break;
            case Kind::Open: open(*piece); break;
            case Kind::Close: close(piece->name); break;
            }
        }
        endHeading();
        while (!m_result.text.empty() && isBlank(m_result.text.back()))
            m_result.text.pop_back();
        return std::move(m_result);
    }

private:
    void open(const MarkupPiece &tag)
    {
        const bool empty = tag.closesItself && m_kind == MarkupKind::Xhtml;
        if (isOneOf(kSilent, tag.name) && !empty) {
            m_scanner.skipTo(tag.name);
        } else if (tag.name == "title" && !empty) {
            m_inTitle = m_result.title.empty();
            if (!m_inTitle)
                m_scanner.skipTo(tag.name);
        } else if (const int level = headingLevel(tag.name); level > 0) {
            endHeading();
            breakLines(2);
            m_headingLevel = level;
            m_headingBegin = m_result.text.size() + std::size_t(m_result.text.empty() ? 0 : m_breaks);
        } else if (tag.name == "td" || tag.name == "th") {
            m_space = true;
        } else {
            breakFor(tag.name);
            if (tag.name == "pre" && !empty)
                ++m_preformatted;
            if (tag.name == "li")
                add("- ");
        }
    }

    void close(const std::string &name)
    {
        if (name == "title")
            m_inTitle = false;
        if (headingLevel(name) > 0) {
            endHeading();
            breakLines(2);
        } else if (name != "br") {
            breakFor(name);
        }
        if (name == "pre" && m_preformatted > 0)
            --m_preformatted;
    }

    void breakFor(std::string_view name)
    {
        if (isOneOf(kParagraphs, name))
            breakLines(2);
        else if (isOneOf(kLines, name))
            breakLines(1);
    }

    // Before the next text there are at least so many line ends.
    void breakLines(int count)
    {
        m_breaks = std::max(m_breaks, count);
        m_space = false;
    }

    void endHeading()
    {
        if (m_headingLevel == 0)
            return;
        std::string_view title = m_result.text;
        title.remove_prefix(std::min(m_headingBegin, title.size()));
        while (!title.empty() && isBlank(title.front())) // inside <pre> blanks are text, too
            title.remove_prefix(1);
        while (!title.empty() && isBlank(title.back()))
            title.remove_suffix(1);
        if (!title.empty()) {
            const auto begin = std::uint64_t(title.data() - m_result.text.data());
            m_result.headings.push_back({std::string(title), m_headingLevel, begin});
            std::ranges::replace(m_result.headings.back().title, '\n', ' ');
        }
        m_headingLevel = 0;
    }

    void put(char c)
    {
        std::string &text = m_result.text;
        if (m_breaks > 0 && !text.empty())
            text.append(std::size_t(m_breaks), '\n');
        else if (m_space && !text.empty() && text.back() != ' ')
            text += ' ';
        m_breaks = 0;
        m_space = false;
        text += c;
    }

    void add(std::string_view text)
    {
        for (const char c : text) {
            if (m_inTitle) {
                if (!isBlank(c))
                    m_result.title += c;
                else if (!m_result.title.empty() && m_result.title.back() != ' ')
                    m_result.title += ' ';
            } else if (m_preformatted > 0 && c == '\n') {
                ++m_breaks;
            } else if (isBlank(c) && !(m_preformatted > 0 && (c == ' ' || c == '\t'))) {
                m_space = true;
            } else {
                put(c);
            }
        }
    }

    MarkupScanner m_scanner;
    MarkupKind m_kind;
    PlainText m_result;
    std::string m_decoded;
    int m_breaks = 0; // line ends that the next character has before it
    bool m_space = false;
    bool m_inTitle = false;
    int m_preformatted = 0; // how many <pre> are open
    int m_headingLevel = 0; // 0: in no heading
    std::size_t m_headingBegin = 0;
};

} // namespace

PlainText readHtml(std::string_view markup, MarkupKind kind)
{
    return HtmlReader(markup, kind).read();
}

} // namespace volary
