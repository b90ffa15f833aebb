#include "ui/chat/conversation_list_model.h"

#include "ui/widgets/ago.h"
#include "ui/widgets/two_line_delegate.h"

#include <algorithm>

namespace volary::ui {

namespace {
// The library frames a hit with these (library.h).
constexpr QChar kHitStart(0xE000), kHitEnd(0xE001);
} // namespace

int ConversationListModel::rowCount(const QModelIndex &parent) const
{
    if (parent.isValid())
        return 0;
    return int(m_showsHits ? m_hits.size() : m_conversations.size());
}

QVariant ConversationListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto row = std::size_t(index.row());
    return m_showsHits ? hitData(m_hits[row], role) : conversationData(m_conversations[row], role);
}

QVariant ConversationListModel::conversationData(const Conversation &conversation, int role) const
{
    const QString title = QString::fromStdString(conversation.title);
    switch (role) {
    case Qt::DisplayRole: return title.isEmpty() ? tr("New conversation") : title;
    case Qt::EditRole: return title;
    case Qt::ToolTipRole: return tr("%1\nwith %2").arg(title, QString::fromStdString(conversation.modelName));
    case Qt::AccessibleTextRole:
        return tr("%1, %n turn(s), %2", nullptr, int(conversation.turns))
            .arg(title.isEmpty() ? tr("New conversation") : title, ago(conversation.updatedMs));
    case TwoLineDelegate::CaptionRole:
        return conversation.turns == 0 ? tr("Nothing said yet")
                                       : QString::fromStdString(conversation.preview).simplified();
    case TwoLineDelegate::TrailingRole: return ago(conversation.updatedMs);
    case ConversationRole: return qlonglong(conversation.id);
    default: return {};
    }
}

QVariant ConversationListModel::hitData(const SearchHit &hit, int role) const
{
    QString excerpt = QString::fromStdString(hit.excerpt).simplified();
    switch (role) {
    case Qt::DisplayRole: return QString::fromStdString(hit.title);
    case TwoLineDelegate::CaptionRole:
    case Qt::ToolTipRole: return excerpt.replace(kHitStart, u'“').replace(kHitEnd, u'”');
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(QString::fromStdString(hit.title), excerpt.remove(kHitStart).remove(kHitEnd));
    case ConversationRole: return qlonglong(hit.conversation);
    case TurnRole: return qlonglong(hit.turn);
    default: return {};
    }
}

bool ConversationListModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    const QString title = value.toString().simplified();
    if (m_showsHits || role != Qt::EditRole || title.isEmpty() ||
        !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    Conversation &conversation = m_conversations[std::size_t(index.row())];
    conversation.title = title.toStdString();
    emit dataChanged(index, index);
    emit renamed(conversation.id, title);
    return true;
}

Qt::ItemFlags ConversationListModel::flags(const QModelIndex &index) const
{
    const Qt::ItemFlags flags = QAbstractListModel::flags(index);
    return m_showsHits || !index.isValid() ? flags : flags | Qt::ItemIsEditable;
}

void ConversationListModel::setConversations(const std::vector<Conversation> &newestFirst)
{
    beginResetModel();
    m_conversations = newestFirst;
    endResetModel();
}

void ConversationListModel::change(const Conversation &conversation)
{
    const auto found = std::ranges::find(m_conversations, conversation.id, &Conversation::id);
    if (m_showsHits) { // not on show: no signals
        if (found != m_conversations.end())
            m_conversations.erase(found);
        m_conversations.insert(m_conversations.begin(), conversation);
        return;
    }
    if (found == m_conversations.end()) {
        beginInsertRows({}, 0, 0);
        m_conversations.insert(m_conversations.begin(), conversation);
        endInsertRows();
        return;
    }
    const int row = int(found - m_conversations.begin());
    const bool newer = found->updatedMs < conversation.updatedMs;
    *found = conversation;
    if (newer && row > 0) {
        beginMoveRows({}, row, row, {}, 0);
        std::rotate(m_conversations.begin(), m_conversations.begin() + row,
                    m_conversations.begin() + row + 1);
        endMoveRows();
        emit dataChanged(index(0), index(0));
    } else {
        emit dataChanged(index(row), index(row));
    }
}

void ConversationListModel::remove(ConversationId conversation)
{
    const auto found = std::ranges::find(m_conversations, conversation, &Conversation::id);
    if (found == m_conversations.end())
        return;
    const int row = int(found - m_conversations.begin());
    if (!m_showsHits)
        beginRemoveRows({}, row, row);
    m_conversations.erase(found);
    if (!m_showsHits)
        endRemoveRows();
}

void ConversationListModel::setHits(const std::vector<SearchHit> &hits)
{
    beginResetModel();
    m_hits = hits;
    m_showsHits = true;
    endResetModel();
}

void ConversationListModel::clearHits()
{
    if (!m_showsHits)
        return;
    beginResetModel();
    m_hits.clear();
    m_showsHits = false;
    endResetModel();
}

QModelIndex ConversationListModel::indexOf(ConversationId conversation) const
{
    if (m_showsHits)
        return {};
    const auto found = std::ranges::find(m_conversations, conversation, &Conversation::id);
    return found == m_conversations.end() ? QModelIndex() : index(int(found - m_conversations.begin()));
}

const Conversation *ConversationListModel::find(ConversationId conversation) const
{
    const auto found = std::ranges::find(m_conversations, conversation, &Conversation::id);
    return found == m_conversations.end() ? nullptr : &*found;
}

} // namespace volary::ui
