#include "ui/chat/block_view.h"

#include "ui/chat/code_highlighter.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QLabel>
#include <QMessageBox>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>

namespace volary::ui {

namespace {

constexpr int kCodePadding = 12;

// What QTextDocument understands of a stylesheet; sizes are relative to the document's font.
QString documentStyle(const Theme &theme, const QString &fixedFamily)
{
    return QStringLiteral(
               "p, ul, ol, blockquote, table { margin-top: 0; margin-bottom: 0; }"
               "li { margin-bottom: 3px; }"
               "h1 { font-size: x-large; } h2 { font-size: large; } h3, h4, h5, h6 { font-size: medium; }"
               "h1, h2, h3, h4, h5, h6 { margin-top: 6px; margin-bottom: 4px; font-weight: 600; }"
               "blockquote { color: %1; margin-left: 12px; }"
               "code, pre { font-family: '%2'; background-color: %3; }"
               "a { color: %4; }"
               "th { background-color: %3; font-weight: 600; }"
               "table { border-color: %5; }")
        .arg(theme.muted.name(), fixedFamily, theme.code.name(), theme.accent.name(), theme.border.name());
}

int markAll(QTextDocument *document, const QString &words, const QColor &background,
            const std::function<void(const QList<QTextEdit::ExtraSelection> &)> &show)
{
    QList<QTextEdit::ExtraSelection> found;
    QTextCursor at(document);
    while (!words.isEmpty()) {
        at = document->find(words, at);
        if (at.isNull())
            break;
        QTextEdit::ExtraSelection selection;
        selection.cursor = at;
        selection.format.setBackground(background);
        found.append(selection);
    }
    show(found);
    return int(found.size());
}

} // namespace

std::unique_ptr<BlockView> makeBlockView(const ThemeManager &themes, const MarkdownBlock &block,
                                         QWidget *parent)
{
    switch (block.kind) {
    case MarkdownBlock::Kind::Code: return std::make_unique<CodeBlock>(themes, block, parent);
    case MarkdownBlock::Kind::Rule: return std::make_unique<RuleBlock>(themes, parent);
    case MarkdownBlock::Kind::Text: break;
    }
    return std::make_unique<TextBlock>(themes, block, parent);
}

TextBlock::TextBlock(const ThemeManager &themes, const MarkdownBlock &block, QWidget *parent)
    : QTextBrowser(parent), m_themes(themes), m_html(block.html)
{
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setOpenLinks(false);
    setAccessibleName(tr("Text"));
    setFocusPolicy(Qt::ClickFocus);
    viewport()->setAutoFillBackground(false);
    setAttribute(Qt::WA_TranslucentBackground);
    document()->setUndoRedoEnabled(false);
    document()->setDocumentMargin(0);
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl &address) {
        const auto answer = QMessageBox::question(
            window(), tr("Open a link?"),
            tr("This link leads to\n\n%1\n\nOpen it in the browser?").arg(address.toDisplayString()));
        if (answer == QMessageBox::Yes)
            QDesktopServices::openUrl(address);
    });
    render();
}

void TextBlock::render()
{
    document()->setDefaultFont(m_themes.font(1.07));
    document()->setDefaultStyleSheet(documentStyle(m_themes.theme(), m_themes.fixedFont().family()));
    QTextBrowser::setHtml(m_html);
    // Line height is no part of the stylesheet that a QTextDocument knows.
    QTextCursor all(document());
    all.select(QTextCursor::Document);
    QTextBlockFormat airy;
    airy.setLineHeight(126, QTextBlockFormat::ProportionalHeight);
    all.mergeBlockFormat(airy);
}

int TextBlock::heightAt(int width)
{
    ensurePolished(); // before that the style's own margins count
    document()->setTextWidth(width);
    return int(std::ceil(document()->size().height())) + 2;
}

bool TextBlock::update(const MarkdownBlock &block)
{
    if (block.kind != MarkdownBlock::Kind::Text)
        return false;
    if (block.html != m_html) {
        m_html = block.html;
        render();
    }
    return true;
}

void TextBlock::applyTheme()
{
    render();
}

