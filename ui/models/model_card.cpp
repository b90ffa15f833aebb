#include "ui/models/model_card.h"

#include "core/base/text.h"
#include "ui/models/half_life_view.h"
#include "ui/models/known_models.h"
#include "ui/widgets/data_table.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSortFilterProxyModel>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <cmath>

namespace volary::ui {

namespace {

constexpr int kFactColumns = 4;

QString bytes(std::uint64_t count)
{
    return QString::fromStdString(formatBytes(count));
}

// "6.2 M": parameters are spoken of in rounded millions and billions.
QString parameters(std::uint64_t count)
{
    if (count >= 1'000'000'000)
        return ModelCard::tr("%1 billion").arg(QLocale().toString(double(count) / 1e9, 'f', 1));
    return ModelCard::tr("%1 million").arg(QLocale().toString(double(count) / 1e6, 'f', 1));
}

} // namespace

ModelCard::ModelCard(const ThemeManager &themes, const KnownModels &known, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_costs(known), m_title(new QLabel), m_path(new QLabel),
      m_facts(new QGridLayout), m_stateSentence(new QLabel), m_tabs(new QTabWidget),
      m_halfLives(new HalfLifeView(themes))
{
    m_title->setProperty("role", "title");
    m_path->setProperty("role", "caption");
    m_path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_path->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_tabs->addTab(makeTensors(), tr("Tensors"));
    m_tabs->addTab(makeState(), tr("State"));
    m_tabs->addTab(m_halfLives, tr("Half-lives"));
    m_tabs->addTab(makeComparison(), tr("Side by side"));
    m_tabs->tabBar()->setAccessibleName(tr("Tables of the model"));
    m_tabs->setAccessibleName(tr("Tables of the model"));

    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space / 2);
    layout->addWidget(m_title);
    layout->addWidget(m_path);
    layout->addSpacing(space);
    layout->addWidget(makeFacts());
    layout->addSpacing(space);
    layout->addWidget(m_tabs, 1);
}

QWidget *ModelCard::makeFacts()
{
    auto *card = new QFrame;
    card->setProperty("card", "plain");
    const int space = m_themes.theme().space;
    m_facts->setHorizontalSpacing(3 * space);
    m_facts->setVerticalSpacing(space + space / 2);
    for (int column = 0; column < kFactColumns; ++column)
        m_facts->setColumnStretch(column, 1);

    m_stateSentence->setWordWrap(true);
    m_stateSentence->setProperty("role", "muted");
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(2 * space, 2 * space, 2 * space, 2 * space);
    layout->setSpacing(2 * space);
    layout->addLayout(m_facts);
    layout->addWidget(m_stateSentence);
    return card;
}

QWidget *ModelCard::makeTensors()
{
    auto *page = new QWidget;
    auto *filter = new QLineEdit;
    filter->setObjectName(QStringLiteral("models.tensorFilter"));
    filter->setPlaceholderText(tr("Filter by name, type or shape"));
    filter->setAccessibleName(tr("Filter the tensors"));
    filter->setClearButtonEnabled(true);
    auto *proxy = sortedByValue(&m_tensors, this);
    connect(filter, &QLineEdit::textChanged, proxy, &QSortFilterProxyModel::setFilterFixedString);
    auto *table = makeDataTable(proxy, tr("Tensors of the model"), TensorTable::Name);
    table->setObjectName(QStringLiteral("models.tensors"));

    auto *layout = new QVBoxLayout(page);
    const int space = m_themes.theme().space;
    layout->setContentsMargins(0, space, 0, 0);
    layout->addWidget(filter);
    layout->addWidget(table, 1);
    return page;
}

QWidget *ModelCard::makeState()
{
    auto *page = new QWidget;
    auto *table =
        makeDataTable(sortedByValue(&m_state, this), tr("State tensors of the model"), StateTable::Meaning);
    table->setObjectName(QStringLiteral("models.state"));
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, m_themes.theme().space, 0, 0);
    layout->addWidget(table);
    return page;
}

QWidget *ModelCard::makeComparison()
{
    auto *page = new QWidget;
    auto *sentence =
        new QLabel(tr("What one conversation keeps, with every model of the list: the price of a "
                      "snapshot, and of memory while it goes on."));
    sentence->setWordWrap(true);
    sentence->setProperty("role", "muted");
    auto *table = makeDataTable(sortedByValue(&m_costs, this), tr("Models side by side"), CostTable::Name);
    table->setObjectName(QStringLiteral("models.costs"));
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, m_themes.theme().space, 0, 0);
    layout->addWidget(sentence);
    layout->addWidget(table, 1);
    return page;
}

