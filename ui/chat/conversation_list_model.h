// The conversations of the library, or what a search found in them, as rows.
#pragma once

#include "core/store/library.h"

#include <QAbstractListModel>

#include <vector>

namespace volary::ui {

class ConversationListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { ConversationRole = Qt::UserRole, TurnRole };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

    void setConversations(const std::vector<Conversation> &newestFirst);
    void change(const Conversation &conversation); // moves to the front, or is added there
    void remove(ConversationId conversation);
    void setHits(const std::vector<SearchHit> &hits); // instead of the conversations
    void clearHits();
    bool showsHits() const { return m_showsHits; }

    QModelIndex indexOf(ConversationId conversation) const;
    const Conversation *find(ConversationId conversation) const;

signals:
    void renamed(volary::ConversationId conversation, const QString &title);

private:
    QVariant conversationData(const Conversation &conversation, int role) const;
    QVariant hitData(const SearchHit &hit, int role) const;

    std::vector<Conversation> m_conversations; // newest first
    std::vector<SearchHit> m_hits;
    bool m_showsHits = false;
};

} // namespace volary::ui
