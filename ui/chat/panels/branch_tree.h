// The whole tree of turns of a conversation.
#pragma once

#include "core/store/library.h"
#include "ui/theme/theme.h"

#include <QAbstractScrollArea>
#include <QHash>
#include <QList>

#include <optional>

namespace volary::ui {

// A chain of turns runs straight down, branches stand side by side. The tree is laid out once when it is set;
// painting touches only the rows in sight.
class BranchTree : public QAbstractScrollArea {
    Q_OBJECT

public:
    struct Node {
        TurnId id;
        std::optional<TurnId> parent;
        bool user;
        QString summary;
        bool partial;
    };

    BranchTree(const ThemeManager &themes, QWidget *parent);

    void setTree(QList<Node> nodes, QList<TurnId> path); // parents before children; the path that is shown
    TurnId current() const { return m_current; }         // that the keyboard acts on; -1: none

    QSize sizeHint() const override { return {260, 220}; }

signals:
    void goTo(volary::TurnId turn);
    void branchFrom(volary::TurnId turn);
    void hideRequested(volary::TurnId turn);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;

private:
    struct Placed {
        Node node;
        int column;
        int row;
        int parent; // index, -1: none
        QList<int> children;
        bool onPath;
    };

    void place();
    void updateScrollBars();
    QPoint origin() const;
    QRect boxOf(const Placed &placed) const;
    int indexAt(const QPoint &position) const;
    int currentIndex() const;
    void setCurrentIndex(int index);
    void paintLink(QPainter &painter, const Placed &placed) const; // to its parent
    void paintNode(QPainter &painter, const Placed &placed) const;

    const ThemeManager &m_themes;
    QList<Placed> m_nodes;
    QHash<TurnId, int> m_index;
    QList<QList<int>> m_rows; // the nodes of each row
    int m_columns = 0;
    TurnId m_current = -1;
    TurnId m_leaf = -1;    // of the shown path
    TurnId m_pressed = -1; // by the last press: the tree may move under a double click
};

} // namespace volary::ui
