#include "ui/tokens/next_token_view.h"

#include "ui/tokens/source_box.h"
#include "ui/widgets/progress_row.h"
#include "ui/widgets/token_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kUnfold = 2; // levels
constexpr int kCsvDigits = 9;
constexpr double kBarOpacity = 0.35;
constexpr int kTokenWidth = 300, kBarWidth = 320;
} // namespace

ProbabilityDelegate::ProbabilityDelegate(const ThemeManager &themes, QObject *parent)
    : QStyledItemDelegate(parent), m_themes(themes)
{}

void ProbabilityDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                                const QModelIndex &index) const
{
    const Theme &theme = m_themes.theme();
    const QVariant share = index.data(NextTokenView::ProbabilityRole);
    painter->save();
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, theme.accentSoft);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    const QRectF place = QRectF(option.rect).adjusted(2, 3, -8, -3);
    painter->setBrush(theme.code);
    painter->drawRoundedRect(place, 4, 4);
    QColor fill = theme.accent;
    fill.setAlphaF(float(kBarOpacity));
    painter->setBrush(fill);
    painter->drawRoundedRect(
        QRectF(place.topLeft(), QSizeF(std::max(3.0, place.width() * share.toDouble()), place.height())), 4,
        4);
    painter->setPen(theme.text);
    painter->setFont(m_themes.font(0.92));
    painter->drawText(place.adjusted(8, 0, -8, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      index.data(Qt::DisplayRole).toString());
    painter->restore();
}

NextTokenView::NextTokenView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes),
      m_source(new SourceBox(themes, tr("Once upon a time there was a little"))),
      m_look(new QPushButton(tr("&Look ahead"))), m_progress(new ProgressRow(themes, tr("Reading the text"))),
      m_note(new QLabel), m_tree(new QTreeView), m_path(new QLabel), m_copyText(new QToolButton),
      m_copyCsv(new QToolButton)
{
    layOut();
    connect(m_look, &QPushButton::clicked, this, &NextTokenView::lookAhead);
    connect(m_source, &SourceBox::changed, this, [this] { m_look->setEnabled(!m_source->isEmpty()); });
    connect(m_progress, &ProgressRow::cancelRequested, this, [this] {
        m_progress->setCancelling();
        m_bridge.cancel(m_request);
    });
    connect(m_tree, &QTreeView::expanded, this, &NextTokenView::open);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &current) { showCurrent(current); });
    connect(m_copyText, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(QString::fromStdString(m_asked.text) +
                                              textOf(m_tree->currentIndex()));
    });
    connect(m_copyCsv, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(asCsv()); });
    listenToEngine();
    clear();
}

void NextTokenView::layOut()
{
    const int space = m_themes.theme().space;
    m_look->setProperty("kind", "primary");
    m_look->setObjectName(QStringLiteral("next.look"));
    m_progress->hide();
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_rows.setColumnCount(ColumnCount);
    m_rows.setHorizontalHeaderLabels({tr("Next token"), tr("Probability"), tr("Of the whole path")});
    m_tree->setObjectName(QStringLiteral("next.tree"));
    m_tree->setAccessibleName(tr("What may come next"));
    m_tree->setModel(&m_rows);
    m_tree->setItemDelegateForColumn(Probability, new ProbabilityDelegate(m_themes, this));
    m_tree->setUniformRowHeights(true);
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setExpandsOnDoubleClick(true);
    m_tree->header()->setStretchLastSection(true);
    m_tree->header()->setHighlightSections(false);
    m_tree->setColumnWidth(Token, kTokenWidth);
    m_tree->setColumnWidth(Probability, kBarWidth);
    m_path->setObjectName(QStringLiteral("next.path"));
    m_path->setTextFormat(Qt::PlainText);
    m_path->setWordWrap(true);
    const auto quiet = [this](QToolButton *button, const QString &text, const char *name) {
        button->setText(text);
        button->setObjectName(QLatin1String(name));
        button->setIcon(m_themes.icon(QStringLiteral("copy")));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setProperty("kind", "quiet");
    };
    quiet(m_copyText, tr("Copy the text"), "next.copyText");
    quiet(m_copyCsv, tr("Copy as CSV"), "next.copyCsv");

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space);
    buttons->addWidget(m_look);
    buttons->addWidget(m_note, 1);
    auto *below = new QHBoxLayout;
    below->addWidget(m_path, 1);
    below->addWidget(m_copyText);
    below->addWidget(m_copyCsv);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, space, 0, 0);
    column->setSpacing(space);
    column->addWidget(m_source);
    column->addLayout(buttons);
    column->addWidget(m_progress);
    column->addWidget(m_tree, 1);
    column->addLayout(below);
}

void NextTokenView::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::tokenProgress, this,
            [this](RequestId request, const event::TokenProgress &progress) {
                if (request == m_request)
                    m_progress->setProgress(double(progress.done) / double(progress.total), {});
            });
    connect(&m_bridge, &EngineBridge::nextPredicted, this,
            [this](RequestId request, const event::NextPredicted &predicted) {
                if (request != m_request)
                    return;
                const QModelIndex parent = m_waiting;
                end();
                fill(parent, predicted);
            });
    connect(&m_bridge, &EngineBridge::commandFailed, this, [this](RequestId request) {
        if (request != m_request)
            return;
        if (QStandardItem *row = m_rows.itemFromIndex(m_waiting)) { // it can be asked again
            row->setData(false, AskedRole);
            m_tree->collapse(m_waiting);
        }
        end(); // the window says why
    });
    // Another model would grow other branches.
    connect(&m_bridge, &EngineBridge::modelOpened, this, &NextTokenView::clear);
    connect(&m_bridge, &EngineBridge::modelClosed, this, &NextTokenView::clear);
}

