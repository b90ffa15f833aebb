#include "ui/windows/backup_dialog.h"

#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kWidth = 520;
constexpr std::size_t kMostDamageShown = 5;

QString named(const std::filesystem::path &path)
{
    return QString::fromStdString(path.string()).toHtmlEscaped();
}

} // namespace

BackupDialog::BackupDialog(EngineBridge &bridge, const ThemeManager &themes,
                           const std::filesystem::path &path, QWidget *parent)
    : QDialog(parent), m_bridge(bridge), m_text(new QLabel),
      m_progress(new ProgressRow(themes, tr("Copying"))), m_error(new ErrorCard(themes))
{
    setObjectName(QStringLiteral("backup.dialog"));
    setWindowTitle(tr("Back up the library"));
    m_text->setObjectName(QStringLiteral("backup.text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::RichText); // names of files are escaped
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setText(tr("Every conversation and snapshot goes into <b>%1</b>. An older backup "
                       "of this name stays until the new one is complete.")
                        .arg(named(path.filename())));
    m_error->hide();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_close = buttons->button(QDialogButtonBox::Cancel);
    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(m_text);
    layout->addWidget(m_error);
    layout->addWidget(m_progress);
    layout->addStretch(1);
    layout->addWidget(buttons);
    setMinimumWidth(kWidth);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_progress, &ProgressRow::cancelRequested, this, &QDialog::reject);
    connect(&m_bridge, &EngineBridge::backupProgress, this,
            [this](RequestId request, const event::BackupProgress &progress) {
                if (request == m_request)
                    m_progress->setProgress(progress.fraction,
                                            progress.fraction < 0 ? tr("checking the copy") : QString());
            });
    connect(&m_bridge, &EngineBridge::libraryBackedUp, this,
            [this](RequestId request, const event::LibraryBackedUp &backedUp) {
                if (request == m_request)
                    onBackedUp(backedUp);
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (request != m_request)
                    return;
                end();
                m_error->show(tr("The library could not be backed up"), failed.error);
            });
    connect(m_error, &ErrorCard::dismissed, this, &QDialog::reject);
    m_progress->setProgress(-1, {});
    m_request = m_bridge.post(command::BackUpLibrary{path});
}

void BackupDialog::onBackedUp(const event::LibraryBackedUp &backedUp)
{
    end();
    const QFileInfo file(QString::fromStdString(backedUp.path.string()));
    QString text =
        tr("The library is in <b>%1</b> (%2), read again and checked. To go back to it, close Volary and "
           "run <code>volary-cli library restore</code> with this file.")
            .arg(named(backedUp.path), QLocale().formattedDataSize(file.size()));
    if (!backedUp.damage.empty()) {
        text += QStringLiteral("<p>") + tr("Some things are damaged in the library, and so in the copy:");
        for (std::size_t i = 0; i < std::min(kMostDamageShown, backedUp.damage.size()); ++i)
            text += QStringLiteral("<br>") + QString::fromStdString(backedUp.damage[i].what).toHtmlEscaped();
        if (backedUp.damage.size() > kMostDamageShown)
            text += QStringLiteral("<br>") +
                    tr("and %1 more")
                        .arg(QLocale().toString(qulonglong(backedUp.damage.size() - kMostDamageShown)));
    }
    m_text->setText(text);
}

void BackupDialog::end()
{
    m_request = 0;
    m_progress->hide();
    m_close->setText(tr("Close"));
    m_close->setFocus();
}

void BackupDialog::done(int result)
{
    if (m_request != 0)
        m_bridge.cancel(m_request);
    m_request = 0;
    QDialog::done(result);
}

} // namespace volary::ui
