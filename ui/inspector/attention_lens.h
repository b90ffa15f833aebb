// What the attention layers of a hybrid look at, token by token.
#pragma once

#include "core/inspect/attention.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QStandardItemModel;

namespace volary::ui {

class AttentionText;
class HeatGrid;
class ProgressRow;
class ScaleLegend;

// The text up to one turn, shaded by the attention with which its last token is read; as a table; and what
// the model keeps of each token. The engine is asked only through show().
class AttentionLens : public QWidget {
    Q_OBJECT

public:
    AttentionLens(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    void showSnapshot(SnapshotId snapshot);
    void stop(); // cancels what is on its way

    // The model has attention layers.
    static bool serves(const ModelDescription *model);
    // "position,token,weight": the tokens that are shown, with the chosen layer and head.
    QString asCsv() const;

private:
    void layOut();
    void listenToEngine();
    void clear();
    void setPicture(std::shared_ptr<const AttentionPicture> picture);
    void fillLayers();
    void fillHeads();
    void fillTable();
    void shade();
    void showCosts();
    void showLatents();
    void tell(int token);

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    SnapshotId m_snapshot = 0;
    std::optional<RequestId> m_request;
    std::shared_ptr<const AttentionPicture> m_picture;
    std::size_t m_first = 0;       // of the tokens that are shown
    std::vector<QString> m_tokens; // from m_first on
    std::vector<QString> m_names;  // the same, made visible
    std::vector<double> m_weights;

    QComboBox *m_layer;
    QComboBox *m_head;
    AttentionText *m_text;
    QLabel *m_number;
    ScaleLegend *m_scale;
    QLabel *m_legend;
    QLabel *m_costs;
    QLabel *m_failure;
    HeatGrid *m_latents;
    QStandardItemModel *m_table;
    ProgressRow *m_progress;
};

} // namespace volary::ui
