#include "ui/chat/code_highlighter.h"

#include <QStringView>

#include <algorithm>
#include <array>

namespace volary::ui {

struct CodeHighlighter::Language {
    const char16_t *names;    // as written after the fence, with spaces around each
    const char16_t *keywords; // with spaces around each
    const char16_t *lineComment;
    const char16_t *blockStart;
    const char16_t *blockEnd;
    const char16_t *quotes;
};

namespace {

constexpr std::array kLanguages{
    CodeHighlighter::Language{
        u" c cpp c++ cc h hpp cuda glsl ",
        u" alignas auto bool break case catch char class co_await co_return co_yield concept const consteval "
        u"constexpr "
        u"continue default delete do double else enum explicit extern false final float for friend if inline "
        u"int long "
        u"mutable namespace new noexcept nullptr operator override private protected public requires return "
        u"short "
        u"signed sizeof static static_assert struct switch template this throw true try typedef typename "
        u"union unsigned "
        u"using virtual void volatile while #include #define #if #ifdef #ifndef #endif #pragma ",
        u"//", u"/*", u"*/", u"\"'"},
    CodeHighlighter::Language{
        u" python py ",
        u" and as assert async await break class continue def del elif else except False finally for from "
        u"global if "
        u"import in is lambda None nonlocal not or pass raise return True try while with yield self ",
        u"#", u"\"\"\"", u"\"\"\"", u"\"'"},
    CodeHighlighter::Language{u" javascript js typescript ts jsx tsx ",
                              u" any as async await boolean break case catch class const continue default "
                              u"delete do else enum export extends "
                              u"false finally for from function if implements import in instanceof interface "
                              u"let new null number of private "
                              u"public return static string super switch this throw true try type typeof "
                              u"undefined var void while yield ",
                              u"//", u"/*", u"*/", u"\"'`"},
    CodeHighlighter::Language{
        u" rust rs ",
        u" as async await break const continue crate dyn else enum extern false fn for if impl in let loop "
        u"match mod move "
        u"mut pub ref return self Self static struct super trait true type unsafe use where while ",
        u"//", u"/*", u"*/", u"\""},
    CodeHighlighter::Language{u" go golang ",
                              u" break case chan const continue default defer else fallthrough false for "
                              u"func go goto if import interface map nil "
                              u"package range return select struct switch true type var ",
                              u"//", u"/*", u"*/", u"\"'`"},
    CodeHighlighter::Language{
        u" java kotlin ",
        u" abstract boolean break byte case catch char class continue default do double else enum extends "
        u"false final "
        u"finally float for fun if implements import instanceof int interface long new null package private "
        u"protected "
        u"public return short static super switch this throw throws true try val var void while ",
        u"//", u"/*", u"*/", u"\"'"},
    CodeHighlighter::Language{u" json ", u" true false null ", u"", u"", u"", u"\""},
    CodeHighlighter::Language{u" sh bash shell zsh console ",
                              u" case do done elif else esac export fi for function if in local return then "
                              u"until while echo cd set ",
                              u"#", u"", u"", u"\"'"},
    CodeHighlighter::Language{u" sql ",
                              u" alter and as asc between by create delete desc distinct drop exists from "
                              u"group having in index inner insert "
                              u"into is join left like limit not null on or order primary key select set "
                              u"table union update values where "
                              u"ALTER AND AS ASC BETWEEN BY CREATE DELETE DESC DISTINCT DROP EXISTS FROM "
                              u"GROUP HAVING IN INDEX INNER INSERT "
                              u"INTO IS JOIN LEFT LIKE LIMIT NOT NULL ON OR ORDER PRIMARY KEY SELECT SET "
                              u"TABLE UNION UPDATE VALUES WHERE ",
                              u"--", u"/*", u"*/", u"'\""},
    CodeHighlighter::Language{
        u" html xml svg css ",
        u" html head body div span p a img script style table tr td th ul ol li h1 h2 h3 class id "
        u"href src color background margin padding border display ",
        u"", u"<!--", u"-->", u"\"'"},
};

enum State { Outside = 0, InComment = 1 };

bool contains(const char16_t *spaced, QStringView word)
{
    return !word.isEmpty() &&
           QStringView(spaced).contains(QString(u' ' + word.toString() + u' '), Qt::CaseSensitive);
}

bool startsAt(QStringView line, qsizetype at, const char16_t *mark)
{
    return *mark != 0 && line.sliced(at).startsWith(QStringView(mark));
}

bool isWord(QChar c)
{
    return c.isLetterOrNumber() || c == u'_' || c == u'#';
}

} // namespace

CodeHighlighter::CodeHighlighter(QTextDocument *document, const Theme &theme, const QString &language)
    : QSyntaxHighlighter(document), m_language(nullptr)
{
    const auto found = std::ranges::find_if(kLanguages, [&](const Language &known) {
        return contains(known.names, language.section(u' ', 0, 0));
    });
    if (found != kLanguages.end())
        m_language = &*found;
    setTheme(theme);
}

void CodeHighlighter::setTheme(const Theme &theme)
{
    m_keyword.setForeground(theme.accent);
    m_string.setForeground(theme.success);
    m_comment.setForeground(theme.muted);
    m_comment.setFontItalic(true);
    m_number.setForeground(theme.warning);
    rehighlight();
}

void CodeHighlighter::highlightBlock(const QString &line)
{
    if (!m_language)
        return;
    const QStringView text(line);
    setCurrentBlockState(Outside);
    qsizetype at = 0;
    const auto comment = [&](qsizetype from) {
        const qsizetype end = text.indexOf(QStringView(m_language->blockEnd), from);
        const qsizetype stop = end < 0 ? text.size() : end + QStringView(m_language->blockEnd).size();
        if (end < 0)
            setCurrentBlockState(InComment);
        return stop;
    };
    if (previousBlockState() == InComment) {
        at = comment(0);
        setFormat(0, int(at), m_comment);
    }
    while (at < text.size()) {
        const qsizetype start = at;
        if (startsAt(text, at, m_language->lineComment)) {
            setFormat(int(at), int(text.size() - at), m_comment);
            return;
        }
        if (startsAt(text, at, m_language->blockStart)) {
            at = comment(at + QStringView(m_language->blockStart).size());
            setFormat(int(start), int(at - start), m_comment);
        } else if (QStringView(m_language->quotes).contains(text[at])) {
            const QChar quote = text[at++];
            while (at < text.size() && text[at] != quote)
                at += text[at] == u'\\' ? 2 : 1;
            at = std::min(at + 1, text.size());
            setFormat(int(start), int(at - start), m_string);
        } else if (isWord(text[at])) {
            while (at < text.size() && isWord(text[at]))
                ++at;
            const QStringView word = text.sliced(start, at - start);
            if (word[0].isDigit())
                setFormat(int(start), int(at - start), m_number);
            else if (contains(m_language->keywords, word))
                setFormat(int(start), int(at - start), m_keyword);
        } else {
            ++at;
        }
    }
}

} // namespace volary::ui
