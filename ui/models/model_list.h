// The list at the left of the Models workspace.
#pragma once

#include "ui/models/known_models.h"
#include "ui/theme/theme.h"

#include <QAbstractListModel>

namespace volary::ui {

// One row per known model; those that cannot be opened are disabled and say why.
class ModelList : public QAbstractListModel {
    Q_OBJECT

public:
    ModelList(const KnownModels &known, const ThemeManager &themes, QObject *parent = nullptr);

    const KnownModel *at(const QModelIndex &index) const;
    QModelIndex find(const std::filesystem::path &path,
                     const ModelOptions &options = {}) const; // its home counts, see modelHome()
    // The row that says "open"; an empty path for none.
    void setOpen(const std::filesystem::path &path, const ModelOptions &options = {});
    void refresh();

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

private:
    bool isOpen(const KnownModel &model) const;

    const KnownModels &m_known;
    const ThemeManager &m_themes;
    std::vector<KnownModel> m_rows;
    std::filesystem::path m_open;
    ModelOptions m_openOptions;
};

} // namespace volary::ui
