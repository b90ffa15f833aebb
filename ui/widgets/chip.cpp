#include "ui/widgets/chip.h"

namespace volary::ui {

namespace {
constexpr int kMaximumLetters = 36;
constexpr int kIconSize = 14;
} // namespace

Chip::Chip(const ThemeManager &themes, const QString &iconName, Kind kind, QWidget *parent)
    : QToolButton(parent)
{
    setProperty("kind", "chip");
    setIcon(themes.icon(iconName, IconTone::Muted));
    setIconSize({kIconSize, kIconSize});
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    if (kind == Kind::Information) {
        setProperty("kind", "value");
        setFocusPolicy(Qt::NoFocus);
    } else {
        setFocusPolicy(Qt::StrongFocus);
        setCursor(Qt::PointingHandCursor);
    }
}

void Chip::setLabel(const QString &text)
{
    if (text == m_label)
        return;
    m_label = text;
    refresh();
}

void Chip::setMeaning(const QString &meaning)
{
    m_meaning = meaning;
    refresh();
}

void Chip::refresh()
{
    QString shown = m_label;
    if (shown.size() > kMaximumLetters)
        shown = shown.left(kMaximumLetters / 2) + QChar(0x2026) + shown.right(kMaximumLetters / 2 - 1);
    setText(shown.replace(u'&', QStringLiteral("&&")));
    const QString whole = m_meaning.isEmpty() ? m_label : tr("%1: %2").arg(m_meaning, m_label);
    setToolTip(whole);
    setAccessibleName(whole);
}

} // namespace volary::ui
