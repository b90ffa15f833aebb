#include "ui/windows/status_panel.h"

#include "core/base/text.h"
#include "ui/widgets/chip.h"

#include <QHBoxLayout>
#include <QLocale>

namespace volary::ui {

namespace {

// Tokens up to the end of the path that the conversation shows.
std::int64_t position(const event::ConversationOpened &opened)
{
    if (opened.conversation.current && opened.turns)
        for (const Turn &turn : *opened.turns)
            if (turn.id == *opened.conversation.current)
                return turn.position;
    return 0;
}

} // namespace

StatusPanel::StatusPanel(const EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge),
      m_model(new Chip(themes, QStringLiteral("models"), Chip::Kind::Button)),
      m_device(new Chip(themes, QStringLiteral("cpu"), Chip::Kind::Information)),
      m_state(new Chip(themes, QStringLiteral("memory"), Chip::Kind::Information)),
      m_tokens(new Chip(themes, QStringLiteral("tokens"), Chip::Kind::Information)),
      m_speed(new Chip(themes, QStringLiteral("speed"), Chip::Kind::Information)),
      m_job(new Chip(themes, QStringLiteral("close"), Chip::Kind::Button))
{
    m_model->setObjectName(QStringLiteral("status.model"));
    m_job->setObjectName(QStringLiteral("status.job"));
    m_model->setMeaning(tr("Model"));
    m_device->setMeaning(tr("Runs on"));
    m_state->setMeaning(tr("State per conversation"));
    m_tokens->setMeaning(tr("Tokens so far"));
    m_speed->setMeaning(tr("Speed of the reply"));
    m_job->setMeaning(tr("Click to stop"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(themes.theme().space, 2, themes.theme().space, 2);
    layout->setSpacing(themes.theme().space / 2);
    for (Chip *chip : {m_job, m_speed, m_tokens, m_state, m_device, m_model})
        layout->addWidget(chip);
    m_job->hide();
    connect(m_model, &Chip::clicked, this, &StatusPanel::modelClicked);
    connect(m_job, &Chip::clicked, this, &StatusPanel::cancelRequested);

    connect(&bridge, &EngineBridge::modelOpened, this, &StatusPanel::showModel);
    connect(&bridge, &EngineBridge::modelClosed, this, &StatusPanel::showModel);
    connect(&bridge, &EngineBridge::conversationOpened, this,
            [this](RequestId, const event::ConversationOpened &opened) {
                showTokens(position(opened));
                showSpeed(0);
            });
    connect(&bridge, &EngineBridge::turnStarted, this, [this](RequestId, const event::TurnStarted &started) {
        m_tokensBeforeReply = started.tokensReused + started.tokensRead;
        showTokens(m_tokensBeforeReply);
    });
    connect(&bridge, &EngineBridge::textAppended, this,
            [this](RequestId, const event::TextAppended &appended) {
                showTokens(m_tokensBeforeReply + appended.tokens);
                showSpeed(appended.tokensPerSecond);
            });
    connect(&bridge, &EngineBridge::turnFinished, this,
            [this](RequestId, const event::TurnFinished &finished) {
                if (finished.reply.position > 0)
                    showTokens(finished.reply.position);
            });
    showModel();
    showTokens(0);
    showSpeed(0);
}

void StatusPanel::showModel()
{
    const auto model = m_bridge.model();
    m_device->setVisible(model != nullptr);
    m_state->setVisible(model != nullptr);
    if (!model) {
        m_model->setLabel(tr("No model"));
        return;
    }
    const QString name = QString::fromStdString(model->identity.name.empty() ? model->path.filename().string()
                                                                             : model->identity.name);
    m_model->setLabel(tr("%1 · %2").arg(name, QString::fromStdString(model->weightTypes)));
    m_device->setLabel(QString::fromStdString(model->device));
    const QString state = QString::fromStdString(formatBytes(model->stateBytes));
    const std::size_t perToken = bytesPerToken(model->state);
    m_state->setLabel(tr("%1 state").arg(state));
    m_state->setMeaning(perToken == 0
                            ? tr("State per conversation, whatever its length")
                            : tr("State per conversation, and %1 bytes more per token").arg(perToken));
}

void StatusPanel::showTokens(std::int64_t tokens)
{
    m_tokens->setVisible(tokens > 0);
    m_tokens->setLabel(tr("%1 tokens").arg(QLocale().toString(qlonglong(tokens))));
}

void StatusPanel::showSpeed(double tokensPerSecond)
{
    m_speed->setVisible(tokensPerSecond > 0);
    m_speed->setLabel(tr("%1 tokens/s").arg(QLocale().toString(tokensPerSecond, 'f', 0)));
}

void StatusPanel::startJob(const QString &task)
{
    m_task = task;
    m_job->setLabel(task);
    m_job->show();
}

void StatusPanel::setJobProgress(double fraction, const QString &stage)
{
    m_job->setLabel(tr("%1 · %2 %3%4").arg(m_task, stage).arg(int(fraction * 100)).arg(QLocale().percent()));
}

void StatusPanel::endJob()
{
    m_job->hide();
}

} // namespace volary::ui
