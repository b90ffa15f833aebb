// What the open model's vocabulary makes of a text.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace volary::ui {

class TokenRun;

// The tokens of a text as boxes with their ids, a moment after it was written.
class TokenizerView : public QWidget {
    Q_OBJECT

public:
    TokenizerView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    QPlainTextEdit &text() { return *m_text; }

    // One line per token: place, text, id and bytes in hexadecimal.
    static QString asCsv(const std::vector<TokenId> &tokens, const Tokenizer &vocabulary);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void ask();
    void show(std::shared_ptr<const std::vector<TokenId>> tokens);
    QColor colourOf(int index) const;
    QString describe(int index) const;

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    RequestId m_request = 0; // the newest: only its answer counts
    std::shared_ptr<const std::vector<TokenId>> m_tokens;
    std::shared_ptr<const Tokenizer> m_vocabulary; // of m_tokens
    QTimer m_pause;                                // after the last key

    QPlainTextEdit *m_text;
    QLabel *m_counts;
    TokenRun *m_run;
    QLabel *m_current;
    QToolButton *m_copy;
};

} // namespace volary::ui