int TextBlock::highlight(const QString &words)
{
    QColor mark = m_themes.theme().warning;
    mark.setAlpha(90);
    return markAll(document(), words, mark, [this](const auto &found) { setExtraSelections(found); });
}

QVariant TextBlock::loadResource(int, const QUrl &)
{
    return {};
}

// The transcript scrolls, never a block.
void TextBlock::wheelEvent(QWheelEvent *event)
{
    event->ignore();
}

CodeBlock::CodeBlock(const ThemeManager &themes, const MarkdownBlock &block, QWidget *parent)
    : QFrame(parent), m_themes(themes), m_language(block.language), m_label(new QLabel(this)),
      m_copy(new QToolButton(this)), m_code(new QPlainTextEdit(this))
{
    m_label->setProperty("role", "caption");
    m_copy->setProperty("kind", "quiet");
    m_copy->setIcon(themes.icon(QStringLiteral("copy"), IconTone::Muted));
    m_copy->setText(tr("Copy"));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setAccessibleName(tr("Copy the code"));
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_code->toPlainText()); });
    m_code->setReadOnly(true);
    m_code->setProperty("plain", true);
    m_code->setFrameShape(QFrame::NoFrame);
    m_code->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_code->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_code->setAccessibleName(tr("Code"));
    m_code->setFocusPolicy(Qt::ClickFocus);
    m_code->viewport()->setAutoFillBackground(false);
    m_code->setUndoRedoEnabled(false);
    m_code->document()->setDocumentMargin(0);
    m_code->setPlainText(block.code);
    m_highlighter = new CodeHighlighter(m_code->document(), themes.theme(), m_language);
    applyTheme();
}

int CodeBlock::headerHeight() const
{
    return m_copy->sizeHint().height() + 4;
}

int CodeBlock::heightAt(int)
{
    const int lines = std::max(1, m_code->blockCount());
    const int bar = m_code->horizontalScrollBar()->sizeHint().height();
    return headerHeight() + int(std::ceil(lines * m_code->fontMetrics().lineSpacing())) + kCodePadding + bar +
           4;
}

bool CodeBlock::update(const MarkdownBlock &block)
{
    if (block.kind != MarkdownBlock::Kind::Code || block.language != m_language)
        return false;
    const QString before = m_code->toPlainText();
    if (block.code.startsWith(before)) { // it grows: only the new part is laid out and coloured
        QTextCursor end(m_code->document());
        end.movePosition(QTextCursor::End);
        end.insertText(block.code.sliced(before.size()));
    } else {
        m_code->setPlainText(block.code);
    }
    return true;
}

void CodeBlock::applyTheme()
{
    m_code->setFont(m_themes.fixedFont());
    m_label->setText(m_language.isEmpty() ? tr("text") : m_language.toHtmlEscaped());
    m_highlighter->setTheme(m_themes.theme());
    QFrame::update();
}

QString CodeBlock::plainText() const
{
    return m_code->toPlainText();
}

int CodeBlock::highlight(const QString &words)
{
    QColor mark = m_themes.theme().warning;
    mark.setAlpha(90);
    return markAll(m_code->document(), words, mark,
                   [this](const auto &found) { m_code->setExtraSelections(found); });
}

void CodeBlock::resizeEvent(QResizeEvent *)
{
    const int header = headerHeight();
    const QSize copy = m_copy->sizeHint();
    m_copy->setGeometry(width() - copy.width() - 4, 3, copy.width(), copy.height());
    m_label->setGeometry(kCodePadding, 0, width() - copy.width() - 2 * kCodePadding, header);
    m_code->setGeometry(kCodePadding, header, width() - 2 * kCodePadding, height() - header - 4);
}

void CodeBlock::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(theme.border);
    painter.setBrush(theme.code);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.radius, theme.radius);
}

RuleBlock::RuleBlock(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes) {}

int RuleBlock::heightAt(int)
{
    return 2 * m_themes.theme().space;
}

void RuleBlock::paintEvent(QPaintEvent *)
{
    QPainter(this).fillRect(0, height() / 2, width(), 1, m_themes.theme().border);
}

} // namespace volary::ui
