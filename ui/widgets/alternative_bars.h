// What could stand at one place of a text.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

namespace volary::ui {

// The likeliest tokens at one place as bars.
class AlternativeBars : public QWidget {
    Q_OBJECT

public:
    explicit AlternativeBars(const ThemeManager &themes, QWidget *parent = nullptr);

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

} // namespace volary::ui
