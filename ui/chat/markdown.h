// Markdown as blocks: what a turn of a conversation is drawn from.
#pragma once

#include <QList>
#include <QString>

namespace volary::ui {

// One block of a text, ready to be shown on its own.
struct MarkdownBlock {
    enum class Kind { Text, Code, Rule };
    Kind kind = Kind::Text;
    QString html; // Text: our own markup, in which everything from the source is escaped; nothing in it loads
                  // anything
    QString code; // Code: the plain text
    QString language; // Code: as written after the fence, lower case; may be empty
    bool operator==(const MarkdownBlock &) const = default;
};

// CommonMark with tables, strikethrough and task lists (md4c). Raw HTML is shown as text; an image becomes
// its description and address. Unclosed fences are closed. Links keep only the schemes http, https and
// mailto.
QList<MarkdownBlock> parseMarkdown(const QString &source);

// A text that grows. Only its last block is parsed again when something is appended; the blocks before it
// never change. Gives the same blocks as parsing the whole text at once, however it was cut (both go by the
// same boundaries).
class StreamingMarkdown {
public:
    void append(const QString &text);

    const QList<MarkdownBlock> &frozen() const { return m_frozen; }
    QList<MarkdownBlock> tail() const; // parsed anew at each call
    const QString &source() const { return m_source; }

private:
    QString m_source;
    qsizetype m_frozenEnd = 0; // in m_source
    QList<MarkdownBlock> m_frozen;
};

} // namespace volary::ui
