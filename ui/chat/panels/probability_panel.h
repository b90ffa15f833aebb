// What else could have stood at each place of a reply.
#pragma once

#include "core/session/reply.h"
#include "core/store/library.h"
#include "ui/widgets/alternative_bars.h"
#include "ui/widgets/token_run.h"

#include <QWidget>

#include <memory>
#include <vector>

class QLabel;

namespace volary::ui {

class ProbabilityPanel : public QWidget {
    Q_OBJECT

public:
    ProbabilityPanel(const ThemeManager &themes, QWidget *parent);

    void setTraces(TurnId turn, const std::shared_ptr<const std::vector<TokenTrace>> &traces);
    void appendTraces(const std::vector<TokenTrace> &traces); // of a running reply: the newest is selected
    void clear();
    void setVocabulary(std::shared_ptr<const Tokenizer> vocabulary);
    void setBranchingEnabled(bool enabled);

signals:
    // Another token at place `keep` of the reply.
    void branchRequested(volary::TurnId turn, qint64 keep, volary::TokenId token);

private:
    void showPlace(int index);
    QString textOf(TokenId token) const;
    QColor shadeOf(int index) const;

    const ThemeManager &m_themes;
    TokenRun *m_strip;
    AlternativeBars *m_bars;
    QLabel *m_hint;
    std::shared_ptr<const Tokenizer> m_vocabulary;
    std::vector<TokenTrace> m_traces;
    std::vector<double> m_probabilities; // of each token; 1 where nothing is known
    TurnId m_turn = -1;                  // -1: a running reply, which cannot be branched
    bool m_branching = false;
};

} // namespace volary::ui