void ModelCard::show(std::shared_ptr<const ModelDescription> model)
{
    m_tensors.setModel(model);
    m_state.setModel(model);
    if (!model)
        return;
    const QString name = QString::fromStdString(model->identity.name);
    m_title->setText(name.isEmpty() ? modelName(model->path) : name);
    m_path->setText(QString::fromStdString(model->path.string()));
    m_path->setToolTip(m_path->text());
    m_tabs->setTabText(0, tr("Tensors · %1").arg(QLocale().toString(qint64(model->tensors.size()))));
    m_tabs->setTabText(1, tr("State · %1").arg(QLocale().toString(qint64(model->state.size()))));
    m_tabs->setTabVisible(m_tabs->indexOf(m_halfLives), !model->halfLives.empty());
    m_halfLives->setLayers(model->halfLives);
    fillFacts(*model);
}

void ModelCard::fillFacts(const ModelDescription &model)
{
    while (QLayoutItem *item = m_facts->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const QLocale locale;
    const std::uint64_t perToken = bytesPerToken(model.state);
    const auto text = [](const std::string &words) { return QString::fromStdString(words); };
    std::vector<std::pair<QString, QString>> facts = {
        {tr("Architecture"), text(model.info.title)},
        {tr("Parameters"), parameters(model.info.parameters)},
        {tr("Layers"), locale.toString(model.info.layers)},
        {tr("Width"), locale.toString(model.info.width)},
        {tr("Heads"), model.info.heads == 0 ? tr("none")
                                            : tr("%1 of size %2")
                                                  .arg(locale.toString(model.info.heads),
                                                       locale.toString(model.info.headSize))},
        {tr("Vocabulary"), tr("%1 tokens").arg(locale.toString(model.info.vocabulary))},
        {tr("Tokenizer"), text(model.tokenizer)},
        {tr("Weights"), tr("%1, %2").arg(bytes(model.weightBytes), text(model.weightTypes))},
        {tr("File"), tr("%1, %2").arg(bytes(model.fileBytes), text(model.format))},
        {tr("Runs on"), text(model.device)},
        {tr("State per conversation"),
         perToken == 0 ? bytes(model.stateBytes)
                       : tr("%1 and %2 per token").arg(bytes(model.stateBytes), bytes(perToken))},
        {tr("Chat format"), model.chatFormat.empty() ? tr("none") : text(model.chatFormat)},
    };
    if (const std::string options = model.options.summary(); !options.empty())
        facts.emplace_back(tr("Opened with"), text(options));
    int place = 0;
    for (const auto &[meaning, value] : facts) {
        auto *caption = new QLabel(meaning);
        caption->setProperty("role", "caption");
        auto *number = new QLabel(value);
        number->setWordWrap(true);
        number->setTextInteractionFlags(Qt::TextSelectableByMouse);
        auto *fact = new QWidget;
        auto *layout = new QVBoxLayout(fact);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(1);
        layout->addWidget(caption);
        layout->addWidget(number, 1, Qt::AlignTop);
        m_facts->addWidget(fact, place / kFactColumns, place % kFactColumns, Qt::AlignTop);
        ++place;
    }
    if (perToken == 0) {
        m_stateSentence->setText(
            tr("A conversation needs %1 of state, after ten tokens and after ten million: "
               "every new token is folded into "
               "the same matrices, nothing is kept per token. That is why each turn can be "
               "saved and resumed at once.")
                .arg(bytes(model.stateBytes)));
        return;
    }
    // An attention model of this shape keeps a key and a value row per layer, in 16 bits.
    const double ordinary = double(model.info.layers) * 4 * model.info.width;
    m_stateSentence->setText(
        tr("A conversation needs %1 of state and %2 for each token. An attention model of this "
           "shape would keep %3 for each token, %4 times as much.")
            .arg(bytes(model.stateBytes), bytes(perToken), bytes(std::uint64_t(ordinary)),
                 locale.toString(std::round(ordinary / double(perToken)), 'f', 0)));
}

} // namespace volary::ui
