// Everything there is to see of the open model.
#pragma once

#include "core/engine/messages.h"
#include "ui/models/cost_table.h"
#include "ui/models/state_table.h"
#include "ui/models/tensor_table.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QSortFilterProxyModel;
class QTabWidget;

namespace volary::ui {

class HalfLifeView;

// Architecture in numbers, the sentence about the state, and the tables.
class ModelCard : public QWidget {
    Q_OBJECT

public:
    ModelCard(const ThemeManager &themes, const KnownModels &known, QWidget *parent = nullptr);

    void show(std::shared_ptr<const ModelDescription> model);

private:
    QWidget *makeFacts();
    QWidget *makeTensors();
    QWidget *makeState();
    QWidget *makeComparison();
    void fillFacts(const ModelDescription &model);

    const ThemeManager &m_themes;
    TensorTable m_tensors;
    StateTable m_state;
    CostTable m_costs;
    QLabel *m_title;
    QLabel *m_path;
    QGridLayout *m_facts;
    QLabel *m_stateSentence;
    QTabWidget *m_tabs;
    HalfLifeView *m_halfLives;
};

} // namespace volary::ui
