// The turns of the shown path as a row of dots.
#pragma once

#include "core/store/library.h"
#include "ui/theme/theme.h"

#include <QList>
#include <QWidget>

namespace volary::ui {

// A filled dot has its state stored: branching there costs nothing. User turns are smaller; a tick above a
// dot says that the turn has several versions. More dots than fit stand closer together.
class TimelineStrip : public QWidget {
    Q_OBJECT

public:
    struct Dot {
        TurnId turn;
        QString summary;
        bool stateStored;
        bool user;
        int versions;
    };

    TimelineStrip(const ThemeManager &themes, QWidget *parent);

    void setDots(QList<Dot> dots);
    void setCurrent(TurnId turn);

    QSize sizeHint() const override;

signals:
    void activated(volary::TurnId turn);       // click or Enter: scroll there
    void branchRequested(volary::TurnId turn); // double click or B

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    bool event(QEvent *event) override;

private:
    double pitch() const; // between two dots
    QPointF centre(qsizetype dot) const;
    qsizetype dotAt(const QPoint &position) const; // -1: none
    void setCurrentIndex(qsizetype index);

    const ThemeManager &m_themes;
    QList<Dot> m_dots;
    qsizetype m_current = -1;
};

} // namespace volary::ui
