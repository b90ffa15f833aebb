#include "ui/chat/transcript_view.h"

#include <QKeyEvent>
#include <QScrollBar>

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace volary::ui {

namespace {

constexpr int kTopMargin = 16;
constexpr int kOverscan = 400; // pixels above and below the viewport that are ready for scrolling
constexpr int kEndTolerance = 24;
constexpr int kMaxPasses = 4; // measured heights may bring others into sight

} // namespace

TranscriptView::TranscriptView(const ThemeManager &themes, const ConversationModel &model, QWidget *parent)
    : QAbstractScrollArea(parent), m_themes(themes), m_model(model)
{
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Transcript"));
    setAccessibleDescription(tr("Up and down select a turn; its actions are in the menu."));
    setProperty("pane", true);
    viewport()->setProperty("ground", "surface");
    viewport()->setAttribute(Qt::WA_StyledBackground);
    verticalScrollBar()->setSingleStep(24);
    connect(&themes, &ThemeManager::changed, this, &TranscriptView::reload);
}

TranscriptView::~TranscriptView() = default;

int TranscriptView::estimate(const Turn &turn) const
{
    const int lineHeight = int(1.5 * m_themes.font().pointSizeF() * 1.4);
    const auto lines =
        int(turn.text.size() / 80) + int(std::count(turn.text.begin(), turn.text.end(), '\n')) + 1;
    return 60 + lines * std::max(18, lineHeight);
}

TurnView *TranscriptView::makeView(const Turn &turn)
{
    auto *view = new TurnView(m_themes, turn, viewport());
    const auto versions = m_model.versions(turn.id);
    view->setVersions(int(std::ranges::find(versions, turn.id) - versions.begin()) + 1, int(versions.size()));
    view->setRunning(turn.id == ConversationModel::kRunning);
    view->setSelected(turn.id == m_selected);
    if (!m_words.isEmpty())
        view->highlight(m_words);
    connect(view, &TurnView::copyRequested, this, &TranscriptView::copyRequested);
    connect(view, &TurnView::editRequested, this, &TranscriptView::editRequested);
    connect(view, &TurnView::regenerateRequested, this, &TranscriptView::regenerateRequested);
    connect(view, &TurnView::continueRequested, this, &TranscriptView::continueRequested);
    connect(view, &TurnView::branchRequested, this, &TranscriptView::branchRequested);
    connect(view, &TurnView::versionRequested, this, &TranscriptView::versionRequested);
    connect(view, &TurnView::selected, this, &TranscriptView::select);
    connect(view, &TurnView::thoughtFolded, this, [this](TurnId changed) {
        if (Item *item = itemOf(changed)) {
            item->measured = false;
            layOut();
        }
    });
    return view;
}

void TranscriptView::reload()
{
    const bool end = m_following;
    // What was measured is the best guess; a reply that has just been finished is as high as when it was
    // running.
    std::unordered_map<TurnId, int> heights;
    for (Item &item : m_items) {
        heights[item.turn] = item.height;
        delete item.view;
    }
    const auto running = heights.find(ConversationModel::kRunning);
    m_items.clear();
    for (const TurnId id : m_model.path()) {
        const auto known = heights.find(id);
        const bool justFinished =
            known == heights.end() && id == m_model.path().back() && running != heights.end();
        m_items.push_back({id, known != heights.end() ? known->second
                               : justFinished         ? running->second
                                                      : estimate(*m_model.find(id))});
    }
    if (!itemOf(m_selected))
        m_selected = -1;
    updateScrollBar();
    if (end)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    layOut();
}

TranscriptView::Item *TranscriptView::itemOf(TurnId turn)
{
    const auto found = std::ranges::find(m_items, turn, &Item::turn);
    return found == m_items.end() ? nullptr : &*found;
}

void TranscriptView::appendText(const QString &text)
{
    Item *item = itemOf(ConversationModel::kRunning);
    if (!item)
        return;
    if (item->view)
        item->view->appendText(text);
    item->measured = false;
    if (!item->view)
        item->height = estimate(*m_model.find(item->turn));
    layOut();
}

void TranscriptView::refresh(TurnId turn)
{
    Item *item = itemOf(turn);
    if (!item || !item->view)
        return;
    item->view->setTurn(*m_model.find(turn));
    item->measured = false;
    layOut();
}

void TranscriptView::updateScrollBar()
{
    const int total = std::accumulate(m_items.begin(), m_items.end(), 2 * kTopMargin,
                                      [](int sum, const Item &item) { return sum + item.height; });
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, total - viewport()->height()));
}

// The first item that reaches into sight, and where its top is in viewport coordinates.
std::size_t TranscriptView::firstInSight(int &top) const
{
    top = kTopMargin - verticalScrollBar()->value();
    std::size_t first = 0;
    while (first < m_items.size() && top + m_items[first].height < -kOverscan)
        top += m_items[first++].height;
    return first;
}

