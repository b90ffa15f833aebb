// Colours, spacing and type of the whole window, in one place.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

#include <functional>

namespace volary::ui {

enum class ThemeChoice { System, Light, Dark };

// The tokens that every widget paints with; nothing else names a colour. Text on its surface has a contrast
// of at least 4.5:1, marks 3:1 (proved by a test over all pairs).
struct Theme {
    bool dark = false;

    QColor window;     // behind everything
    QColor surface;    // cards, transcript, lists
    QColor raised;     // composer, popups, hovered rows
    QColor border;     // hairlines
    QColor text;       // ordinary text
    QColor muted;      // secondary text
    QColor accent;     // selection, links, primary buttons
    QColor onAccent;   // text on accent
    QColor accentSoft; // tint behind the selected row or the user's turn
    QColor danger;
    QColor dangerSoft;
    QColor success;
    QColor warning;
    QColor code;  // behind code blocks
    QColor focus; // focus ring

    int space = 8; // the unit of all spacing, in device-independent pixels
    int radius = 8;
};

enum class IconTone { Text, Muted, Accent, OnAccent, Danger, Success, Warning };

// Lives on the UI thread, made in app/ and handed to who needs it. Applies palette and stylesheet to the
// application.
//
// The stylesheet goes by dynamic properties, so that no widget carries a stylesheet of its own:
//   QPushButton, QToolButton  kind = "primary" | "quiet" | "danger" | "chip"
//   QLabel                    role = "title" | "heading" | "muted" | "caption" | "danger" | "mono"
//   QFrame                    card = "plain" | "raised" | "danger" | "accent"
//   QWidget                   ground = "window" | "surface" | "raised" (with Qt::WA_StyledBackground)
class ThemeManager : public QObject {
    Q_OBJECT

public:
    using DesktopIsDark = std::function<bool()>;

    explicit ThemeManager(QObject *parent = nullptr);
    // `desktopIsDark` answers for the desktop (in tests).
    explicit ThemeManager(DesktopIsDark desktopIsDark, QObject *parent = nullptr);

    const Theme &theme() const { return m_theme; }
    ThemeChoice choice() const { return m_choice; }
    void setChoice(ThemeChoice choice);

    // A line icon from the resources (":/icons/NAME.svg"). It is drawn in the colours that the theme has
    // while it is painted, so it need not be fetched again after changed(). Checked buttons show it in the
    // accent colour.
    QIcon icon(const QString &name, IconTone tone = IconTone::Text) const;
    // Interface font scaled by the user's text size (Ctrl+Plus/Minus), and the fixed-pitch one for code.
    QFont font(double scale = 1.0) const;
    QFont fixedFont(double scale = 1.0) const;
    double textScale() const { return m_textScale; }
    void setTextScale(double scale); // 0.7 .. 2.0

signals:
    void changed(); // colours, icons or text size: repaint

protected:
    bool eventFilter(QObject *watched, QEvent *event) override; // the desktop turned dark; new labels

private:
    void apply();

    ThemeChoice m_choice = ThemeChoice::System;
    double m_textScale = 1.0;
    Theme m_theme;
    DesktopIsDark m_desktopIsDark;
    QFont m_systemFont;
    bool m_applying = false; // our own palette must not be taken for the desktop's
};

} // namespace volary::ui
