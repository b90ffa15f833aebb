#include "ui/models/model_list.h"

#include "ui/widgets/two_line_delegate.h"

namespace volary::ui {

ModelList::ModelList(const KnownModels &known, const ThemeManager &themes, QObject *parent)
    : QAbstractListModel(parent), m_known(known), m_themes(themes), m_rows(known.all())
{
    connect(&known, &KnownModels::changed, this, &ModelList::refresh);
}

const KnownModel *ModelList::at(const QModelIndex &index) const
{
    return index.isValid() ? &m_rows[std::size_t(index.row())] : nullptr;
}

QModelIndex ModelList::find(const std::filesystem::path &path) const
{
    const auto home = modelHome(path);
    for (std::size_t row = 0; row < m_rows.size(); ++row)
        if (m_rows[row].path == home)
            return index(int(row));
    return {};
}

void ModelList::setOpen(const std::filesystem::path &path)
{
    m_open = path.empty() ? path : modelHome(path);
    if (!m_rows.empty())
        emit dataChanged(index(0), index(rowCount() - 1));
}

void ModelList::refresh()
{
    beginResetModel();
    m_rows = m_known.all();
    endResetModel();
}

int ModelList::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant ModelList::data(const QModelIndex &index, int role) const
{
    const KnownModel *model = at(index);
    if (!model)
        return {};
    const QString place = QString::fromStdString(model->path.string());
    switch (role) {
    case Qt::DisplayRole: return model->name;
    case Qt::ToolTipRole: return model->bundled ? tr("Came with Volary: %1").arg(place) : place;
    case Qt::DecorationRole:
        return m_themes.icon(model->path == m_open ? QStringLiteral("check") : QStringLiteral("models"),
                             model->path == m_open ? IconTone::Accent : IconTone::Muted);
    case TwoLineDelegate::CaptionRole:
        if (!model->problem.isEmpty())
            return model->problem;
        if (!model->cost.isEmpty())
            return model->cost;
        return model->bundled ? tr("Came with Volary") : place;
    case TwoLineDelegate::TrailingRole: return model->path == m_open ? tr("open") : QString();
    case Qt::AccessibleTextRole: {
        const QString &more = model->problem.isEmpty() ? model->cost : model->problem;
        return more.isEmpty() ? model->name : tr("%1, %2").arg(model->name, more);
    }
    }
    return {};
}

Qt::ItemFlags ModelList::flags(const QModelIndex &index) const
{
    const KnownModel *model = at(index);
    if (!model || !model->problem.isEmpty())
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
}

} // namespace volary::ui