void TranscriptView::layOut()
{
    if (m_layingOut || viewport()->width() < 50)
        return;
    m_layingOut = true;
    for (int pass = 0; pass < kMaxPasses; ++pass) {
        int y = 0;
        std::size_t i = firstInSight(y);
        for (std::size_t above = 0; above < i; ++above) {
            delete m_items[above].view;
            m_items[above].view = nullptr;
        }
        bool settled = true;
        for (; i < m_items.size() && y < viewport()->height() + kOverscan; ++i) {
            Item &item = m_items[i];
            if (!item.view) {
                item.view = makeView(*m_model.find(item.turn));
                item.view->show(); // before it is measured: fonts and styles settle only then
                item.measured = false;
            }
            if (!item.measured || item.view->width() != viewport()->width()) {
                const int height = item.view->layOut(viewport()->width());
                if (height != item.height) {
                    // What is above the top edge grows upwards, so that the text in sight stays where it is.
                    const int moved = y < 0 && !m_following ? height - item.height : 0;
                    item.height = height;
                    settled = false;
                    updateScrollBar();
                    if (moved != 0)
                        verticalScrollBar()->setValue(verticalScrollBar()->value() + moved);
                    y -= moved;
                }
                item.measured = true;
            }
            item.view->move(0, y);
            y += item.height;
        }
        for (; i < m_items.size(); ++i) {
            delete m_items[i].view;
            m_items[i].view = nullptr;
        }
        updateScrollBar();
        if (m_following && verticalScrollBar()->value() != verticalScrollBar()->maximum()) {
            verticalScrollBar()->setValue(verticalScrollBar()->maximum());
            settled = false;
        }
        if (settled)
            break;
    }
    m_layingOut = false;
}

bool TranscriptView::isAtEnd() const
{
    return verticalScrollBar()->value() >= verticalScrollBar()->maximum() - kEndTolerance;
}

void TranscriptView::setFollowing(bool following)
{
    if (m_following == following)
        return;
    m_following = following;
    emit atEndChanged(following);
}

void TranscriptView::scrollContentsBy(int, int)
{
    if (m_layingOut)
        return;
    setFollowing(isAtEnd());
    layOut();
}

void TranscriptView::resizeEvent(QResizeEvent *)
{
    for (Item &item : m_items)
        item.measured = false;
    updateScrollBar();
    layOut();
}

bool TranscriptView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::MouseButtonPress)
        setFocus();
    return QAbstractScrollArea::viewportEvent(event);
}

void TranscriptView::scrollTo(TurnId turn)
{
    int top = kTopMargin;
    for (const Item &item : m_items) {
        if (item.turn == turn)
            break;
        top += item.height;
    }
    setFollowing(false);
    verticalScrollBar()->setValue(std::max(0, top - 24));
    setFollowing(isAtEnd());
    layOut();
    // Estimates above may have been wrong: what matters is where the turn is now.
    if (const Item *item = itemOf(turn);
        item && item->view && (item->view->y() < 0 || item->view->y() > viewport()->height() / 2)) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() + item->view->y() - 24);
        layOut();
    }
}

void TranscriptView::scrollToEnd()
{
    setFollowing(true);
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    layOut();
}

void TranscriptView::select(TurnId turn)
{
    if (turn == m_selected)
        return;
    if (Item *before = itemOf(m_selected); before && before->view)
        before->view->setSelected(false);
    m_selected = turn;
    if (Item *now = itemOf(m_selected); now && now->view)
        now->view->setSelected(true);
    emit selectionChanged(turn);
}

void TranscriptView::keyPressEvent(QKeyEvent *event)
{
    const bool up = event->key() == Qt::Key_Up, down = event->key() == Qt::Key_Down;
    if ((!up && !down) || m_items.empty()) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const auto at = std::ranges::find(m_items, m_selected, &Item::turn);
    auto index = at == m_items.end() ? std::ptrdiff_t(m_items.size()) - (down ? 1 : 0) : at - m_items.begin();
    index = std::clamp<std::ptrdiff_t>(index + (down ? 1 : -1), 0, std::ptrdiff_t(m_items.size()) - 1);
    select(m_items[std::size_t(index)].turn);
    scrollTo(m_selected);
}

bool TranscriptView::find(const QString &words, bool forward)
{
    m_words = words;
    for (Item &item : m_items) {
        if (item.view)
            item.view->highlight(words);
    }
    if (words.isEmpty() || m_items.empty())
        return false;
    const auto count = std::ptrdiff_t(m_items.size());
    const auto at = std::ranges::find(m_items, m_selected, &Item::turn);
    const std::ptrdiff_t start = at == m_items.end() ? (forward ? -1 : count) : at - m_items.begin();
    for (std::ptrdiff_t step = 1; step <= count; ++step) {
        const std::ptrdiff_t index = ((start + (forward ? step : -step)) % count + count) % count;
        const Turn *turn = m_model.find(m_items[std::size_t(index)].turn);
        if (QString::fromStdString(turn->text).contains(words, Qt::CaseInsensitive)) {
            select(turn->id);
            scrollTo(turn->id);
            return true;
        }
    }
    return false;
}

int TranscriptView::aliveViews() const
{
    return int(std::ranges::count_if(m_items, [](const Item &item) { return item.view != nullptr; }));
}

} // namespace volary::ui
