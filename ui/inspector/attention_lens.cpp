#include "ui/inspector/attention_lens.h"

#include "ui/inspector/attention_text.h"
#include "ui/widgets/data_table.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/scale_legend.h"
#include "ui/widgets/token_text.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QStringDecoder>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {

constexpr int kPanelWidth = 320;
constexpr std::size_t kMostTokens = 20'000; // in a text that is laid out at once
constexpr std::size_t kMostLatents = 100;   // as many columns as the panel has room for
constexpr int kWeightDigits = 9;            // enough for every float

QString percent(double weight)
{
    return QLocale().toString(100 * weight, 'g', 3) + QStringLiteral(" %");
}

QStandardItem *cell(const QVariant &value, const QString &text)
{
    auto *item = new QStandardItem(text);
    item->setData(value, Qt::UserRole);
    item->setEditable(false);
    return item;
}

} // namespace

AttentionLens::AttentionLens(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes), m_layer(new QComboBox), m_head(new QComboBox),
      m_text(new AttentionText(themes)), m_number(new QLabel), m_scale(new ScaleLegend(themes)),
      m_legend(new QLabel), m_costs(new QLabel), m_failure(new QLabel), m_latents(new HeatGrid(themes)),
      m_table(new QStandardItemModel(this)), m_progress(new ProgressRow(themes, tr("Reading the attention")))
{
    layOut();
    listenToEngine();
    clear();
}

void AttentionLens::layOut()
{
    const int space = m_themes.theme().space;
    for (QComboBox *box : {m_layer, m_head})
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setObjectName(QStringLiteral("attention.layer"));
    m_head->setAccessibleName(tr("Head"));
    m_head->setObjectName(QStringLiteral("attention.head"));
    m_text->setObjectName(QStringLiteral("attention.text"));
    m_number->setObjectName(QStringLiteral("attention.number"));
    m_number->setTextFormat(Qt::PlainText);
    m_legend->setWordWrap(true);
    m_legend->setProperty("role", "caption");
    m_costs->setWordWrap(true);
    m_costs->setObjectName(QStringLiteral("attention.costs"));
    m_failure->setWordWrap(true);
    m_failure->setProperty("role", "danger");
    m_failure->setObjectName(QStringLiteral("attention.failure"));
    m_failure->hide();
    m_progress->hide();
    m_latents->setAccessibleName(tr("What is kept of each token"));
    auto *copy = new QToolButton;
    copy->setText(tr("Copy as CSV"));
    copy->setIcon(m_themes.icon(QStringLiteral("copy")));
    copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    copy->setProperty("kind", "quiet");
    connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(asCsv()); });
    connect(m_layer, &QComboBox::currentIndexChanged, this, &AttentionLens::fillHeads);
    connect(m_head, &QComboBox::currentIndexChanged, this, &AttentionLens::shade);
    connect(m_text, &AttentionText::pointedAt, this, &AttentionLens::tell);
    m_table->setHorizontalHeaderLabels({tr("Position"), tr("Token"), tr("Attention")});
    auto *sorted = sortedByValue(m_table, this);
    sorted->setSortRole(Qt::UserRole);
    QTableView *table = makeDataTable(sorted, tr("Tokens and their attention"), 1);
    table->setObjectName(QStringLiteral("attention.table"));

    auto *choice = new QHBoxLayout;
    choice->addWidget(m_layer);
    choice->addWidget(m_head);
    choice->addStretch(1);
    choice->addWidget(copy);
    auto *left = new QVBoxLayout;
    left->setSpacing(space);
    left->addLayout(choice);
    left->addWidget(m_progress);
    left->addWidget(m_failure);
    left->addWidget(m_text, 1);
    left->addWidget(m_number);
    left->addWidget(m_scale);
    left->addWidget(m_legend);
    auto *heading = new QLabel(tr("The cache"));
    heading->setProperty("role", "heading");
    auto *right = new QVBoxLayout;
    right->setSpacing(space);
    right->addWidget(table, 1);
    right->addWidget(heading);
    right->addWidget(m_costs);
    right->addWidget(m_latents);
    auto *panel = new QWidget;
    panel->setFixedWidth(kPanelWidth);
    panel->setLayout(right);
    right->setContentsMargins(0, 0, 0, 0);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, space, 0, 0);
    row->setSpacing(3 * space);
    row->addLayout(left, 1);
    row->addWidget(panel);
}

