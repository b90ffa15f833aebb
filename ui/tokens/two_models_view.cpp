#include "ui/tokens/two_models_view.h"

#include "core/base/text.h"
#include "ui/widgets/colour_scale.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/scale_legend.h"
#include "ui/widgets/token_run.h"
#include "ui/widgets/token_text.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr int kTextHeight = 72;
constexpr double kMostNats = 8; // as in the surprise map
constexpr int kCsvDigits = 17;  // enough for every double

QString nameOf(const ModelDescription &model)
{
    const std::string options = model.options.summary();
    return QString::fromStdString(model.identity.name + (options.empty() ? "" : ", " + options));
}

bool isJudged(const event::ModelsCompared::Side &side)
{
    return !side.reply.empty() && side.reply.front().rank > 0;
}

QLabel *wrapped(const char *role)
{
    auto *label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", QLatin1String(role));
    return label;
}

} // namespace

TwoModelsView::TwoModelsView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes), m_text(new QPlainTextEdit), m_other(new QComboBox),
      m_compare(new QPushButton(tr("&Compare"))),
      m_progress(new ProgressRow(themes, tr("Comparing the models"))), m_summary(wrapped("heading")),
      m_current(wrapped("muted")), m_legend(new ScaleLegend(themes)),
      m_copy(new QToolButton), m_panes{makePane("two.open", tr("Reply of the open model")),
                                       makePane("two.other", tr("Reply of the other model"))}
{
    layOut();
    connect(m_compare, &QPushButton::clicked, this, &TwoModelsView::compare);
    connect(m_progress, &ProgressRow::cancelRequested, this, [this] {
        m_progress->setCancelling();
        m_bridge.cancel(m_request);
    });
    connect(m_text, &QPlainTextEdit::textChanged, this, &TwoModelsView::end);
    connect(m_copy, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(asCsv({m_panes[0].side, m_panes[1].side}));
    });
    for (const Pane &pane : m_panes) {
        pane.run->setColours([this, &pane](int index) { return colourOf(pane, index); });
        pane.run->setDescriptions([this, &pane](int index) { return describe(pane, index); });
        connect(pane.run, &TokenRun::selectionChanged, this, [this, &pane](int index) {
            if (pane.run->hasFocus())
                selectInBoth(index);
        });
    }
    m_legend->setScale(
        [this](double x) { return QColor(ColourScale::diverging(m_themes.theme().dark).at(0.5 + x / 2)); },
        {QStringLiteral("0"), QLocale().toString(kMostNats / 2), tr("%1 or more").arg(kMostNats)},
        tr("nats of surprise to the other model"));
    listenToEngine();
    end();
}

TwoModelsView::Pane TwoModelsView::makePane(const char *run, const QString &accessibleName)
{
    Pane pane{.name = wrapped("heading"),
              .facts = wrapped("muted"),
              .run = new TokenRun(m_themes, TokenRun::Look::Text, accessibleName),
              .side = nullptr};
    pane.run->setObjectName(QLatin1String(run));
    pane.facts->setObjectName(QLatin1String(run) + QStringLiteral("Facts"));
    return pane;
}

