#include "ui/theme/stylesheet.h"

#include "ui/theme/contrast.h"

#include <QHash>

namespace volary::ui {

namespace {

// @name stands for a token; sizes are device-independent pixels.
constexpr auto kGrounds = R"(
QMainWindow, QDialog { background: @window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QWidget[ground="window"] { background: @window; }
QWidget[ground="surface"] { background: @surface; }
QWidget[ground="raised"] { background: @raised; }
QFrame[card="plain"] { background: @surface; border: 1px solid @border; border-radius: @radius; }
QFrame[card="raised"] { background: @raised; border: 1px solid @border; border-radius: @radius; }
QFrame[card="danger"] { background: @dangerSoft; border: 1px solid @dangerEdge; border-radius: @radius; }
QFrame[card="accent"] { background: @accentSoft; border: 1px solid @accentEdge; border-radius: @radius; }
QLabel[role="title"] { font-size: @titleSize; font-weight: 600; }
QLabel[role="heading"] { font-size: @headingSize; font-weight: 600; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="caption"] { color: @muted; font-size: @captionSize; }
QLabel[role="danger"] { color: @danger; font-weight: 600; }
QLabel[role="mono"] { font-family: monospace; }
QToolTip { background: @text; color: @surface; border: none; padding: 5px 8px; }
)";

constexpr auto kButtons = R"(
QPushButton { background: @surface; color: @text; border: 1px solid @border; border-radius: @controlRadius;
    padding: 6px 14px; min-height: 18px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @pressed; }
QPushButton:focus { border: 1px solid @focus; }
QPushButton:disabled { color: @disabled; background: @window; }
QPushButton:checked { background: @accentSoft; border-color: @accentEdge; color: @accent; }
QPushButton:default { border-color: @accentEdge; }
QPushButton[kind="primary"] { background: @accent; color: @onAccent; border: 1px solid @accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: @accentHover; border-color: @accentHover; }
QPushButton[kind="primary"]:focus { border: 1px solid @text; }
QPushButton[kind="primary"]:disabled { background: @border; border-color: @border; color: @disabled; }
QPushButton[kind="danger"] { color: @danger; border-color: @dangerEdge; }
QPushButton[kind="danger"]:hover { background: @dangerSoft; }
QPushButton[kind="danger"]:focus { border-color: @danger; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; color: @text; }
QPushButton[kind="quiet"]:hover { background: @hover; }
QPushButton[kind="quiet"]:focus { border: 1px solid @focus; }
QPushButton[kind="quiet"]:disabled { color: @disabled; background: transparent; }
QPushButton::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }
QToolButton { background: transparent; color: @text; border: 1px solid transparent; border-radius: @controlRadius;
    padding: 4px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @pressed; }
QToolButton:focus { border: 1px solid @focus; }
QToolButton:checked { background: @accentSoft; color: @accent; }
QToolButton:disabled { color: @disabled; }
QToolButton[kind="primary"] { background: @accent; color: @onAccent; border: 1px solid @accent; }
QToolButton[kind="primary"]:hover { background: @accentHover; }
QToolButton[kind="primary"]:focus { border: 1px solid @text; }
QToolButton[kind="primary"]:disabled { background: @border; border-color: @border; color: @disabled; }
QToolButton[kind="danger"]:hover { background: @dangerSoft; }
QToolButton[kind="chip"] { background: @raised; border: 1px solid @border; border-radius: 11px; padding: 2px 9px;
    color: @text; font-size: @captionSize; min-height: 16px; }
QToolButton[kind="chip"]:hover { background: @hover; }
QToolButton[kind="chip"]:focus { border: 1px solid @focus; }
QToolButton[kind="value"] { color: @muted; font-size: @captionSize; padding: 2px 4px; }
QToolButton[kind="value"]:hover, QToolButton[kind="value"]:pressed { background: transparent; }
QToolButton[kind="rail"] { color: @muted; border: 1px solid transparent; border-radius: @radius; padding: 7px 2px 6px 2px;
    font-size: @captionSize; }
QToolButton[kind="rail"]:hover { background: @hover; color: @text; }
QToolButton[kind="rail"]:checked { background: @accentSoft; color: @accent; font-weight: 600; }
QToolButton[kind="rail"]:focus { border: 1px solid @focus; }
)";

constexpr auto kFields = R"(
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { background: @surface; color: @text;
    selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit { border: 1px solid @border; border-radius: @controlRadius; padding: 6px 9px; min-height: 18px; }
QLineEdit:focus { border: 1px solid @focus; }
QLineEdit:disabled { color: @disabled; background: @window; }
QPlainTextEdit, QTextEdit { border: 1px solid @border; border-radius: @controlRadius; padding: 4px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 1px solid @focus; }
QPlainTextEdit[plain="true"] { border: none; padding: 0; background: transparent; }
QTextBrowser { border: none; padding: 0; background: transparent; }
QTextBrowser:focus { border: none; }
QComboBox { border: 1px solid @border; border-radius: @controlRadius; padding: 5px 9px; min-height: 18px; }
QComboBox:focus { border: 1px solid @focus; }
QComboBox:hover { background: @hover; }
QAbstractSpinBox { border: 1px solid @border; border-radius: @controlRadius; padding: 5px 9px; min-height: 18px; }
QAbstractSpinBox:focus { border: 1px solid @focus; }
QAbstractSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; width: 24px; border: none; }
QAbstractSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; width: 24px; border: none; }
QAbstractSpinBox::up-arrow { image: url(:/icons/chevron-up-@shade.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/chevron-down-@shade.svg); width: 12px; height: 12px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(:/icons/chevron-down-@shade.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @border; padding: 4px; outline: none; }
)";