void AttentionLens::listenToEngine()
{
    connect(m_progress, &ProgressRow::cancelRequested, this, &AttentionLens::stop);
    connect(&m_bridge, &EngineBridge::attentionProgress, this,
            [this](RequestId request, const event::AttentionProgress &progress) {
                if (m_request == request)
                    m_progress->setProgress(progress.fraction, {});
            });
    connect(&m_bridge, &EngineBridge::attentionShown, this,
            [this](RequestId request, const event::AttentionShown &shown) {
                if (m_request != request)
                    return;
                m_request.reset();
                m_progress->hide();
                setPicture(shown.picture);
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this,
            [this](RequestId request, const event::CommandFailed &failed) {
                if (m_request != request)
                    return;
                m_request.reset();
                m_snapshot = 0; // to be asked for again
                m_progress->hide();
                clear();
                m_failure->setText(QString::fromStdString(failed.error.what + " " + failed.error.remedy));
                m_failure->setVisible(failed.error.code != ErrorCode::Cancelled);
            });
}

bool AttentionLens::serves(const ModelDescription *model)
{
    return model &&
           std::ranges::find(model->state, StateRole::Keys, &StateTensor::role) != model->state.end();
}

void AttentionLens::showSnapshot(SnapshotId snapshot)
{
    if (snapshot == m_snapshot)
        return;
    stop();
    m_snapshot = snapshot;
    m_failure->hide();
    m_progress->setTask(tr("Reading the attention"));
    m_progress->setProgress(-1, {});
    m_progress->show();
    m_request = m_bridge.post(command::ShowAttention{snapshot});
}

void AttentionLens::stop()
{
    if (!m_request)
        return;
    m_bridge.cancel(*m_request);
    m_request.reset();
    m_snapshot = 0;
    m_progress->hide();
}

// Nothing may stand below a reason that says why there is nothing.
void AttentionLens::clear()
{
    m_picture.reset();
    m_tokens.clear();
    m_names.clear();
    m_weights.clear();
    m_text->setTokens({});
    m_table->removeRows(0, m_table->rowCount());
    for (QLabel *label : {m_number, m_legend, m_costs})
        label->clear();
    m_scale->hide();
    m_latents->hide();
}

void AttentionLens::setPicture(std::shared_ptr<const AttentionPicture> picture)
{
    m_picture = std::move(picture);
    m_scale->show();
    const std::size_t count = m_picture->tokens.size();
    m_first = count - std::min(count, kMostTokens);
    m_tokens.clear();
    m_names.clear();
    QStringDecoder decode(QStringDecoder::Utf8); // a character may begin in one token and end in the next
    for (const TokenId id : std::span(m_picture->tokens).subspan(m_first)) {
        const auto model = m_bridge.model();
        const bool known = model && id >= 0 && id < model->vocabulary->vocabularySize();
        const std::string_view bytes = known ? model->vocabulary->bytes(id) : std::string_view();
        m_names.push_back(visibleToken(bytes));
        m_tokens.push_back(decode(QByteArrayView(bytes.data(), qsizetype(bytes.size()))));
    }
    m_text->setTokens(m_tokens);
    fillLayers();
    showCosts();
    showLatents();
}

void AttentionLens::fillLayers()
{
    const int before = m_layer->currentData().isValid() ? m_layer->currentData().toInt() : -1;
    const QSignalBlocker quiet(m_layer);
    m_layer->clear();
    m_layer->addItem(tr("All layers"), -1);
    for (const LayerAttention &layer : m_picture->layers)
        m_layer->addItem(tr("Layer %1").arg(layer.layer), layer.layer);
    m_layer->setCurrentIndex(std::max(0, m_layer->findData(before)));
    fillHeads();
}

void AttentionLens::fillHeads()
{
    const int before = m_head->currentData().isValid() ? m_head->currentData().toInt() : -1;
    {
        const QSignalBlocker quiet(m_head);
        m_head->clear();
        m_head->addItem(tr("All heads"), -1);
        for (int head = 0; m_picture && head < m_picture->layers.front().heads; ++head)
            m_head->addItem(tr("Head %1").arg(head), head);
        m_head->setCurrentIndex(std::max(0, m_head->findData(before)));
    }
    shade();
}

void AttentionLens::shade()
{
    if (!m_picture)
        return;
    m_weights = m_picture->mean(m_layer->currentData().toInt(), m_head->currentData().toInt());
    m_weights.erase(m_weights.begin(), m_weights.begin() + std::ptrdiff_t(m_first));
    const double high = *std::ranges::max_element(m_weights);
    m_text->setWeights(m_weights, high);
    m_scale->setScale([this](double part) { return AttentionText::shade(m_themes.theme(), part); },
                      {percent(0), percent(high / 2), percent(high)}, tr("of the attention"));
    QString legend =
        tr("How the last token looks back; all tokens together get 100 %. Attention says what is "
           "read here, not what the recurrent layers know.");
    if (m_first > 0)
        legend += tr(" The first %1 tokens are not shown.").arg(QLocale().toString(qulonglong(m_first)));
    m_legend->setText(legend);
    fillTable();
    tell(int(m_weights.size()) - 1);
}

void AttentionLens::fillTable()
{
    m_table->removeRows(0, m_table->rowCount());
    std::vector<std::size_t> order(m_weights.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order, [this](auto a, auto b) { return m_weights[a] > m_weights[b]; });
    for (const std::size_t i : order)
        m_table->appendRow({cell(qulonglong(m_first + i), QLocale().toString(qulonglong(m_first + i))),
                            cell(m_tokens[i], m_names[i]), cell(m_weights[i], percent(m_weights[i]))});
}

void AttentionLens::showCosts()
{
    const QLocale locale;
    const AttentionPicture &p = *m_picture;
    QString text =
        tr("Kept of each token: %1 bytes. An ordinary cache of keys and values takes %2, %3 times as "
           "much.")
            .arg(locale.toString(qulonglong(p.savedBytesPerToken)),
                 locale.toString(qulonglong(p.ordinaryBytesPerToken)),
                 locale.toString(double(p.ordinaryBytesPerToken) /
                                     double(std::max<std::size_t>(p.savedBytesPerToken, 1)),
                                 'f', 1));
    const auto kept = qulonglong(p.derivedKept), all = qulonglong(p.tokens.size());
    const QString bytes = locale.toString(qulonglong(p.derivedBytesPerToken));
    if (kept == all)
        text +=
            tr(" For speed the keys and values made from them are in memory, too: %1 bytes each.").arg(bytes);
    else if (p.derivedBytesPerToken > 0)
        text +=
            tr(" For speed the keys and values of the newest %1 of %2 tokens are in memory, %3 bytes each; "
               "the rest is made again when it is met.")
                .arg(locale.toString(kept), locale.toString(all), bytes);
    if (!p.latents.empty())
        text += tr(" This is what is kept of the last %1:")
                    .arg(locale.toString(qulonglong(std::min(p.tokens.size() - 1, kMostLatents))));
    m_costs->setText(text);
}

void AttentionLens::showLatents()
{
    const auto width = std::size_t(m_picture->latentWidth);
    m_latents->setVisible(!m_picture->latents.empty());
    if (m_picture->latents.empty())
        return;
    const std::size_t rows = m_picture->latents.size() / width, shown = std::min(rows, kMostLatents);
    HeatGrid::Values values{.rows = int(width), .columns = int(shown)};
    values.cells.resize(width * shown);
    values.high = 0;
    for (std::size_t token = 0; token < shown; ++token) {
        for (std::size_t i = 0; i < width; ++i) {
            const double size = std::abs(double(m_picture->latents[(rows - shown + token) * width + i]));
            values.cells[i * shown + token] = size;
            values.high = std::max(values.high, size);
        }
    }
    values.rowName = tr("numbers");
    values.columnName = tr("Tokens");
    values.unit = tr("size of a kept number");
    values.describe = [picture = m_picture, rows, shown, width](int row, int column) {
        const std::size_t token = rows - shown + std::size_t(column);
        return tr("Token %1, number %2: %3")
            .arg(qulonglong(token))
            .arg(row)
            .arg(QLocale().toString(double(picture->latents[token * width + std::size_t(row)]), 'g', 4));
    };
    m_latents->setValues(std::move(values));
    m_latents->setFixedHeight(m_latents->minimumSizeHint().height()); // the table takes the room
}

void AttentionLens::tell(int token)
{
    if (token < 0 || token >= int(m_weights.size()))
        return;
    const auto i = std::size_t(token);
    const QString words =
        tr("Token %1, %2: %3 of the attention")
            .arg(QLocale().toString(qulonglong(m_first + i)), m_names[i], percent(m_weights[i]));
    m_number->setText(words);
    m_text->setAccessibleDescription(words);
}

QString AttentionLens::asCsv() const
{
    QString csv = QStringLiteral("position,token,weight\n");
    for (std::size_t i = 0; i < m_weights.size(); ++i)
        csv += QString::number(m_first + i) + u',' + quotedForCsv(m_tokens[i]) + u',' +
               QString::number(m_weights[i], 'g', kWeightDigits) + u'\n';
    return csv;
}

} // namespace volary::ui
