#include "ui/documents/summary_panel.h"

#include "ui/widgets/progress_row.h"

#include <QAction>
#include <QHBoxLayout>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace volary::ui {

SummaryPanel::SummaryPanel(const ThemeManager &themes, const QList<QAction *> &actions, QWidget *parent)
    : QWidget(parent), m_progress(new ProgressRow(themes, tr("Summarising"))), m_text(new QTextBrowser)
{
    const int space = themes.theme().space;
    auto *row = new QHBoxLayout;
    for (QAction *action : actions) {
        auto *button = new QPushButton(action->iconText());
        button->setEnabled(action->isEnabled());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::enabledChanged, button, &QWidget::setEnabled);
        row->addWidget(button);
    }
    row->addStretch(1);
    m_progress->hide();
    connect(m_progress, &ProgressRow::cancelRequested, this, &SummaryPanel::cancelRequested);
    m_text->setAccessibleName(tr("Summaries"));
    m_text->setOpenLinks(false);
    m_text->setPlaceholderText(
        tr("No summary yet. It is written from what the model remembers at the end of the text, or of"
           " each chapter."));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, space, 0, 0);
    layout->setSpacing(space);
    layout->addLayout(row);
    layout->addWidget(m_progress);
    layout->addWidget(m_text, 1);
}

void SummaryPanel::show(const std::vector<Summary> &summaries)
{
    m_summaries = summaries;
    render({});
}

void SummaryPanel::setProgress(int done, int total, const QString &title, const QString &text)
{
    m_progress->setVisible(true);
    m_progress->setTask(title.isEmpty() ? tr("Summarising") : tr("Summarising “%1”").arg(title));
    m_progress->setProgress(total > 0 ? double(done) / total : -1, tr("%1 of %2").arg(done).arg(total));
    render(text);
}

void SummaryPanel::setCancelling()
{
    m_progress->setCancelling();
}

void SummaryPanel::endProgress()
{
    m_progress->hide();
}

// What a model wrote is never markup.
void SummaryPanel::render(const QString &running)
{
    QString html;
    if (!running.isEmpty())
        html += QStringLiteral("<p><i>%1</i></p>").arg(running.toHtmlEscaped());
    for (const Summary &summary : m_summaries) {
        QString title = QString::fromStdString(summary.title);
        if (summary.chapter == Summary::kWhole)
            title = tr("The whole text");
        else if (summary.chapter == Summary::kOfSummaries)
            title = tr("From the chapters");
        const QString text =
            summary.damaged ? tr("This summary is damaged.") : QString::fromStdString(summary.text);
        html += QStringLiteral("<h4>%1</h4><p>%2</p>").arg(title.toHtmlEscaped(), text.toHtmlEscaped());
    }
    m_text->setHtml(html);
}

QString SummaryPanel::text() const
{
    return m_text->toPlainText();
}

} // namespace volary::ui
