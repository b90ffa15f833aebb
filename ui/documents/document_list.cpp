#include "ui/documents/document_list.h"

#include "core/base/text.h"
#include "ui/widgets/two_line_delegate.h"

#include <QLocale>

#include <algorithm>

namespace volary::ui {

namespace {

QStringList sizesOf(const StoredDocument &document)
{
    QStringList sizes{QString::fromStdString(formatBytes(std::uint64_t(document.bytes)))};
    if (!document.readings.empty())
        sizes << DocumentList::tr("%1 tokens")
                     .arg(QLocale().toString(qlonglong(document.readings.front().tokens)));
    return sizes;
}

} // namespace

QString factsOf(const StoredDocument &document)
{
    QStringList facts = sizesOf(document);
    for (const Reading &reading : document.readings)
        facts << QString::fromStdString(reading.modelName);
    return facts.join(QStringLiteral(" · "));
}

DocumentList::DocumentList(const ThemeManager &themes, QObject *parent)
    : QAbstractListModel(parent), m_themes(themes)
{}

void DocumentList::setDocuments(std::vector<StoredDocument> documents)
{
    beginResetModel();
    m_rows = std::move(documents);
    endResetModel();
}

void DocumentList::put(const StoredDocument &document)
{
    if (const QModelIndex there = find(document.id); there.isValid()) {
        m_rows[std::size_t(there.row())] = document;
        emit dataChanged(there, there);
        return;
    }
    beginInsertRows({}, 0, 0);
    m_rows.insert(m_rows.begin(), document);
    endInsertRows();
}

void DocumentList::remove(DocumentId id)
{
    const QModelIndex there = find(id);
    if (!there.isValid())
        return;
    beginRemoveRows({}, there.row(), there.row());
    m_rows.erase(m_rows.begin() + there.row());
    endRemoveRows();
}

void DocumentList::setRunning(DocumentId id, double fraction)
{
    m_runningDocument = fraction < 0 ? 0 : id;
    m_runningFraction = fraction;
    if (const QModelIndex there = find(id); there.isValid())
        emit dataChanged(there, there);
}

const StoredDocument *DocumentList::at(const QModelIndex &index) const
{
    return index.isValid() ? &m_rows[std::size_t(index.row())] : nullptr;
}

const StoredDocument *DocumentList::document(DocumentId id) const
{
    return at(find(id));
}

QModelIndex DocumentList::find(DocumentId id) const
{
    const auto found = std::ranges::find(m_rows, id, &StoredDocument::id);
    return found == m_rows.end() ? QModelIndex() : index(int(found - m_rows.begin()));
}

int DocumentList::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QString DocumentList::progressOf(const StoredDocument &document) const
{
    double fraction = -1;
    if (document.id == m_runningDocument)
        fraction = m_runningFraction;
    else if (!document.readings.empty() && document.readings.front().complete())
        return tr("read");
    else if (!document.readings.empty())
        fraction = double(document.readings.front().position) /
                   double(std::max<std::int64_t>(document.readings.front().tokens, 1));
    return fraction < 0 ? QString() : QLocale().toString(int(fraction * 100)) + QLocale().percent();
}

QVariant DocumentList::data(const QModelIndex &index, int role) const
{
    const StoredDocument *document = at(index);
    if (!document)
        return {};
    const QString title = QString::fromStdString(document->title);
    switch (role) {
    case Qt::DisplayRole: return title;
    case Qt::ToolTipRole: return QString::fromStdString(document->source) + u'\n' + factsOf(*document);
    case Qt::DecorationRole:
        if (document->damaged)
            return m_themes.icon(QStringLiteral("warning"), IconTone::Warning);
        return m_themes.icon(QStringLiteral("file"),
                             document->id == m_runningDocument ? IconTone::Accent : IconTone::Muted);
    case TwoLineDelegate::CaptionRole: return sizesOf(*document).join(QStringLiteral(" · "));
    case TwoLineDelegate::TrailingRole: return progressOf(*document);
    case Qt::AccessibleTextRole: {
        const QString progress = progressOf(*document);
        return QStringList{title, factsOf(*document), progress.isEmpty() ? tr("not read") : progress}.join(
            QStringLiteral(", "));
    }
    }
    return {};
}

} // namespace volary::ui