void NextTokenView::clear()
{
    m_request = 0;
    m_rows.removeRows(0, m_rows.rowCount());
    m_note->setText(tr("Shows what the model thinks may come next, before temperature and the other settings "
                       "of sampling. Open a token to see what may follow it."));
    end();
    showCurrent({});
}

void NextTokenView::end()
{
    m_request = 0;
    m_waiting = QPersistentModelIndex();
    m_progress->hide();
    m_look->setEnabled(!m_source->isEmpty());
    m_tree->setEnabled(true);
}

void NextTokenView::lookAhead()
{
    if (m_request != 0 || m_source->isEmpty() || !m_bridge.model())
        return;
    clear();
    m_vocabulary = m_bridge.model()->vocabulary;
    m_asked = m_source->source();
    m_unfold = kUnfold;
    m_request = m_bridge.post(command::PredictNext{.source = m_asked, .path = {}});
    m_progress->setTask(tr("Reading the text"));
    m_progress->setProgress(-1, {});
    m_progress->show();
    m_look->setEnabled(false);
}

void NextTokenView::open(const QModelIndex &index)
{
    QStandardItem *row = m_rows.itemFromIndex(index);
    if (!row || row->data(AskedRole).toBool())
        return;
    if (m_request != 0) { // one question at a time
        m_tree->collapse(index);
        return;
    }
    row->setData(true, AskedRole);
    m_waiting = index;
    m_request = m_bridge.post(command::PredictNext{.source = m_asked, .path = pathTo(index)});
}

void NextTokenView::fill(const QModelIndex &parent, const event::NextPredicted &predicted)
{
    QStandardItem *above = parent.isValid() ? m_rows.itemFromIndex(parent) : m_rows.invisibleRootItem();
    const double before = parent.isValid() ? above->data(JointRole).toDouble() : 1;
    above->removeRows(0, above->rowCount()); // what stood for the answer
    for (const TokenProbability &next : predicted.next) {
        const double joint = before * double(next.probability);
        auto *token = new QStandardItem(visibleToken(m_vocabulary->bytes(next.token)));
        token->setFont(m_themes.fixedFont(0.95));
        token->setData(next.token, IdRole);
        token->setData(joint, JointRole);
        token->setToolTip(tr("Token %1").arg(next.token));
        auto *share = new QStandardItem(probabilityText(double(next.probability)));
        share->setData(next.probability, ProbabilityRole);
        auto *path = new QStandardItem(probabilityText(joint));
        above->appendRow({token, share, path});
        token->appendRow(new QStandardItem(tr("…"))); // so that it can be opened
    }
    if (!parent.isValid())
        m_tree->setCurrentIndex(m_rows.index(0, 0));
    if (m_unfold > 0 && above->rowCount() > 0) {
        --m_unfold;
        m_tree->setCurrentIndex(above->child(0)->index());
        if (m_unfold > 0)
            m_tree->expand(above->child(0)->index());
    }
}

std::vector<TokenId> NextTokenView::pathTo(QModelIndex index) const
{
    std::vector<TokenId> path;
    for (index = index.siblingAtColumn(Token); index.isValid(); index = index.parent())
        path.push_back(TokenId(index.data(IdRole).toInt()));
    std::ranges::reverse(path);
    return path;
}

QString NextTokenView::textOf(const QModelIndex &index) const
{
    return m_vocabulary ? QString::fromStdString(m_vocabulary->decode(pathTo(index))) : QString();
}

void NextTokenView::showCurrent(const QModelIndex &index)
{
    const QModelIndex token = index.siblingAtColumn(Token);
    const bool known = token.data(IdRole).isValid();
    m_copyText->setEnabled(known);
    m_copyCsv->setEnabled(m_rows.rowCount() > 0);
    if (!known) {
        m_path->clear();
        return;
    }
    QString text = textOf(token);
    m_path->setText(tr("“…%1” has the probability %2.")
                        .arg(text.replace(u'\n', u'↵'), probabilityText(token.data(JointRole).toDouble())));
}

QString NextTokenView::asCsv() const
{
    QString csv = QStringLiteral("depth,path,id,probability,joint\n");
    writeRows(csv, {}, 1);
    return csv;
}

void NextTokenView::writeRows(QString &csv, const QModelIndex &parent, int depth) const
{
    for (int row = 0; row < m_rows.rowCount(parent); ++row) {
        const QModelIndex token = m_rows.index(row, Token, parent);
        if (!token.data(IdRole).isValid())
            continue;
        QString text = textOf(token);
        csv += QStringLiteral("%1,").arg(depth) + quotedForCsv(text.replace(u'\n', u'↵')) +
               QStringLiteral(",%1,%2,%3\n")
                   .arg(token.data(IdRole).toInt())
                   .arg(QString::number(token.siblingAtColumn(Probability).data(ProbabilityRole).toDouble(),
                                        'g', kCsvDigits),
                        QString::number(token.data(JointRole).toDouble(), 'g', kCsvDigits));
        writeRows(csv, token, depth + 1);
    }
}

} // namespace volary::ui
