#include "ui/snapshots/snapshot_card.h"

#include "core/base/text.h"
#include "ui/snapshots/forms_dialog.h"
#include "ui/snapshots/snapshot_list_model.h"

#include <QAction>
#include <QDateTime>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPixmap>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kFactColumns = 3;
constexpr int kPictureWidth = 480, kPictureHeight = 240;

QString originOf(const SnapshotSummary &snapshot)
{
    const QString title =
        snapshot.title.empty() ? QStringLiteral("…") : QString::fromStdString(snapshot.title);
    if (snapshot.turn != 0)
        return SnapshotCard::tr("After a turn of “%1”").arg(title);
    return snapshot.ofDocument ? SnapshotCard::tr("In the document “%1”").arg(title)
                               : SnapshotCard::tr("A snapshot of its own");
}

QString noteFor(const SnapshotSummary &snapshot, const std::shared_ptr<const ModelDescription> &open)
{
    if (snapshot.damaged)
        return SnapshotCard::tr("This snapshot is damaged: it does not match its hash and will not be used.");
    if (snapshot.inTrash)
        return SnapshotCard::tr("In the trash. It can be restored, or deleted for good.");
    if (!open)
        return SnapshotCard::tr("Open “%1” to go on from here.")
            .arg(QString::fromStdString(snapshot.model.name));
    if (open->identity.fingerprint != snapshot.model.fingerprint)
        return SnapshotCard::tr("“%1” is open. Only “%2” can go on from here.")
            .arg(QString::fromStdString(open->identity.name), QString::fromStdString(snapshot.model.name));
    if (snapshot.form != StateForm::Exact)
        return SnapshotCard::tr(
            "Ready: a chat goes on from here without reading a token again, from numbers that "
            "were rounded when the state was stored smaller.");
    return SnapshotCard::tr("Ready: a chat goes on from here without reading a token again.");
}

} // namespace

SnapshotCard::SnapshotCard(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_title(new QLabel), m_origin(new QLabel), m_note(new QLabel),
      m_picture(new QLabel), m_pictureCaption(new QLabel), m_facts(new QGridLayout)
{
    m_title->setProperty("role", "title");
    m_origin->setProperty("role", "caption");
    for (QLabel *label : {m_title, m_origin, m_note}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_note->setProperty("role", "muted");
    m_pictureCaption->setProperty("role", "caption");
    m_pictureCaption->setText(
        tr("The state: layers from left to right, heads from top to bottom; the lighter, "
           "the more it holds there."));
    m_picture->setAccessibleName(tr("Picture of the state"));

    const int space = themes.theme().space;
    auto *card = new QFrame;
    card->setProperty("card", "plain");
    m_facts->setHorizontalSpacing(3 * space);
    m_facts->setVerticalSpacing(space + space / 2);
    for (int column = 0; column < kFactColumns; ++column)
        m_facts->setColumnStretch(column, 1);
    auto *inner = new QVBoxLayout(card);
    inner->setContentsMargins(2 * space, 2 * space, 2 * space, 2 * space);
    inner->setSpacing(2 * space);
    inner->addLayout(m_facts);
    inner->addWidget(m_note);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space);
    for (QAction *action : actions) {
        auto *button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setProperty("kind", action == actions.first() ? "primary" : "quiet");
        buttons->addWidget(button);
    }
    buttons->addStretch(1);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space);
    layout->addWidget(m_title);
    layout->addWidget(m_origin);
    layout->addSpacing(space);
    layout->addWidget(card);
    layout->addLayout(buttons);
    layout->addSpacing(space);
    layout->addWidget(m_picture);
    layout->addWidget(m_pictureCaption);
    layout->addStretch(1);
}

void SnapshotCard::addFact(int place, const QString &meaning, const QString &value)
{
    auto *caption = new QLabel(meaning);
    caption->setProperty("role", "caption");
    auto *text = new QLabel(value);
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *fact = new QWidget;
    auto *layout = new QVBoxLayout(fact);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(1);
    layout->addWidget(caption);
    layout->addWidget(text, 1, Qt::AlignTop);
    m_facts->addWidget(fact, place / kFactColumns, place % kFactColumns, Qt::AlignTop);
}

void SnapshotCard::show(const SnapshotSummary &snapshot, const std::shared_ptr<const ModelDescription> &open)
{
    m_title->setText(SnapshotListModel::titleOf(snapshot));
    m_origin->setText(originOf(snapshot));
    while (QLayoutItem *item = m_facts->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const QLocale locale;
    const QDateTime made = QDateTime::fromMSecsSinceEpoch(snapshot.createdMs);
    addFact(0, tr("Model"), QString::fromStdString(snapshot.model.name));
    addFact(1, tr("Has read"), tr("%1 tokens").arg(locale.toString(qint64(snapshot.tokens))));
    const QString size = QString::fromStdString(formatBytes(std::uint64_t(snapshot.stateBytes)));
    addFact(2, tr("State"),
            snapshot.form == StateForm::Exact
                ? tr("%1, exact").arg(size)
                : tr("%1, %2, error %3").arg(size, formTitle(snapshot.form), shownError(snapshot.formError)));
    addFact(3, tr("Made"), locale.toString(made, QLocale::ShortFormat));
    addFact(4, tr("Pinned"), snapshot.pinned ? tr("yes") : tr("no"));
    addFact(5, tr("Fingerprint"), QString::fromStdString(snapshot.model.fingerprint.substr(0, 12)));
    m_note->setText(noteFor(snapshot, open));
}

void SnapshotCard::setPicture(const QImage &picture)
{
    m_pictureCaption->setVisible(!picture.isNull());
    if (picture.isNull()) {
        m_picture->clear();
        return;
    }
    // Whole cells, none blurred.
    const double ratio = m_picture->devicePixelRatioF();
    const int factor = std::max(1, std::min(int(kPictureWidth * ratio) / picture.width(),
                                            int(kPictureHeight * ratio) / picture.height()));
    QPixmap pixmap = QPixmap::fromImage(picture.scaled(picture.size() * factor));
    pixmap.setDevicePixelRatio(ratio);
    m_picture->setPixmap(pixmap);
}

} // namespace volary::ui
