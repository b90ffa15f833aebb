#include "ui/theme/tokens.h"

namespace volary::ui {

Theme lightTheme()
{
    Theme theme;
    theme.dark = false;
    theme.window = QColor(0xf5f4f0);
    theme.surface = QColor(0xfffefc);
    theme.raised = QColor(0xf9f8f5);
    theme.border = QColor(0xe1dfd8);
    theme.text = QColor(0x1c1e21);
    theme.muted = QColor(0x5e6166);
    theme.accent = QColor(0x0b6b69);
    theme.onAccent = QColor(0xffffff);
    theme.accentSoft = QColor(0xe0f0ee);
    theme.danger = QColor(0xad2a20);
    theme.dangerSoft = QColor(0xfbeae7);
    theme.success = QColor(0x1d6f3c);
    theme.warning = QColor(0x825400);
    theme.code = QColor(0xf2f0eb);
    theme.focus = QColor(0x12827f);
    return theme;
}

Theme darkTheme()
{
    Theme theme;
    theme.dark = true;
    theme.window = QColor(0x131517);
    theme.surface = QColor(0x1a1c1f);
    theme.raised = QColor(0x23262a);
    theme.border = QColor(0x31353a);
    theme.text = QColor(0xe7e8e9);
    theme.muted = QColor(0xa2a7ac);
    theme.accent = QColor(0x5ccabf);
    theme.onAccent = QColor(0x06211f);
    theme.accentSoft = QColor(0x173431);
    theme.danger = QColor(0xff938a);
    theme.dangerSoft = QColor(0x3a1d1b);
    theme.success = QColor(0x76cf93);
    theme.warning = QColor(0xe6b85c);
    theme.code = QColor(0x141618);
    theme.focus = QColor(0x4fb9af);
    return theme;
}

} // namespace volary::ui
