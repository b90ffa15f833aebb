#include "ui/inspector/attention_text.h"

#include "ui/theme/contrast.h"

#include <QMouseEvent>
#include <QSyntaxHighlighter>
#include <QTextBlock>

#include <algorithm>
#include <cmath>

namespace volary::ui {

// Colours by line, so that a change of weights moves no text.
class TokenShading : public QSyntaxHighlighter {
public:
    TokenShading(const ThemeManager &themes, const std::vector<int> &starts, QTextDocument *document)
        : QSyntaxHighlighter(document), m_themes(themes), m_starts(starts)
    {}

    void setWeights(std::vector<double> weights, double high)
    {
        m_weights = std::move(weights);
        m_high = high;
        rehighlight();
    }

protected:
    void highlightBlock(const QString &line) override
    {
        if (m_weights.empty() || m_weights.size() + 1 != m_starts.size())
            return;
        const int from = currentBlock().position(), end = from + int(line.size());
        const Theme &theme = m_themes.theme();
        auto token = std::size_t(std::ranges::upper_bound(m_starts, from) - m_starts.begin()) - 1;
        for (; token < m_weights.size() && m_starts[token] < end; ++token) {
            const int first = std::max(m_starts[token], from), last = std::min(m_starts[token + 1], end);
            const QColor ground =
                AttentionText::shade(theme, m_high > 0 ? std::min(m_weights[token] / m_high, 1.0) : 0);
            QTextCharFormat format;
            format.setBackground(ground);
            format.setForeground(contrast(theme.text, ground) >= contrast(theme.onAccent, ground)
                                     ? theme.text
                                     : theme.onAccent);
            setFormat(first - from, last - first, format);
        }
    }

private:
    const ThemeManager &m_themes;
    const std::vector<int> &m_starts;
    std::vector<double> m_weights;
    double m_high = 1;
};

AttentionText::AttentionText(const ThemeManager &themes, QWidget *parent)
    : QPlainTextEdit(parent), m_shading(new TokenShading(themes, m_starts, document()))
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setMouseTracking(true);
    setAccessibleName(tr("Text, shaded by attention"));
    connect(&themes, &ThemeManager::changed, this, [this] { m_shading->rehighlight(); });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this,
            [this] { emit pointedAt(tokenAt(textCursor().position())); });
}

AttentionText::~AttentionText() = default;

// Small weights would vanish in even steps: most of a text gets less than a hundredth of the strongest.
QColor AttentionText::shade(const Theme &theme, double part)
{
    return mixed(theme.surface, theme.accent, std::sqrt(part));
}

void AttentionText::setTokens(const std::vector<QString> &tokens)
{
    m_shading->setWeights({}, 1);
    m_starts.assign(1, 0);
    QString text;
    for (const QString &token : tokens) {
        text += token;
        m_starts.push_back(int(text.size()));
    }
    // Each character keeps its place: what would begin or join lines on its own is shown as a dot.
    for (QChar &c : text) {
        if (c != u'\n' && c != u'\t' &&
            (c.category() == QChar::Other_Control || c == u'\u2028' || c == u'\u2029'))
            c = u'·';
    }
    setPlainText(text);
    moveCursor(QTextCursor::End);
}

void AttentionText::setWeights(std::vector<double> weights, double high)
{
    m_shading->setWeights(std::move(weights), high);
}

int AttentionText::tokenAt(int character) const
{
    if (m_starts.size() < 2 || character >= m_starts.back())
        return int(m_starts.size()) - 2;
    return int(std::ranges::upper_bound(m_starts, character) - m_starts.begin()) - 1;
}

void AttentionText::mouseMoveEvent(QMouseEvent *event)
{
    QPlainTextEdit::mouseMoveEvent(event);
    emit pointedAt(tokenAt(cursorForPosition(event->position().toPoint()).position()));
}

} // namespace volary::ui
