// Lines with the band that they may move in, on a logarithmic axis.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

namespace volary::ui {

// Sections side by side, each with points from left to right. What lies beyond the axis is drawn at its edge,
// what is no number not at all. One point can be chosen by pointer or keys: left and right go by points, page
// up and down by sections.
class BandPlot : public QWidget {
    Q_OBJECT

public:
    // All above zero; three numbers for each point, the middle one on the line.
    struct Section {
        QString name; // stands below it, where there is room
        std::vector<double> low, middle, high;
    };

    // `unit` names the vertical axis, `across` says what the sections are.
    BandPlot(const ThemeManager &themes, QString unit, QString across, QWidget *parent = nullptr);

    void setSections(std::vector<Section> sections); // points at the first one
    int section() const { return m_section; }
    int point() const { return m_point; }
    void setCurrent(int section, int point); // clamped

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void currentChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QRectF plot() const;
    QPointF place(int section, int point, double value) const;
    void paintAxes(QPainter &painter) const;
    void paintSection(QPainter &painter, int section) const;
    void paintCurrent(QPainter &painter) const;

    const ThemeManager &m_themes;
    QString m_unit, m_across;
    std::vector<Section> m_sections;
    int m_section = 0, m_point = 0;
    int m_firstDecade = 0, m_lastDecade = 1; // of the axis: powers of ten
};

} // namespace volary::ui