constexpr auto kLists = R"(
QAbstractItemView { background: @surface; color: @text; border: none; outline: none;
    selection-background-color: @accentSoft; selection-color: @text; alternate-background-color: @raised; }
QListView[plain="true"] { background: transparent; }
QListView::item, QTreeView::item { border-radius: @controlRadius; padding: 4px 6px; }
QListView::item:hover, QTreeView::item:hover { background: @hover; }
QListView::item:selected, QTreeView::item:selected { background: @accentSoft; color: @text; }
QTableView { gridline-color: transparent; }
QTableView::item { padding: 3px 10px; border-bottom: 1px solid @hairline; }
QTableView::item:selected { background: @accentSoft; color: @text; }
QHeaderView { background: @surface; border: none; }
QHeaderView::section { background: @surface; color: @muted; border: none; border-bottom: 1px solid @border;
    padding: 6px 13px; font-size: @captionSize; font-weight: 600; }
QHeaderView::section:hover { color: @text; }
QHeaderView::up-arrow { image: url(:/icons/chevron-up-@shade.svg); width: 12px; height: 12px; subcontrol-position: right center; }
QHeaderView::down-arrow { image: url(:/icons/chevron-down-@shade.svg); width: 12px; height: 12px; subcontrol-position: right center; }
QTableCornerButton::section { background: @surface; border: none; }
)";

constexpr auto kFrames = R"(
QMenuBar { background: @window; color: @text; padding: 2px 6px; border: none; }
QMenuBar::item { padding: 4px 9px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @raised; color: @text; border: 1px solid @border; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @disabled; }
QMenu::separator { height: 1px; background: @border; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }
QStatusBar { background: @window; color: @muted; border-top: 1px solid @border; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @muted; font-size: @captionSize; }
QDockWidget { color: @text; font-weight: 600; titlebar-close-icon: url(:/icons/close-@shade.svg);
    titlebar-normal-icon: url(:/icons/float-@shade.svg); }
QDockWidget::title { background: @window; padding: 8px 10px; text-align: left; }
QDockWidget::close-button, QDockWidget::float-button { border: none; padding: 2px; background: transparent;
    border-radius: 4px; icon-size: 12px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: @hover; }
QMainWindow::separator { background: @border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QSplitter::handle { background: @border; }
QSplitter::handle:hover { background: @accent; }
QSplitter[plain="true"]::handle { background: transparent; }
QTabWidget::pane { border: none; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: @muted; padding: 7px 12px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
QTabBar::tab:focus { color: @accent; }
QProgressBar { background: @track; border: none; border-radius: 3px; height: 6px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QGroupBox { font-weight: 600; border: none; margin-top: 22px; }
QGroupBox::title { subcontrol-origin: margin; left: 0; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: @thumb; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
)";

QHash<QString, QString> values(const Theme &theme, double pointSize)
{
    const auto points = [](double size) { return QStringLiteral("%1pt").arg(size, 0, 'f', 1); };
    const auto pixels = [](int size) { return QStringLiteral("%1px").arg(size); };
    return {
        {"window", theme.window.name()},
        {"surface", theme.surface.name()},
        {"raised", theme.raised.name()},
        {"border", theme.border.name()},
        {"hairline", mixed(theme.surface, theme.border, 0.5).name()},
        {"text", theme.text.name()},
        {"muted", theme.muted.name()},
        {"disabled", mixed(theme.surface, theme.muted, 0.6).name()},
        {"accent", theme.accent.name()},
        {"accentHover", mixed(theme.accent, theme.text, 0.15).name()},
        {"accentEdge", mixed(theme.accentSoft, theme.accent, 0.35).name()},
        {"onAccent", theme.onAccent.name()},
        {"accentSoft", theme.accentSoft.name()},
        {"danger", theme.danger.name()},
        {"dangerSoft", theme.dangerSoft.name()},
        {"dangerEdge", mixed(theme.dangerSoft, theme.danger, 0.35).name()},
        {"focus", theme.focus.name()},
        {"hover", mixed(theme.window, theme.text, 0.06).name()},
        {"pressed", mixed(theme.window, theme.text, 0.11).name()},
        {"track", mixed(theme.surface, theme.text, 0.10).name()},
        {"thumb", mixed(theme.surface, theme.muted, 0.45).name()},
        {"shade", theme.dark ? QStringLiteral("dark") : QStringLiteral("light")},
        {"radius", pixels(theme.radius)},
        {"controlRadius", pixels(theme.radius - 2)},
        {"titleSize", points(pointSize * 1.5)},
        {"headingSize", points(pointSize * 1.12)},
        {"captionSize", points(pointSize * 0.9)},
    };
}

} // namespace

QString stylesheet(const Theme &theme, double pointSize)
{
    QString sheet;
    for (const char *part : {kGrounds, kButtons, kFields, kLists, kFrames})
        sheet += QLatin1String(part);
    const auto tokens = values(theme, pointSize);

    QString filled;
    filled.reserve(sheet.size() * 2);
    for (qsizetype at = 0; at < sheet.size();) {
        if (sheet[at] != u'@') {
            filled += sheet[at++];
            continue;
        }
        qsizetype end = ++at;
        while (end < sheet.size() && sheet[end].isLetter())
            ++end;
        filled += tokens.value(sheet.mid(at, end - at));
        at = end;
    }
    return filled;
}

} // namespace volary::ui
