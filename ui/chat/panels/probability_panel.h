// What else could have stood at each place of a reply.
#pragma once

#include "core/session/reply.h"
#include "core/store/library.h"
#include "ui/theme/theme.h"

#include <QAbstractScrollArea>
#include <QWidget>

#include <memory>
#include <vector>

class QLabel;
class QScrollBar;

namespace volary::ui {

// The tokens of a reply as small pieces, shaded by how unlikely they were; one is selected.
class TokenStrip : public QAbstractScrollArea {
    Q_OBJECT

public:
    TokenStrip(const ThemeManager &themes, QWidget *parent);

    struct Piece {
        QString text;       // made visible
        double probability; // of this token; 1 when nothing is known
    };
    void clear();
    void append(std::vector<Piece> pieces);
    void select(int index);
    int selected() const { return m_selected; }
    int count() const { return int(m_pieces.size()); }

    QSize sizeHint() const override { return {240, 120}; }

signals:
    void selectionChanged(int index);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void layOut(std::size_t from);
    void updateScrollBar();

    const ThemeManager &m_themes;
    std::vector<Piece> m_pieces;
    std::vector<QRect> m_boxes; // in content coordinates; rows ascend
    int m_selected = -1;
};

// The likeliest tokens at one place as bars.
class AlternativeBars : public QWidget {
    Q_OBJECT

public:
    AlternativeBars(const ThemeManager &themes, QWidget *parent);

    struct Bar {
        QString text;
        double probability;
        bool taken;
    };
    void setBars(std::vector<Bar> bars);
    void setBranchingEnabled(bool enabled);

    QSize sizeHint() const override;

signals:
    void chosen(int index);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    int rowHeight() const;
    void choose(int index);

    const ThemeManager &m_themes;
    std::vector<Bar> m_bars;
    int m_current = 0;
    bool m_enabled = false;
};

class ProbabilityPanel : public QWidget {
    Q_OBJECT

public:
    ProbabilityPanel(const ThemeManager &themes, QWidget *parent);

    void setTraces(TurnId turn, const std::shared_ptr<const std::vector<TokenTrace>> &traces);
    void appendTraces(const std::vector<TokenTrace> &traces); // of a running reply: the newest is selected
    void clear();
    void setVocabulary(std::shared_ptr<const Tokenizer> vocabulary);
    void setBranchingEnabled(bool enabled);

    // A token as people can read it: "·the", "↵", "\\xe2".
    static QString visible(std::string_view bytes);

signals:
    // Another token at place `keep` of the reply.
    void branchRequested(volary::TurnId turn, qint64 keep, volary::TokenId token);

private:
    void showPlace(int index);
    QString textOf(TokenId token) const;

    TokenStrip *m_strip;
    AlternativeBars *m_bars;
    QLabel *m_hint;
    std::shared_ptr<const Tokenizer> m_vocabulary;
    std::vector<TokenTrace> m_traces;
    TurnId m_turn = -1; // -1: a running reply, which cannot be branched
    bool m_branching = false;
};

} // namespace volary::ui
