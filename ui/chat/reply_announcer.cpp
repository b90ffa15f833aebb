#include "ui/chat/reply_announcer.h"

#include "core/text/reasoning.h"

#include <QAccessible>
#include <QLabel>
#include <QRegularExpression>

namespace volary::ui {

namespace {

QString answerOf(const std::string &reply)
{
    const std::string_view answer = splitReasoning(reply).answer;
    return QString::fromUtf8(answer.data(), qsizetype(answer.size()));
}

} // namespace

ReplyAnnouncer::ReplyAnnouncer(QWidget *parent) : m_voice(new QLabel(parent))
{
    m_voice->setObjectName(QStringLiteral("replyAnnouncer"));
    m_voice->setTextFormat(Qt::PlainText);
    m_voice->hide();
}

void ReplyAnnouncer::append(const std::string &text)
{
    if (!QAccessible::isActive())
        return;
    m_reply += text;
    speakUpTo(answerOf(m_reply).lastIndexOf(QRegularExpression(QStringLiteral("[.!?\n]"))) + 1);
}

void ReplyAnnouncer::finish()
{
    speakUpTo(answerOf(m_reply).size());
    m_reply.clear();
    m_spoken = 0;
}

void ReplyAnnouncer::speakUpTo(qsizetype end)
{
    if (end <= m_spoken)
        return;
    m_voice->setText(answerOf(m_reply).mid(m_spoken, end - m_spoken));
    m_spoken = end;
    QAccessibleEvent alert(m_voice, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

} // namespace volary::ui
