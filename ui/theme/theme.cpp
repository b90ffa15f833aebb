#include "ui/theme/theme.h"

#include "ui/theme/contrast.h"
#include "ui/theme/icon_engine.h"
#include "ui/theme/stylesheet.h"
#include "ui/theme/tokens.h"

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QLabel>
#include <QPalette>
#include <QScopedValueRollback>
#include <QStyle>
#include <QStyleFactory>

#include <algorithm>

// The icons live in a static library, whose resources are only there when somebody asks for them. The macro
// must stand outside of namespaces.
static void loadIcons()
{
    Q_INIT_RESOURCE(icons);
}

namespace volary::ui {

namespace {

QPalette paletteOf(const Theme &theme)
{
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Base, theme.surface);
    palette.setColor(QPalette::AlternateBase, theme.raised);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::Button, theme.raised);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.danger);
    palette.setColor(QPalette::Highlight, theme.accent);
    palette.setColor(QPalette::HighlightedText, theme.onAccent);
    palette.setColor(QPalette::Link, theme.accent);
    palette.setColor(QPalette::LinkVisited, theme.accent);
    palette.setColor(QPalette::ToolTipBase, theme.text);
    palette.setColor(QPalette::ToolTipText, theme.surface);
    palette.setColor(QPalette::PlaceholderText, theme.muted);
    palette.setColor(QPalette::Light, theme.raised);
    palette.setColor(QPalette::Midlight, theme.border);
    palette.setColor(QPalette::Mid, theme.border);
    palette.setColor(QPalette::Dark, theme.border);
    palette.setColor(QPalette::Shadow, theme.border);
    const QColor faded = mixed(theme.surface, theme.muted, 0.6);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, faded);
    return palette;
}

// Qt 6.4 cannot be asked for the desktop's colour scheme; the lightness of its palette tells, which shows
// when ours is taken away.
bool desktopPaletteIsDark()
{
    QApplication::setPalette(QPalette());
    return QApplication::palette().color(QPalette::Window).lightness() < 128;
}

} // namespace

ThemeManager::ThemeManager(QObject *parent) : ThemeManager(desktopPaletteIsDark, parent) {}

ThemeManager::ThemeManager(DesktopIsDark desktopIsDark, QObject *parent)
    : QObject(parent), m_desktopIsDark(std::move(desktopIsDark)), m_systemFont(QApplication::font())
{
    loadIcons();
    // Tiny system fonts (8 or 9 points, as on bare X servers) make reading long replies hard.
    if (m_systemFont.pointSizeF() < 10)
        m_systemFont.setPointSizeF(10);
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    qApp->installEventFilter(this);
    apply();
}

void ThemeManager::setChoice(ThemeChoice choice)
{
    if (choice == m_choice)
        return;
    m_choice = choice;
    apply();
}

void ThemeManager::setTextScale(double scale)
{
    scale = std::clamp(scale, 0.7, 2.0);
    if (qFuzzyCompare(scale, m_textScale))
        return;
    m_textScale = scale;
    apply();
}

QIcon ThemeManager::icon(const QString &name, IconTone tone) const
{
    return QIcon(new LineIconEngine(name, tone, this));
}

QFont ThemeManager::font(double scale) const
{
    QFont font = m_systemFont;
    font.setPointSizeF(font.pointSizeF() * m_textScale * scale);
    return font;
}

QFont ThemeManager::fixedFont(double scale) const
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setStyleHint(QFont::Monospace);
    font.setPointSizeF(m_systemFont.pointSizeF() * m_textScale * scale * 0.94);
    return font;
}

bool ThemeManager::eventFilter(QObject *watched, QEvent *event)
{
    // Names of models, files and conversations come from elsewhere: a label that guesses would run their
    // mark-up and load their pictures. Tool tips are labels, too.
    if (event->type() == QEvent::Polish) {
        if (auto *label = qobject_cast<QLabel *>(watched); label && label->textFormat() == Qt::AutoText)
            label->setTextFormat(Qt::PlainText);
    }
    const bool fromDesktop = event->type() == QEvent::ThemeChange ||
                             (event->type() == QEvent::ApplicationPaletteChange && watched == qApp);
    if (fromDesktop && !m_applying && m_choice == ThemeChoice::System)
        apply();
    return QObject::eventFilter(watched, event);
}

void ThemeManager::apply()
{
    const QScopedValueRollback guard(m_applying, true);
    const bool dark = m_choice == ThemeChoice::System ? m_desktopIsDark() : m_choice == ThemeChoice::Dark;
    m_theme = dark ? darkTheme() : lightTheme();
    QApplication::setPalette(paletteOf(m_theme));
    QApplication::setFont(font());
    qApp->setStyleSheet(stylesheet(m_theme, font().pointSizeF()));
    emit changed();
}

} // namespace volary::ui
