#include "ui/theme/icon_engine.h"

#include "ui/theme/contrast.h"

#include <QFile>
#include <QHash>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

namespace volary::ui {

namespace {

const QByteArray &drawing(const QString &name)
{
    static QHash<QString, QByteArray> loaded;
    auto found = loaded.find(name);
    if (found == loaded.end()) {
        QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
        found = loaded.insert(name, file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
        if (found->isEmpty())
            qWarning("There is no icon named %s.", qPrintable(name));
    }
    return *found;
}

} // namespace

LineIconEngine::LineIconEngine(QString name, IconTone tone, const ThemeManager *themes)
    : m_name(std::move(name)), m_tone(tone), m_themes(themes)
{}

QColor LineIconEngine::color(QIcon::Mode mode, QIcon::State state) const
{
    const Theme &theme = m_themes->theme();
    if (mode == QIcon::Disabled)
        return mixed(theme.surface, theme.muted, 0.55);
    if (m_tone == IconTone::OnAccent)
        return theme.onAccent;
    if (state == QIcon::On)
        return theme.accent;
    switch (m_tone) {
    case IconTone::Text: return theme.text;
    case IconTone::Muted: return mode == QIcon::Active ? theme.text : theme.muted;
    case IconTone::Accent: return theme.accent;
    case IconTone::OnAccent: return theme.onAccent;
    case IconTone::Danger: return theme.danger;
    case IconTone::Success: return theme.success;
    case IconTone::Warning: return theme.warning;
    }
    return theme.text;
}

void LineIconEngine::paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state)
{
    QByteArray svg = drawing(m_name);
    if (svg.isEmpty())
        return;
    svg.replace("currentColor", color(mode, state).name().toLatin1());
    QSvgRenderer(svg).render(painter, rect);
}

QPixmap LineIconEngine::pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state)
{
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return pixmap;
}

} // namespace volary::ui
