#include "ui/snapshots/forms_dialog.h"

#include "core/base/text.h"
#include "ui/snapshots/snapshot_list_model.h"
#include "ui/widgets/error_card.h"

#include <QButtonGroup>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QRadioButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kWidth = 560;

} // namespace

QString formTitle(StateForm form)
{
    switch (form) {
    case StateForm::Exact: return FormsDialog::tr("exact");
    case StateForm::Half: return FormsDialog::tr("compact fp16");
    case StateForm::Int8: return FormsDialog::tr("small int8");
    }
    return {};
}

QString shownError(double relative)
{
    return FormsDialog::tr("%1 %2").arg(QLocale().toString(100 * relative, 'g', 2), QLocale().percent());
}

FormsDialog::FormsDialog(EngineBridge &bridge, const ThemeManager &themes, const SnapshotSummary &snapshot,
                         QWidget *parent)
    : QDialog(parent), m_bridge(bridge), m_snapshot(snapshot.id), m_text(new QLabel),
      m_error(new ErrorCard(themes)), m_rows(new QVBoxLayout), m_forms(new QButtonGroup(this))
{
    setObjectName(QStringLiteral("forms.dialog"));
    setWindowTitle(tr("Store the state smaller"));
    m_text->setMinimumWidth(kWidth); // the rest of the size follows from what is in it
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setText(
        tr("“%1” is stored exactly. A smaller form rounds its numbers. The errors were measured on "
           "this very state: the norm of what is lost, against the norm of the state.")
            .arg(SnapshotListModel::titleOf(snapshot)));
    m_error->hide();
    auto *warning = new QLabel(tr("The exact numbers are gone then. Its text stays."));
    warning->setProperty("role", "muted");
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_store = buttons->addButton(tr("Store so"), QDialogButtonBox::AcceptRole);
    m_store->setObjectName(QStringLiteral("forms.store"));
    m_store->setProperty("kind", "primary");
    m_store->setEnabled(false);
    const int space = themes.theme().space;
    m_rows->setSpacing(space);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addWidget(m_text);
    layout->addWidget(m_error);
    layout->addLayout(m_rows);
    layout->addWidget(warning);
    layout->addStretch(1);
    layout->addWidget(buttons);

    connect(buttons, &QDialogButtonBox::accepted, this, &FormsDialog::store);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_error, &ErrorCard::dismissed, m_error, &QWidget::hide);
    connect(m_forms, &QButtonGroup::idClicked, this,
            [this](int form) { m_store->setEnabled(StateForm(form) != StateForm::Exact); });
    connect(&m_bridge, &EngineBridge::formsMeasured, this,
            [this](RequestId request, const event::FormsMeasured &measured) {
                if (request == m_request)
                    onMeasured(measured);
            });
    connect(&m_bridge, &EngineBridge::snapshotChanged, this,
            [this](RequestId request, const event::SnapshotChanged &) {
                if (request == m_request)
                    accept();
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (request != m_request)
                    return;
                m_request = 0;
                m_error->show(tr("The state stays as it is"), failed.error);
            });
    m_request = m_bridge.post(command::MeasureForms{m_snapshot});
}

void FormsDialog::onMeasured(const event::FormsMeasured &measured)
{
    m_request = 0;
    for (const event::FormsMeasured::Row &row : measured.rows)
        addRow(row, measured.rows.front().bytes);
    if (QAbstractButton *exact = m_forms->button(int(StateForm::Exact))) {
        exact->setChecked(true);
        exact->setFocus();
    }
    adjustSize();
}

void FormsDialog::addRow(const event::FormsMeasured::Row &row, std::uint64_t exactBytes)
{
    const QString size = QString::fromStdString(formatBytes(row.bytes));
    QString text;
    if (row.refused)
        text = tr("%1: %2").arg(formTitle(row.form), QString::fromStdString(row.refused->what));
    else if (row.form == StateForm::Exact)
        text = tr("%1: %2, no error").arg(formTitle(row.form), size);
    else
        text = tr("%1: %2 (%3 %4), error %5, worst tensor %6")
                   .arg(formTitle(row.form), size,
                        QLocale().toString(exactBytes > 0 ? 100 * double(row.bytes) / double(exactBytes) : 0,
                                           'f', 0),
                        QLocale().percent(), shownError(row.cost.error), shownError(row.cost.worst));
    auto *button = new QRadioButton(text);
    button->setEnabled(!row.refused);
    m_forms->addButton(button, int(row.form));
    m_rows->addWidget(button);
    button->show(); // now, so that it counts for the size
}

void FormsDialog::store()
{
    m_error->hide();
    m_store->setEnabled(false);
    m_request = m_bridge.post(command::RoundSnapshot{m_snapshot, StateForm(m_forms->checkedId())});
}

} // namespace volary::ui
