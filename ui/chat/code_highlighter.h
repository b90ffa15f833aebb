// Colours for code blocks.
#pragma once

#include "ui/theme/theme.h"

#include <QSyntaxHighlighter>

namespace volary::ui {

// Goes by a table of languages: keywords, comment and string marks. Good enough to read by, no parser. A
// language that is not in the table is left plain.
class CodeHighlighter : public QSyntaxHighlighter {
    Q_OBJECT

public:
    CodeHighlighter(QTextDocument *document, const Theme &theme, const QString &language);

    void setTheme(const Theme &theme);
    struct Language;

protected:
    void highlightBlock(const QString &line) override;

private:
    const Language *m_language; // null: plain
    QTextCharFormat m_keyword, m_string, m_comment, m_number;
};

} // namespace volary::ui
