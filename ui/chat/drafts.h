// What was written into the field and not sent, for every conversation.
#pragma once

#include "core/store/library.h"

#include <QHash>
#include <QJsonObject>
#include <QString>

namespace volary::ui {

// By conversation; 0 stands for the one that is not made yet.
class Drafts {
public:
    QString of(ConversationId conversation) const { return m_texts.value(qlonglong(conversation)); }
    void keep(ConversationId conversation, const QString &text); // empty: forgets it

    QJsonObject toJson() const;
    void addFrom(const QJsonObject &stored);

private:
    QHash<qlonglong, QString> m_texts;
};

} // namespace volary::ui
