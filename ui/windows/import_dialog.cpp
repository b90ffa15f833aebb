#include "ui/windows/import_dialog.h"

#include "ui/widgets/data_table.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/progress_row.h"
#include "ui/windows/import_model.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr QSize kSize(720, 520);

QString counted(qint64 number)
{
    return QLocale().toString(number);
}

} // namespace

ImportDialog::ImportDialog(EngineBridge &bridge, const ThemeManager &themes,
                           const std::filesystem::path &path, QWidget *parent)
    : QDialog(parent), m_bridge(bridge), m_model(new ImportModel(this)), m_text(new QLabel),
      m_all(new QCheckBox(tr("All of them"))),
      m_table(
          makeDataTable(sortedByValue(m_model, this), tr("Conversations in the file"), ImportModel::Title)),
      m_progress(new ProgressRow(themes, tr("Reading"))), m_error(new ErrorCard(themes))
{
    setObjectName(QStringLiteral("import.dialog"));
    setWindowTitle(tr("Import chats"));
    resize(kSize);
    const QString name = QString::fromStdString(path.filename().string());
    m_text->setObjectName(QStringLiteral("import.text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setText(tr("Looking for conversations in %1").arg(name));
    m_all->setObjectName(QStringLiteral("import.all"));
    m_table->setObjectName(QStringLiteral("import.table"));
    m_error->hide();
    m_all->hide();
    m_table->hide();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_close = buttons->button(QDialogButtonBox::Cancel);
    m_import = buttons->addButton(tr("Import"), QDialogButtonBox::AcceptRole);
    m_import->setObjectName(QStringLiteral("import.import"));
    m_import->setProperty("kind", "primary");
    m_import->setEnabled(false);
    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(m_text);
    layout->addWidget(m_error);
    layout->addWidget(m_all);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_progress);
    layout->addStretch();
    layout->addWidget(buttons);

    connect(buttons, &QDialogButtonBox::accepted, this, &ImportDialog::import);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_progress, &ProgressRow::cancelRequested, this, &QDialog::reject);
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    connect(m_model, &ImportModel::marksChanged, this, &ImportDialog::onMarks);
    connect(m_all, &QCheckBox::clicked, this, [this] {
        m_all->setTristate(false); // half is what single marks make of it
        m_model->markAll(m_all->isChecked());
    });
    connectBridge();
    m_progress->setProgress(-1, {});
    m_request = m_bridge.post(command::ReadChatExport{path});
}

void ImportDialog::connectBridge()
{
    connect(&m_bridge, &EngineBridge::chatExportRead, this,
            [this](RequestId request, const event::ChatExportRead &read) {
                if (request == m_request)
                    onRead(read);
            });
    connect(&m_bridge, &EngineBridge::importProgress, this,
            [this](RequestId request, const event::ImportProgress &progress) {
                if (request == m_request)
                    m_progress->setProgress(
                        double(progress.done) / double(progress.total),
                        tr("%1 of %2 conversations").arg(counted(progress.done), counted(progress.total)));
            });
    connect(&m_bridge, &EngineBridge::chatsImported, this,
            [this](RequestId request, const event::ChatsImported &imported) {
                if (request == m_request)
                    onImported(imported);
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (request != m_request)
                    return;
                end();
                m_text->hide();
                m_error->show(tr("This file cannot be imported"), failed.error);
            });
}

void ImportDialog::onRead(const event::ChatExportRead &read)
{
    m_chats = read.chats;
    qint64 known = 0, leftOut = 0;
    for (std::size_t i = 0; i < read.known.size(); ++i) {
        known += read.known[i] ? 1 : 0;
        leftOut += read.chats->chats[i].leftOut;
    }
    const auto count = qint64(read.chats->chats.size());
    const QString kind = QString::fromStdString(read.chats->kind);
    QString text = count == 1 ? tr("One conversation, as %1 exports it.").arg(kind)
                              : tr("%2 conversations, as %1 exports them.").arg(kind, counted(count));
    text += QStringLiteral(" ") + tr("They are kept as text; a model reads one when you go on with it.");
    if (known > 0)
        text += QStringLiteral(" ") + tr("In the library already: %1.").arg(counted(known));
    if (leftOut > 0)
        text += QStringLiteral(" ") +
                tr("Left out, such as images and outputs of tools: %1.").arg(counted(leftOut));
    if (read.chats->empty > 0)
        text += QStringLiteral(" ") + tr("Without any text: %1.").arg(counted(read.chats->empty));
    m_text->setText(text);
    end();
    m_close->setText(tr("Cancel"));
    m_all->show();
    m_table->show();
    m_model->setChats(read);
    m_import->setFocus();
}

void ImportDialog::onMarks()
{
    const std::size_t marked = m_model->marked().size();
    const bool all = marked == std::size_t(m_model->rowCount());
    m_all->setCheckState(marked == 0 ? Qt::Unchecked : all ? Qt::Checked : Qt::PartiallyChecked);
    m_all->setText(tr("All of them (chosen: %1, with %2 turns)")
                       .arg(counted(qint64(marked)), counted(m_model->markedTurns())));
    m_import->setEnabled(marked > 0 && m_request == 0);
}

void ImportDialog::import()
{
    m_error->hide();
    m_import->setEnabled(false);
    m_all->setEnabled(false);
    m_table->setEnabled(false);
    m_progress->setTask(tr("Importing"));
    m_progress->setProgress(0, {});
    m_progress->show();
    m_request = m_bridge.post(command::ImportChats{m_chats, m_model->marked()});
}

void ImportDialog::onImported(const event::ChatsImported &imported)
{
    end();
    m_all->hide();
    m_table->hide();
    m_import->hide();
    m_text->setText(
        tr("In the library now: %1 conversations with %2 turns. Open one in the chat and write on; "
           "the model that is open reads it first.")
            .arg(counted(imported.conversations), counted(imported.turns)));
    if (imported.error)
        m_error->show(tr("The rest was not imported"), *imported.error);
}

void ImportDialog::end()
{
    m_request = 0;
    m_progress->hide();
    m_close->setText(tr("Close"));
    m_close->setFocus();
}

void ImportDialog::done(int result)
{
    if (m_request != 0)
        m_bridge.cancel(m_request);
    m_request = 0;
    QDialog::done(result);
}

} // namespace volary::ui
