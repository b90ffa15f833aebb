#include "ui/widgets/path_field.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

namespace volary::ui {

PathField::PathField(const ThemeManager &themes, const QString &what, QString filter, const QString &none,
                     QWidget *parent)
    : QWidget(parent), m_what(what), m_filter(std::move(filter)), m_line(new QLineEdit)
{
    m_line->setPlaceholderText(none);
    m_line->setAccessibleName(what);
    m_line->setClearButtonEnabled(true);
    auto *button = new QToolButton;
    button->setIcon(themes.icon(QStringLiteral("folder")));
    button->setProperty("kind", "quiet");
    button->setToolTip(tr("Choose a file"));
    button->setAccessibleName(tr("%1: choose a file").arg(what));
    connect(button, &QToolButton::clicked, this, &PathField::choose);
    connect(m_line, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_line->setToolTip(text);
        emit changed();
    });
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_line, 1);
    layout->addWidget(button);
    setFocusProxy(m_line);
}

std::filesystem::path PathField::path() const
{
    return m_line->text().trimmed().toStdString();
}

void PathField::setPath(const std::filesystem::path &path)
{
    m_line->setText(QString::fromStdString(path.string()));
}

void PathField::choose()
{
    const QString folder = QFileInfo(m_line->text()).path();
    const QString chosen = QFileDialog::getOpenFileName(this, m_what, folder, m_filter);
    if (!chosen.isEmpty())
        m_line->setText(chosen);
}

} // namespace volary::ui
