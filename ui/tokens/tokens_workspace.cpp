#include "ui/tokens/tokens_workspace.h"

#include "ui/tokens/next_token_view.h"
#include "ui/tokens/surprise_view.h"
#include "ui/tokens/tokenizer_view.h"
#include "ui/tokens/two_models_view.h"
#include "ui/widgets/empty_state.h"

#include <QAction>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

namespace volary::ui {

TokensWorkspace::TokensWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_themes(themes), m_surprise(new SurpriseView(bridge, themes)),
      m_next(new NextTokenView(bridge, themes)), m_twoModels(new TwoModelsView(bridge, themes)),
      m_tokenizer(new TokenizerView(bridge, themes)), m_tabs(new QTabWidget), m_stack(new QStackedWidget)
{
    const int space = themes.theme().space;
    m_tabs->setObjectName(QStringLiteral("tokens.tabs"));
    m_tabs->addTab(m_surprise, tr("Surprise"));
    m_tabs->addTab(m_next, tr("What may come next"));
    m_tabs->addTab(m_twoModels, tr("Two models"));
    m_tabs->addTab(m_tokenizer, tr("Tokenizer"));
    m_tabs->tabBar()->setAccessibleName(tr("Views of tokens"));
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(3 * space, 2 * space, 3 * space, 2 * space);
    column->addWidget(m_tabs);
    m_stack->addWidget(new EmptyState(
        themes, iconName(), tr("See a text as the model sees it"),
        tr("Open a model: then every word of a text can be coloured by how much it surprised the model, and "
           "what it expects next is here to be explored."),
        nullptr));
    m_stack->addWidget(page);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    setProperty("ground", "surface");
    setAttribute(Qt::WA_StyledBackground);
    makeCommands();

    const auto choosePage = [this, &bridge] { m_stack->setCurrentIndex(bridge.model() ? 1 : 0); };
    connect(&bridge, &EngineBridge::modelOpened, this, choosePage);
    connect(&bridge, &EngineBridge::modelClosed, this, choosePage);
    choosePage();
}

void TokensWorkspace::makeCommands()
{
    const auto make = [this](const char *name, const QString &text, Page page) {
        auto *action = new QAction(m_themes.icon(iconName()), text, this);
        action->setObjectName(QString::fromLatin1(name));
        connect(action, &QAction::triggered, this, [this, page] { showPage(page); });
        m_commands << action;
    };
    make("tokens.surprise", tr("&Surprise of a text"), SurprisePage);
    make("tokens.next", tr("What may come &next"), NextPage);
    make("tokens.twoModels", tr("Two &models side by side"), TwoModelsPage);
    make("tokens.tokenizer", tr("&Tokenizer"), TokenizerPage);
}

void TokensWorkspace::showPage(Page page)
{
    m_tabs->setCurrentIndex(int(page));
    focusTarget()->setFocus();
}

QWidget *TokensWorkspace::focusTarget()
{
    switch (m_tabs->currentIndex()) {
    case SurprisePage: return m_surprise->source().focusTarget();
    case NextPage: return m_next->source().focusTarget();
    case TwoModelsPage: return &m_twoModels->text();
    default: return &m_tokenizer->text();
    }
}

void TokensWorkspace::setTurns(const std::vector<TokenTurn> &turns)
{
    m_surprise->source().setTurns(turns);
    m_next->source().setTurns(turns);
}

void TokensWorkspace::setModels(const std::vector<OtherModel> &models)
{
    m_twoModels->setModels(models);
}

} // namespace volary::ui
