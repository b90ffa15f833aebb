// Widgets for the blocks of a turn.
#pragma once

#include "ui/chat/markdown.h"
#include "ui/theme/theme.h"

#include <QFrame>
#include <QPlainTextEdit>
#include <QTextBrowser>

#include <memory>

class QLabel;
class QToolButton;

namespace volary::ui {

// One block; it is as high as its content at a given width.
class BlockView {
public:
    virtual ~BlockView() = default;
    virtual QWidget *widget() = 0;
    virtual int heightAt(int width) = 0;
    // Takes another block of the same kind over; false when the kind differs.
    virtual bool update(const MarkdownBlock &block) = 0;
    virtual void applyTheme() = 0;
    virtual QString plainText() const = 0;
    // Marks every occurrence of `words` (empty: none) and returns how many there are.
    virtual int highlight(const QString &words) = 0;
};

std::unique_ptr<BlockView> makeBlockView(const ThemeManager &themes, const MarkdownBlock &block,
                                         QWidget *parent);

// Paragraphs, headings, lists, quotes and tables. Loads nothing, and opens a link only after showing where it
// leads.
class TextBlock final : public QTextBrowser, public BlockView {
    Q_OBJECT

public:
    TextBlock(const ThemeManager &themes, const MarkdownBlock &block, QWidget *parent);

    QWidget *widget() override { return this; }
    int heightAt(int width) override;
    bool update(const MarkdownBlock &block) override;
    void applyTheme() override;
    QString plainText() const override { return toPlainText(); }
    int highlight(const QString &words) override;

    QVariant loadResource(int type, const QUrl &name) override;

protected:
    void wheelEvent(QWheelEvent *event) override;

private:
    void render();

    const ThemeManager &m_themes;
    QString m_html;
};

// A code block with its language, a copy button and colours.
class CodeBlock final : public QFrame, public BlockView {
    Q_OBJECT

public:
    CodeBlock(const ThemeManager &themes, const MarkdownBlock &block, QWidget *parent);

    QWidget *widget() override { return this; }
    int heightAt(int width) override;
    bool update(const MarkdownBlock &block) override;
    void applyTheme() override;
    QString plainText() const override;
    int highlight(const QString &words) override;

protected:
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    int headerHeight() const;

    const ThemeManager &m_themes;
    QString m_language;
    QLabel *m_label;
    QToolButton *m_copy;
    QPlainTextEdit *m_code;
    class CodeHighlighter *m_highlighter = nullptr;
};

// A thematic break.
class RuleBlock final : public QWidget, public BlockView {
    Q_OBJECT

public:
    RuleBlock(const ThemeManager &themes, QWidget *parent);

    QWidget *widget() override { return this; }
    int heightAt(int) override;
    bool update(const MarkdownBlock &block) override { return block.kind == MarkdownBlock::Kind::Rule; }
    void applyTheme() override { QWidget::update(); }
    QString plainText() const override { return QStringLiteral("---"); }
    int highlight(const QString &) override { return 0; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const ThemeManager &m_themes;
};

} // namespace volary::ui
