// The open model and another one, side by side.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <array>
#include <filesystem>
#include <vector>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QToolButton;

namespace volary::ui {

class ProgressRow;
class ScaleLegend;
class TokenRun;

// A model that the open one can be compared with.
struct OtherModel {
    std::filesystem::path path;
    ModelOptions options;
    QString name;
};

// Both go on from the same text; each token is coloured by how much it would have surprised the other model.
class TwoModelsView : public QWidget {
    Q_OBJECT

public:
    TwoModelsView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    void setModels(const std::vector<OtherModel> &models);
    void compare();
    QPlainTextEdit &text() { return *m_text; }

    // One line per token: model, place, text, id, and the other model's nats and rank.
    static QString asCsv(const event::ModelsCompared &compared);

private:
    using Side = event::ModelsCompared::Side;
    struct Pane {
        QLabel *name;
        QLabel *facts;
        TokenRun *run;
        std::shared_ptr<const Side> side;
    };

    Pane makePane(const char *run, const QString &accessibleName);
    void layOut();
    void listenToEngine();
    void end();
    void show(const event::ModelsCompared &compared);
    void showPane(Pane &pane, std::shared_ptr<const Side> side, const Side &other);
    QString summary() const;
    QColor colourOf(const Pane &pane, int index) const;
    QString describe(const Pane &pane, int index) const;
    void selectInBoth(int index);

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    std::vector<OtherModel> m_models;
    RequestId m_request = 0; // that runs; 0: none

    QPlainTextEdit *m_text;
    QComboBox *m_other;
    QPushButton *m_compare;
    ProgressRow *m_progress;
    QLabel *m_summary;
    QLabel *m_current;
    ScaleLegend *m_legend;
    QToolButton *m_copy;
    std::array<Pane, 2> m_panes; // the open model, the other
};

} // namespace volary::ui
