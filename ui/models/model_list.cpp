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

QModelIndex ModelList::find(const std::filesystem::path &path, const ModelOptions &options) const
{
    const auto home = modelHome(path);
    for (std::size_t row = 0; row < m_rows.size(); ++row)
        if (m_rows[row].path == home && m_rows[row].options == options)
            return index(int(row));
    return {};
}

bool ModelList::isOpen(const KnownModel &model) const
{
    return model.path == m_open && model.options == m_openOptions;
}

void ModelList::setOpen(const std::filesystem::path &path, const ModelOptions &options)
{
    m_open = path.empty() ? path : modelHome(path);
    m_openOptions = options;
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
    const QString opened = QString::fromStdString(model->options.summary());
    switch (role) {
    case Qt::DisplayRole: return opened.isEmpty() ? model->name : tr("%1 + %2").arg(model->name, opened);
    case Qt::ToolTipRole: return model->bundled ? tr("Came with Volary: %1").arg(place) : place;
    case Qt::DecorationRole:
        return m_themes.icon(isOpen(*model) ? QStringLiteral("check") : QStringLiteral("models"),
                             isOpen(*model) ? IconTone::Accent : IconTone::Muted);
    case TwoLineDelegate::CaptionRole:
        if (!model->problem.isEmpty())
            return model->problem;
        if (model->cost)
            return model->cost->text();
        return model->bundled ? tr("Came with Volary") : place;
    case TwoLineDelegate::TrailingRole: return isOpen(*model) ? tr("open") : QString();
    case Qt::AccessibleTextRole: {
        const QString title = data(index, Qt::DisplayRole).toString();
        const QString cost = model->cost ? model->cost->text() : QString();
        const QString &more = model->problem.isEmpty() ? cost : model->problem;
        return more.isEmpty() ? title : tr("%1, %2").arg(title, more);
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
