// Everything there is to see of the open model.
#pragma once

#include "core/engine/messages.h"
#include "ui/models/state_table.h"
#include "ui/models/tensor_table.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QSortFilterProxyModel;
class QTabWidget;

namespace volary::ui {

// Architecture in numbers, the sentence about the state, and both tables.
class ModelCard : public QWidget {
    Q_OBJECT

public:
    explicit ModelCard(const ThemeManager &themes, QWidget *parent = nullptr);

    void show(std::shared_ptr<const ModelDescription> model);

private:
    QWidget *makeFacts();
    QWidget *makeTensors();
    QWidget *makeState();
    void fillFacts(const ModelDescription &model);

    const ThemeManager &m_themes;
    TensorTable m_tensors;
    StateTable m_state;
    QLabel *m_title;
    QLabel *m_path;
    QGridLayout *m_facts;
    QLabel *m_stateSentence;
    QTabWidget *m_tabs;
};

} // namespace volary::ui
