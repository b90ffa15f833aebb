// Rows with a title, a second quiet line, and something small at the right.
#pragma once

#include "ui/theme/theme.h"

#include <QStyledItemDelegate>

namespace volary::ui {

// Title: Qt::DisplayRole; icon: Qt::DecorationRole; the rest by the roles below. Disabled items are drawn
// faded.
class TwoLineDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    enum Role {
        CaptionRole = Qt::UserRole + 100,
        TrailingRole,
        PictureRole // QImage, drawn as a square as high as the row instead of an icon
    };

    explicit TwoLineDelegate(const ThemeManager &themes, QObject *parent = nullptr);

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    const ThemeManager &m_themes;
};

} // namespace volary::ui
