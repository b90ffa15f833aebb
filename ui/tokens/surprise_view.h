// The surprise map: how well the open model predicted each token of a text.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"
#include "ui/tokens/surprise.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace volary::ui {

class AlternativeBars;
class ProgressRow;
class ScaleLegend;
class SourceBox;
class SurpriseTable;
class TokenRun;

// The text shaded by negative log-likelihood. A scored text can be kept as the baseline: then another model,
// or the same with other weights, is shown by what it does better or worse, token by token.
class SurpriseView : public QWidget {
    Q_OBJECT

public:
    SurpriseView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    SourceBox &source() { return *m_source; }
    void score();
    void keepAsBaseline();
    void forgetBaseline();

private:
    QWidget *makeMap();
    QWidget *makePanel();
    void listenToEngine();
    void end(); // of the request that runs
    void refresh();
    void showToken(int index);
    double valueOf(int index) const; // nats, or nats against the baseline; NaN for the first token
    int mostStriking() const;        // the place that people look at first
    QColor colourOf(int index) const;
    QString describe(int index) const;
    QString summary() const;

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    Surprise m_scored, m_baseline;
    bool m_compared = false; // the difference is on show
    RequestId m_request = 0; // that runs; 0: none

    SourceBox *m_source;
    QPushButton *m_score;
    QPushButton *m_keep;
    QPushButton *m_forget;
    ProgressRow *m_progress;
    QLabel *m_summary;
    QLabel *m_note;
    TokenRun *m_run;
    SurpriseTable *m_table;
    QStackedWidget *m_forms; // the run, the table
    QCheckBox *m_asTable;
    ScaleLegend *m_legend;
    QToolButton *m_copy;
    QLabel *m_token;
    QLabel *m_facts;
    AlternativeBars *m_alternatives;
};

} // namespace volary::ui
