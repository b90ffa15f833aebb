// The Tokens workspace: texts as the model sees them.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"
#include "ui/tokens/source_box.h"
#include "ui/windows/workspace.h"

class QStackedWidget;
class QTabWidget;

namespace volary::ui {

class NextTokenView;
class SurpriseView;
class TokenizerView;
class TwoModelsView;
struct OtherModel;

// Four pages: how surprising each token was, what may come next, what another model would have said, and how
// a text is split.
class TokensWorkspace : public Workspace {
    Q_OBJECT

public:
    enum Page { SurprisePage, NextPage, TwoModelsPage, TokenizerPage };

    TokensWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    QString id() const override { return QStringLiteral("tokens"); }
    QString title() const override { return tr("Tokens"); }
    QString iconName() const override { return QStringLiteral("tokens"); }
    QList<QAction *> commands() override { return m_commands; }
    QWidget *focusTarget() override;

    // Of the conversation in the chat: what can be looked at beside a text of one's own.
    void setTurns(const std::vector<TokenTurn> &turns);
    // Those that the open one can be compared with.
    void setModels(const std::vector<OtherModel> &models);
    void showPage(Page page);
    SurpriseView &surprise() { return *m_surprise; }
    NextTokenView &next() { return *m_next; }
    TwoModelsView &twoModels() { return *m_twoModels; }
    TokenizerView &tokenizer() { return *m_tokenizer; }

private:
    void makeCommands();

    const ThemeManager &m_themes;
    SurpriseView *m_surprise;
    NextTokenView *m_next;
    TwoModelsView *m_twoModels;
    TokenizerView *m_tokenizer;
    QTabWidget *m_tabs;
    QStackedWidget *m_stack;
    QList<QAction *> m_commands;
};

} // namespace volary::ui
