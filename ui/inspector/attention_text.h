// A text whose tokens are shaded by how much attention they get.
#pragma once

#include "ui/theme/theme.h"

#include <QPlainTextEdit>

#include <vector>

namespace volary::ui {

class TokenShading;

// Read with the keys as any text; tells the token under the cursor or the pointer.
class AttentionText : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit AttentionText(const ThemeManager &themes, QWidget *parent = nullptr);
    ~AttentionText() override;

    // One text per token; empty for those that stand for none.
    void setTokens(const std::vector<QString> &tokens);
    // One number per token, from 0 to `high`, which has the full colour.
    void setWeights(std::vector<double> weights, double high);

    // The ground of a token with this part of the highest weight, 0..1.
    static QColor shade(const Theme &theme, double part);

signals:
    void pointedAt(int token); // -1: at nothing

protected:
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    int tokenAt(int character) const;

    TokenShading *m_shading;
    std::vector<int> m_starts; // the first character of each token, and one beyond the last
};

} // namespace volary::ui
