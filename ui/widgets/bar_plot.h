// Numbers as bars, side by side.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

namespace volary::ui {

// From 0 up; what is no number has no bar.
class BarPlot : public QWidget {
    Q_OBJECT

public:
    // `caption` stands below the bars.
    BarPlot(const ThemeManager &themes, QString caption, QWidget *parent = nullptr);

    void setValues(std::vector<double> values);

    QSize sizeHint() const override;

protected:
    bool event(QEvent *event) override; // tool tip: the number under the pointer
    void paintEvent(QPaintEvent *event) override;

private:
    QRectF plot() const;

    const ThemeManager &m_themes;
    QString m_caption;
    std::vector<double> m_values;
};

} // namespace volary::ui
