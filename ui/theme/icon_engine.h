// Line icons that follow the theme.
#pragma once

#include "ui/theme/theme.h"

#include <QIconEngine>

namespace volary::ui {

// Draws an SVG of the resources whose strokes are "currentColor" in the colour that the theme has at the
// moment of painting: after a change of theme nobody needs to set icons again.
class LineIconEngine : public QIconEngine {
public:
    LineIconEngine(QString name, IconTone tone, const ThemeManager *themes);

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override;
    QIconEngine *clone() const override { return new LineIconEngine(*this); }

private:
    QColor color(QIcon::Mode mode, QIcon::State state) const;

    QString m_name;
    IconTone m_tone;
    const ThemeManager *m_themes; // outlives every widget, as it is made in app/ before them
};

} // namespace volary::ui
