// A text as the tokens that a model sees.
#pragma once

#include "ui/theme/theme.h"

#include <QAbstractScrollArea>

#include <functional>
#include <vector>

namespace volary::ui {

// Pieces from left to right, wrapped at the width, each with a colour behind it; one is selected by pointer
// or keys. However long the text is, only what is visible is painted.
class TokenRun : public QAbstractScrollArea {
    Q_OBJECT

public:
    enum class Look { Boxes, Text }; // apart and in fixed pitch, or close together as one reads

    TokenRun(const ThemeManager &themes, Look look, const QString &accessibleName, QWidget *parent = nullptr);

    struct Piece {
        QString text;          // made visible
        QString caption = {};  // below it, small; empty: none
        bool endsLine = false; // what follows begins a new line
    };
    void clear();
    void append(std::vector<Piece> pieces);
    void select(int index);
    int selected() const { return m_selected; } // -1: none
    int count() const { return int(m_pieces.size()); }

    // Asked while a piece is painted, so that they follow the theme; no valid colour: the plain ground.
    void setColours(std::function<QColor(int index)> colourOf);
    // For tool tip and screen reader, in place of the bare text.
    void setDescriptions(std::function<QString(int index)> describe);

    QSize sizeHint() const override { return {240, 120}; }

signals:
    void selectionChanged(int index);

protected:
    bool viewportEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QFont font() const;
    void layOut(std::size_t from);
    void updateScrollBar();
    void paintPiece(QPainter &painter, std::size_t index, const QRect &box) const;
    int under(const QPoint &position) const; // in the viewport; -1: none
    int inNeighbouringRow(int step) const;
    QString description(int index) const;

    const ThemeManager &m_themes;
    const Look m_look;
    std::vector<Piece> m_pieces;
    std::vector<QRect> m_boxes; // in content coordinates; rows ascend
    std::function<QColor(int)> m_colourOf;
    std::function<QString(int)> m_describe;
    int m_selected = -1;
};

} // namespace volary::ui
