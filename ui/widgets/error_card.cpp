#include "ui/widgets/error_card.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSysInfo>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

QLabel *wrappedLabel()
{
    auto *label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

void setTextOrHide(QLabel *label, const QString &text)
{
    label->setText(text);
    label->setVisible(!text.isEmpty());
}

} // namespace

ErrorCard::ErrorCard(const ThemeManager &themes, QWidget *parent)
    : QFrame(parent), m_themes(themes), m_title(wrappedLabel()), m_what(wrappedLabel()),
      m_kept(wrappedLabel()), m_remedy(wrappedLabel()), m_buttons(new QHBoxLayout)
{
    const int space = themes.theme().space;
    setProperty("card", "danger");
    setAccessibleName(tr("Error"));
    m_title->setProperty("role", "danger");
    m_kept->setProperty("role", "muted");

    auto *close = new QToolButton;
    close->setIcon(m_themes.icon(QStringLiteral("close"), IconTone::Muted));
    close->setToolTip(tr("Dismiss"));
    close->setAccessibleName(tr("Dismiss the error"));
    connect(close, &QToolButton::clicked, this, &ErrorCard::dismissed);
    auto *top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(close, 0, Qt::AlignTop);

    auto *copy = new QPushButton(tr("Copy report"));
    copy->setIcon(m_themes.icon(QStringLiteral("copy"), IconTone::Muted));
    copy->setProperty("kind", "quiet");
    copy->setAccessibleName(tr("Copy a report of the error"));
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(report()); });
    m_buttons->addWidget(copy);
    m_buttons->addStretch(1);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * space, space, space, space);
    layout->setSpacing(space / 2);
    layout->addLayout(top);
    layout->addWidget(m_what);
    layout->addWidget(m_remedy);
    layout->addWidget(m_kept);
    layout->addSpacing(space / 2);
    layout->addLayout(m_buttons);
}

void ErrorCard::show(const QString &title, const Error &error, const QString &kept)
{
    m_title->setText(title);
    setTextOrHide(m_what, QString::fromStdString(error.what));
    setTextOrHide(m_remedy, QString::fromStdString(error.remedy));
    setTextOrHide(m_kept, kept);
    setAccessibleDescription(title + u' ' + m_what->text() + u' ' + m_remedy->text());
    QFrame::show();
}

QPushButton *ErrorCard::addButton(const QString &text)
{
    auto *button = new QPushButton(text);
    button->setAccessibleName(text);
    m_buttons->insertWidget(m_buttons->count() - 2, button);
    return button;
}

QString ErrorCard::report() const
{
    return QStringLiteral("%1 %2\n%3, %4, Qt %5\n\n%6\n%7\n%8\n")
        .arg(QApplication::applicationDisplayName(), QApplication::applicationVersion(),
             QSysInfo::prettyProductName(), QSysInfo::currentCpuArchitecture(),
             QString::fromLatin1(qVersion()), m_title->text(), m_what->text(), m_remedy->text());
}

} // namespace volary::ui
