// Numbers in rows and columns as colours, with a legend; each can be pointed at.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

#include <functional>
#include <vector>

namespace volary::ui {

class HeatGrid : public QWidget {
    Q_OBJECT

public:
    struct Values {
        int rows = 0, columns = 0;
        std::vector<double> cells;   // [rows, columns], from 0 on; NaN: there is nothing
        double high = 1;             // has the last colour
        QString rowName, columnName; // "head", "layer"
        QString unit;                // of the legend
        std::function<QString(int row, int column)> describe; // one cell, for tool tip and screen reader
    };

    explicit HeatGrid(const ThemeManager &themes, QWidget *parent = nullptr);

    void setValues(Values values);
    int currentRow() const { return m_row; }
    int currentColumn() const { return m_column; }
    void setCurrent(int row, int column);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void currentChanged(int row, int column);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    int cellSize() const;
    QRect cellAt(int row, int column) const;
    QPoint cellUnder(const QPoint &position) const; // column, row; (-1, -1): none
    void paintLegend(QPainter &painter) const;
    QString description(int row, int column) const;

    const ThemeManager &m_themes;
    Values m_values;
    int m_row = 0, m_column = 0;
};

} // namespace volary::ui
