// One head of a state: its matrix, its numbers, its singular values.
#pragma once

#include "core/inspect/head_matrices.h"
#include "ui/theme/theme.h"

#include <QImage>
#include <QWidget>

#include <optional>

class QLabel;
class QToolButton;

namespace volary::ui {

class BarPlot;

// The matrix, large; tells the number under the pointer.
class MatrixView : public QWidget {
    Q_OBJECT

public:
    explicit MatrixView(const ThemeManager &themes, QWidget *parent = nullptr);

    void setHead(std::optional<HeadMatrix> head);

    QSize sizeHint() const override;

signals:
    void pointedAt(int row, int column); // -1, -1: at nothing

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    QRectF place() const;

    const ThemeManager &m_themes;
    std::optional<HeadMatrix> m_head;
    QImage m_image;
};

class HeadPanel : public QWidget {
    Q_OBJECT

public:
    explicit HeadPanel(const ThemeManager &themes, QWidget *parent = nullptr);

    void setHead(const HeadMatrix *head); // null: nothing to show

    // The matrix as lines of numbers with commas, exact to the bit when read again.
    static QString asCsv(const HeadMatrix &head);

private:
    void showNumber(int row, int column);

    std::optional<HeadMatrix> m_head;
    QLabel *m_title;
    QLabel *m_facts;
    QLabel *m_number;
    MatrixView *m_matrix;
    BarPlot *m_values;
    QToolButton *m_copy;
};

} // namespace volary::ui
