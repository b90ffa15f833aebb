// Asks what a model shall be opened with: weight type, adapters, tuned state.
#pragma once

#include "core/engine/model_options.h"
#include "ui/theme/theme.h"

#include <QDialog>

#include <filesystem>

class QComboBox;

namespace volary::ui {

class AdapterList;
class PathField;

class OptionsDialog : public QDialog {
    Q_OBJECT

public:
    OptionsDialog(const ThemeManager &themes, const std::filesystem::path &model, const ModelOptions &options,
                  QWidget *parent = nullptr);

    std::filesystem::path model() const;
    ModelOptions options() const;

private:
    PathField *m_model;
    QComboBox *m_type;
    AdapterList *m_adapters;
    PathField *m_state;
};

} // namespace volary::ui
