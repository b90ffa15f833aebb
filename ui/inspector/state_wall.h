// All heads of a state at once.
#pragma once

#include "core/inspect/head_matrices.h"
#include "ui/theme/theme.h"

#include <QImage>
#include <QWidget>

#include <vector>

namespace volary::ui {

// Layers from left to right, then in the next row; heads from top to bottom, each its matrix. One can be
// chosen by pointer or keys.
class StateWall : public QWidget {
    Q_OBJECT

public:
    explicit StateWall(const ThemeManager &themes, QWidget *parent = nullptr);

    void setHeads(std::vector<HeadMatrix> heads);
    const HeadMatrix *current() const; // null: there is none
    // One scale for all heads, so that strong and weak ones can be told apart; else each has its own.
    void setOneScale(bool oneScale);

    QSize sizeHint() const override;

signals:
    void currentChanged();

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void colour();
    // Layers stand in as many rows one below the other as make the heads largest.
    struct Bands {
        int columns = 1; // layers in a row
        double tile = 0; // pixels of a head
    };
    Bands bands() const;
    QRectF placeOf(const HeadMatrix &head) const;
    int under(const QPointF &position) const; // index; -1: none
    void choose(int layer, int head);
    QString description(const HeadMatrix &head) const;

    const ThemeManager &m_themes;
    std::vector<HeadMatrix> m_heads;
    std::vector<QImage> m_images;
    std::vector<int> m_layers; // the numbers of the columns
    int m_rows = 0;
    int m_layer = -1, m_head = 0; // chosen
    bool m_oneScale = false;
};

} // namespace volary::ui
