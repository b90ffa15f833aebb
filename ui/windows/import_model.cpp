#include "ui/windows/import_model.h"

#include <QDateTime>
#include <QLocale>

namespace volary::ui {

void ImportModel::setChats(const event::ChatExportRead &read)
{
    beginResetModel();
    m_chats = read.chats;
    m_known = read.known;
    m_marked = read.known;
    m_marked.flip();
    endResetModel();
    emit marksChanged();
}

void ImportModel::markAll(bool marked)
{
    m_marked.assign(m_marked.size(), marked);
    if (rowCount() > 0)
        emit dataChanged(index(0, Title), index(rowCount() - 1, Title), {Qt::CheckStateRole});
    emit marksChanged();
}

std::vector<std::size_t> ImportModel::marked() const
{
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < m_marked.size(); ++i)
        if (m_marked[i])
            chosen.push_back(i);
    return chosen;
}

qint64 ImportModel::markedTurns() const
{
    qint64 turns = 0;
    for (const std::size_t i : marked())
        turns += qint64(m_chats->chats[i].turns.size());
    return turns;
}

int ImportModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_chats ? 0 : int(m_chats->chats.size());
}

int ImportModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant ImportModel::valueAt(std::size_t row, int column) const
{
    const ImportedChat &chat = m_chats->chats[row];
    const std::string &title = chat.conversation.title;
    switch (column) {
    case Title: return title.empty() ? tr("Without a title") : QString::fromStdString(title);
    case Turns: return qlonglong(chat.turns.size());
    case Size: return qlonglong(chat.bytes);
    case Began: return qlonglong(chat.conversation.createdMs);
    default: return {};
    }
}

QVariant ImportModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const auto row = std::size_t(index.row());
    if (role == Qt::CheckStateRole && index.column() == Title)
        return m_marked[row] ? Qt::Checked : Qt::Unchecked;
    if (role == Qt::TextAlignmentRole && index.column() != Title)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && m_known[row])
        return tr("A conversation that began at the same time is in the library already.");
    const QVariant value = valueAt(row, index.column());
    if (role == Qt::EditRole)
        return value;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Title: return m_known[row] ? tr("%1 (in the library already)").arg(value.toString()) : value;
    case Turns: return QLocale().toString(value.toLongLong());
    case Size: return QLocale().formattedDataSize(value.toLongLong());
    default: break;
    }
    return value.toLongLong() == 0
               ? QString()
               : QLocale().toString(QDateTime::fromMSecsSinceEpoch(value.toLongLong()).date(),
                                    QLocale::ShortFormat);
}

QVariant ImportModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Title: return tr("Conversation");
    case Turns: return tr("Turns");
    case Size: return tr("Text");
    case Began: return tr("Began");
    default: return {};
    }
}

Qt::ItemFlags ImportModel::flags(const QModelIndex &index) const
{
    const Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
    return index.column() == Title ? flags | Qt::ItemIsUserCheckable : flags;
}

bool ImportModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::CheckStateRole || index.column() != Title)
        return false;
    m_marked[std::size_t(index.row())] = value.toInt() == Qt::Checked;
    emit dataChanged(index, index, {Qt::CheckStateRole});
    emit marksChanged();
    return true;
}

} // namespace volary::ui
