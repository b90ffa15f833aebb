#include "ui/widgets/two_line_delegate.h"

#include "ui/theme/contrast.h"

#include <QImage>
#include <QPainter>

namespace volary::ui {

namespace {
constexpr int kPaddingX = 10;
constexpr int kPaddingY = 7;
constexpr int kIconSize = 18;
constexpr double kCaptionScale = 0.9;
} // namespace

TwoLineDelegate::TwoLineDelegate(const ThemeManager &themes, QObject *parent)
    : QStyledItemDelegate(parent), m_themes(themes)
{}

QSize TwoLineDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &index) const
{
    int height = QFontMetrics(m_themes.font()).height() + 2 * kPaddingY;
    if (!index.data(CaptionRole).toString().isEmpty())
        height += QFontMetrics(m_themes.font(kCaptionScale)).height() + 1;
    return {160, height};
}

void TwoLineDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                            const QModelIndex &index) const
{
    const Theme &theme = m_themes.theme();
    const bool enabled = index.flags().testFlag(Qt::ItemIsEnabled);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const bool hovered = option.state.testFlag(QStyle::State_MouseOver) && enabled;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF row = QRectF(option.rect).adjusted(1, 1, -1, -1);
    if (selected || hovered) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(selected ? theme.accentSoft : mixed(theme.surface, theme.text, 0.05));
        painter->drawRoundedRect(row, theme.radius - 2, theme.radius - 2);
    }
    if (selected && option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setPen(theme.focus);
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius - 2, theme.radius - 2);
    }

    QRect inner = option.rect.adjusted(kPaddingX, kPaddingY, -kPaddingX, -kPaddingY);
    if (const auto picture = index.data(PictureRole).value<QImage>(); !picture.isNull()) {
        const QRect square(inner.topLeft(), QSize(inner.height(), inner.height()));
        painter->setRenderHint(QPainter::SmoothPixmapTransform, false);
        painter->drawImage(square, picture);
        inner.setLeft(square.right() + kPaddingX);
    } else if (const auto icon = index.data(Qt::DecorationRole).value<QIcon>(); !icon.isNull()) {
        const int size = qMin(kIconSize, inner.height());
        icon.paint(painter, QRect(inner.left(), option.rect.center().y() - size / 2, size, size),
                   Qt::AlignCenter, enabled ? QIcon::Normal : QIcon::Disabled);
        inner.setLeft(inner.left() + size + kPaddingX);
    }

    const QFont captionFont = m_themes.font(kCaptionScale);
    const QColor faded = mixed(theme.surface, theme.muted, 0.75);
    if (const QString trailing = index.data(TrailingRole).toString(); !trailing.isEmpty()) {
        painter->setFont(captionFont);
        painter->setPen(enabled ? theme.muted : faded);
        painter->drawText(inner, Qt::AlignRight | Qt::AlignVCenter, trailing);
        inner.setRight(inner.right() - QFontMetrics(captionFont).horizontalAdvance(trailing) - kPaddingX);
    }

    const QString caption = index.data(CaptionRole).toString();
    painter->setFont(m_themes.font());
    painter->setPen(enabled ? theme.text : faded);
    const QFontMetrics metrics(painter->font());
    const Qt::Alignment place = Qt::AlignLeft | (caption.isEmpty() ? Qt::AlignVCenter : Qt::AlignTop);
    painter->drawText(
        inner, int(place),
        metrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, inner.width()));
    if (!caption.isEmpty()) {
        painter->setFont(captionFont);
        painter->setPen(enabled ? theme.muted : faded);
        painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom,
                          QFontMetrics(captionFont).elidedText(caption, Qt::ElideMiddle, inner.width()));
    }
    painter->restore();
}

} // namespace volary::ui