void TwoModelsView::layOut()
{
    const int space = m_themes.theme().space;
    m_text->setObjectName(QStringLiteral("two.text"));
    m_text->setAccessibleName(tr("Text that both go on from"));
    m_text->setPlaceholderText(tr("Write how a text begins"));
    m_text->setPlainText(tr("Once upon a time there was a small fox who lived near a river. One day"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(kTextHeight);
    m_other->setObjectName(QStringLiteral("two.model"));
    m_other->setAccessibleName(tr("The other model"));
    m_other->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_compare->setProperty("kind", "primary");
    m_compare->setObjectName(QStringLiteral("two.compare"));
    m_progress->hide();
    m_summary->setObjectName(QStringLiteral("two.summary"));
    m_summary->setText(tr("What would another model have said?"));
    m_current->setObjectName(QStringLiteral("two.current"));
    m_current->setText(tr("Both models go on from the text with the words that they find likeliest, and each "
                          "tells how likely it finds the other's."));
    m_copy->setText(tr("Copy as CSV"));
    m_copy->setObjectName(QStringLiteral("two.copy"));
    m_copy->setIcon(m_themes.icon(QStringLiteral("copy")));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setProperty("kind", "quiet");

    auto *choice = new QHBoxLayout;
    choice->setSpacing(space);
    auto *with = new QLabel(tr("&with"));
    with->setBuddy(m_other);
    choice->addWidget(m_compare);
    choice->addWidget(with);
    choice->addWidget(m_other);
    choice->addStretch(1);
    auto *panes = new QHBoxLayout;
    panes->setSpacing(3 * space);
    for (const Pane &pane : m_panes) {
        auto *column = new QVBoxLayout;
        column->setSpacing(space / 2);
        column->addWidget(pane.name);
        column->addWidget(pane.facts);
        column->addWidget(pane.run, 1);
        panes->addLayout(column, 1);
    }
    auto *below = new QHBoxLayout;
    below->addWidget(m_legend);
    below->addStretch(1);
    below->addWidget(m_copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, space, 0, 0);
    column->setSpacing(space);
    column->addWidget(m_text);
    column->addLayout(choice);
    column->addWidget(m_progress);
    column->addSpacing(space);
    column->addWidget(m_summary);
    column->addWidget(m_current);
    column->addLayout(panes, 1);
    column->addLayout(below);
}

void TwoModelsView::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::compareProgress, this,
            [this](RequestId request, const event::CompareProgress &progress) {
                if (request == m_request)
                    m_progress->setProgress(progress.fraction, QString::fromStdString(progress.stage));
            });
    connect(&m_bridge, &EngineBridge::modelsCompared, this,
            [this](RequestId request, const event::ModelsCompared &compared) {
                if (request != m_request)
                    return;
                m_request = 0;
                show(compared);
                end();
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this, [this](RequestId request) {
        if (request != m_request)
            return;
        m_request = 0; // the window says why
        end();
    });
}

void TwoModelsView::setModels(const std::vector<OtherModel> &models)
{
    const QString chosen = m_other->currentText();
    m_models = models;
    m_other->clear();
    for (const OtherModel &model : models)
        m_other->addItem(model.name);
    m_other->setCurrentIndex(std::max(0, m_other->findText(chosen)));
    end();
}

void TwoModelsView::compare()
{
    const int other = m_other->currentIndex();
    if (m_request != 0 || other < 0 || m_text->document()->isEmpty())
        return;
    const OtherModel &model = m_models[std::size_t(other)];
    m_request = m_bridge.post(command::CompareModels{
        .text = m_text->toPlainText().toStdString(), .other = model.path, .options = model.options});
    m_progress->setTask(tr("Comparing the models"));
    m_progress->setProgress(-1, {});
    end();
}

// What can be done now.
void TwoModelsView::end()
{
    const bool runs = m_request != 0, shown = m_panes[0].side != nullptr;
    m_progress->setVisible(runs);
    m_compare->setEnabled(!runs && m_other->count() > 0 && !m_text->document()->isEmpty());
    m_copy->setEnabled(shown);
    m_legend->setVisible(shown && isJudged(*m_panes[0].side));
    for (const Pane &pane : m_panes)
        pane.run->setVisible(shown);
}

void TwoModelsView::show(const event::ModelsCompared &compared)
{
    showPane(m_panes[0], compared.open, *compared.other);
    showPane(m_panes[1], compared.other, *compared.open);
    m_summary->setText(summary());
    m_current->setText(isJudged(*compared.open) && isJudged(*compared.other)
                           ? tr("Choose a token to see how the other model would have predicted it.")
                           : tr("The models have different vocabularies: their tokens cannot be compared one "
                                "by one."));
}

void TwoModelsView::showPane(Pane &pane, std::shared_ptr<const Side> side, const Side &other)
{
    pane.side = std::move(side);
    const QLocale locale;
    pane.name->setText(nameOf(*pane.side->model));
    const auto tokens = qulonglong(pane.side->reply.size());
    QString facts = tr("%1 tokens · %2 per second · state %3")
                        .arg(locale.toString(tokens), locale.toString(pane.side->tokensPerSecond, 'f', 0),
                             QString::fromStdString(formatBytes(pane.side->stateBytes)));
    if (isJudged(*pane.side)) {
        const auto agreed = std::ranges::count(pane.side->reply, 1, &TokenScore::rank);
        facts += tr("\n%1 would have been the first choice of %2, too")
                     .arg(probabilityText(double(agreed) / double(tokens)), nameOf(*other.model));
    }
    pane.facts->setText(facts);
    std::vector<TokenRun::Piece> pieces;
    for (const TokenScore &token : pane.side->reply) {
        const std::string_view bytes = pane.side->model->vocabulary->bytes(token.token);
        pieces.push_back({readableToken(bytes), {}, bytes.ends_with('\n')});
    }
    pane.run->clear();
    pane.run->append(std::move(pieces));
}

QString TwoModelsView::summary() const
{
    const Side &open = *m_panes[0].side, &other = *m_panes[1].side;
    const auto sameText = [&](const TokenScore &a, const TokenScore &b) {
        return open.model->vocabulary->bytes(a.token) == other.model->vocabulary->bytes(b.token);
    };
    const auto parted = std::ranges::mismatch(open.reply, other.reply, sameText);
    const auto alike = qlonglong(parted.in1 - open.reply.begin());
    if (parted.in1 == open.reply.end() && parted.in2 == other.reply.end())
        return tr("Both say the same.");
    return alike == 0 ? tr("They part at once.")
                      : tr("They say the same up to token %1, then part.").arg(QLocale().toString(alike));
}

QColor TwoModelsView::colourOf(const Pane &pane, int index) const
{
    const TokenScore &token = pane.side->reply[std::size_t(index)];
    if (token.rank == 0 || std::isnan(token.surprise))
        return {};
    return ColourScale::diverging(m_themes.theme().dark).at(0.5 + token.surprise / (2 * kMostNats));
}

QString TwoModelsView::describe(const Pane &pane, int index) const
{
    const TokenScore &token = pane.side->reply[std::size_t(index)];
    const Tokenizer &vocabulary = *pane.side->model->vocabulary;
    const QString text = visibleToken(vocabulary.bytes(token.token));
    const Side &other = *m_panes[&pane == m_panes.data() ? 1 : 0].side;
    if (token.rank == 0)
        return tr("“%1”, token %2").arg(text).arg(index + 1);
    const QString told = tr("“%1”, token %2: for %3 its probability is %4, rank %5")
                             .arg(text)
                             .arg(index + 1)
                             .arg(nameOf(*other.model), probabilityText(std::exp(-token.surprise)))
                             .arg(token.rank);
    if (token.rank == 1 || token.alternatives.empty())
        return told;
    const TokenProbability &first = token.alternatives.front();
    return told +
           tr(". It would have said “%1”, with %2.")
               .arg(visibleToken(vocabulary.bytes(first.token)), probabilityText(double(first.probability)));
}

// The same place in both; what is said is about the one that has the keyboard.
void TwoModelsView::selectInBoth(int index)
{
    for (const Pane &pane : m_panes) {
        if (pane.run->hasFocus())
            m_current->setText(describe(pane, index));
        else
            pane.run->select(std::min(index, pane.run->count() - 1));
    }
}

QString TwoModelsView::asCsv(const event::ModelsCompared &compared)
{
    QString csv = QStringLiteral("model,place,token,id,nats of the other,rank with the other\n");
    for (const auto &side : {compared.open, compared.other}) {
        for (std::size_t i = 0; i < side->reply.size(); ++i) {
            const TokenScore &token = side->reply[i];
            csv += quotedForCsv(nameOf(*side->model)) + QStringLiteral(",%1,").arg(i) +
                   quotedForCsv(readableToken(side->model->vocabulary->bytes(token.token))) +
                   QStringLiteral(",%1,").arg(token.token);
            if (token.rank > 0)
                csv +=
                    QString::number(token.surprise, 'g', kCsvDigits) + QStringLiteral(",%1").arg(token.rank);
            else
                csv += u',';
            csv += u'\n';
        }
    }
    return csv;
}

} // namespace volary::ui
