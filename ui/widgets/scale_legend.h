// What the colours of a picture stand for.
#pragma once

#include "ui/theme/theme.h"

#include <QStringList>
#include <QWidget>

#include <functional>

namespace volary::ui {

// A strip of colours with captions spread evenly below it, and the unit beside it.
class ScaleLegend : public QWidget {
    Q_OBJECT

public:
    explicit ScaleLegend(const ThemeManager &themes, QWidget *parent = nullptr);

    // `colourAt` is asked with 0..1 while the strip is painted, so that it follows the theme.
    void setScale(std::function<QColor(double)> colourAt, const QStringList &captions, const QString &unit);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const ThemeManager &m_themes;
    std::function<QColor(double)> m_colourAt;
    QStringList m_captions;
    QString m_unit;
};

} // namespace volary::ui
