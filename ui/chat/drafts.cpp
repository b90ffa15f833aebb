#include "ui/chat/drafts.h"

namespace volary::ui {

void Drafts::keep(ConversationId conversation, const QString &text)
{
    if (text.isEmpty())
        m_texts.remove(qlonglong(conversation));
    else
        m_texts.insert(qlonglong(conversation), text);
}

QJsonObject Drafts::toJson() const
{
    QJsonObject stored;
    for (auto draft = m_texts.begin(); draft != m_texts.end(); ++draft)
        stored.insert(QString::number(draft.key()), draft.value());
    return stored;
}

void Drafts::addFrom(const QJsonObject &stored)
{
    for (auto draft = stored.begin(); draft != stored.end(); ++draft)
        keep(draft.key().toLongLong(), draft.value().toString());
}

} // namespace volary::ui
