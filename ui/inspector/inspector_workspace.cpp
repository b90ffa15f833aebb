#include "ui/inspector/inspector_workspace.h"

#include "ui/inspector/attention_lens.h"
#include "ui/inspector/head_panel.h"
#include "ui/inspector/state_wall.h"
#include "ui/widgets/empty_state.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kPanelWidth = 280;
constexpr int kKeptImages = 8; // a state of a large model has some 10 MB
} // namespace

InspectorWorkspace::InspectorWorkspace(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : Workspace(parent), m_bridge(bridge), m_themes(themes), m_stack(new QStackedWidget), m_title(new QLabel),
      m_label(new QLabel), m_tabs(new QTabWidget), m_lens(new AttentionLens(bridge, themes)),
      m_wall(new StateWall(themes)), m_panel(new HeadPanel(themes)), m_slider(new QSlider(Qt::Horizontal))
{
    layOut();
    listenToEngine();
    followModel();
}

void InspectorWorkspace::layOut()
{
    const int space = m_themes.theme().space;
    m_title->setProperty("role", "title");
    m_title->setTextFormat(Qt::PlainText);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setProperty("role", "muted");
    m_label->setObjectName(QStringLiteral("inspector.label"));
    auto *legend =
        new QLabel(tr("Each square is the memory of one head: layers from left to right, then in the next "
                      "row; the heads of a layer from top to bottom. Orange is above zero, blue below."));
    legend->setWordWrap(true);
    legend->setProperty("role", "caption");
    auto *oneScale = new QCheckBox(tr("One scale for all heads"));
    oneScale->setToolTip(tr("Else each head is shown by its own largest number."));
    connect(oneScale, &QCheckBox::toggled, m_wall, &StateWall::setOneScale);
    m_wall->setObjectName(QStringLiteral("inspector.wall"));
    connect(m_wall, &StateWall::currentChanged, this, [this] { m_panel->setHead(m_wall->current()); });
    m_panel->setFixedWidth(kPanelWidth);
    m_slider->setObjectName(QStringLiteral("inspector.slider"));
    m_slider->setAccessibleName(tr("Turn of the conversation"));
    m_slider->setPageStep(1);
    m_slider->setTickPosition(QSlider::TicksBelow);
    connect(m_slider, &QSlider::valueChanged, this, &InspectorWorkspace::goTo);

    auto *left = new QVBoxLayout;
    left->setSpacing(space);
    left->addWidget(m_wall, 1);
    left->addWidget(legend);
    left->addWidget(oneScale);
    auto *memory = new QWidget;
    auto *row = new QHBoxLayout(memory);
    row->setContentsMargins(0, space, 0, 0);
    row->setSpacing(3 * space);
    row->addLayout(left, 1);
    row->addWidget(m_panel);
    m_tabs->setObjectName(QStringLiteral("inspector.tabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(memory, tr("Memory"));
    m_tabs->addTab(m_lens, tr("Attention"));
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        if (isVisible())
            goTo(m_slider->value());
    });
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(3 * space, 3 * space, 3 * space, 2 * space);
    column->setSpacing(2 * space);
    column->addWidget(m_title);
    column->addWidget(m_tabs, 1);
    column->addWidget(m_label);
    column->addWidget(m_slider);

    m_stack->addWidget(new EmptyState(
        m_themes, iconName(), tr("See what a model remembers"),
        tr("Say something in a chat, and come back: here is the state of the model after every turn, and "
           "while it writes. It is all that it knows of the conversation."),
        nullptr));
    m_stack->addWidget(page);
    setProperty("ground", "window");
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
}

QWidget *InspectorWorkspace::focusTarget()
{
    return m_wall;
}

void InspectorWorkspace::listenToEngine()
{
    connect(&m_bridge, &EngineBridge::snapshotInspected, this,
            [this](RequestId, const event::SnapshotInspected &inspected) {
                const auto stop = std::ranges::find(m_stops, inspected.snapshot, &Stop::snapshot);
                if (stop == m_stops.end())
                    return;
                m_images.insert(inspected.snapshot, inspected.image);
                m_newest.removeAll(inspected.snapshot);
                m_newest.append(inspected.snapshot);
                while (m_newest.size() > kKeptImages)
                    m_images.remove(m_newest.takeFirst());
                if (inspected.snapshot == m_awaited && !m_live)
                    showImage(*inspected.image, stop->label);
            });
    connect(&m_bridge, &EngineBridge::stateObserved, this,
            [this](RequestId, const event::StateObserved &observed) {
                if (observed.conversation != m_conversation || !isVisible())
                    return;
                m_live = true;
                showImage(*observed.image, tr("Being written"));
            });
    connect(&m_bridge, &EngineBridge::modelOpened, this, &InspectorWorkspace::followModel);
    connect(&m_bridge, &EngineBridge::modelClosed, this, &InspectorWorkspace::followModel);
    connect(&m_bridge, &EngineBridge::turnFinished, this, [this] { m_live = false; });
    connect(&m_bridge, &EngineBridge::generationFailed, this, [this] { m_live = false; });
}

void InspectorWorkspace::setPath(ConversationId conversation, const QString &title, std::vector<Stop> stops)
{
    if (conversation != m_conversation) {
        m_images.clear();
        m_newest.clear();
        m_live = false;
    }
    m_conversation = conversation;
    m_stops = std::move(stops);
    m_title->setText(title.isEmpty() ? tr("The state") : title);
    m_stack->setCurrentIndex(m_stops.empty() ? 0 : 1);
    if (m_stops.empty())
        return;
    const QSignalBlocker quiet(m_slider);
    m_slider->setRange(0, int(m_stops.size()) - 1);
    m_slider->setValue(int(m_stops.size()) - 1);
    if (isVisible())
        goTo(m_slider->value());
}

void InspectorWorkspace::goTo(int stop)
{
    if (stop < 0 || stop >= int(m_stops.size()))
        return;
    const Stop &wanted = m_stops[std::size_t(stop)];
    m_awaited = wanted.snapshot;
    m_live = false;
    if (m_tabs->currentWidget() == m_lens)
        m_lens->showSnapshot(wanted.snapshot);
    if (const auto image = m_images.value(wanted.snapshot))
        showImage(*image, wanted.label);
    else
        m_bridge.post(command::InspectSnapshot{wanted.snapshot});
}

void InspectorWorkspace::followModel()
{
    const bool served = AttentionLens::serves(m_bridge.model().get());
    m_tabs->setTabVisible(m_tabs->indexOf(m_lens), served);
    m_tabs->tabBar()->setVisible(served);
}

void InspectorWorkspace::showImage(const SnapshotImage &image, const QString &label)
{
    m_label->setText(tr("%1 · after %2 tokens").arg(label, QLocale().toString(qint64(image.tokens.size()))));
    m_wall->setHeads(headMatrices(image.state));
}

void InspectorWorkspace::showEvent(QShowEvent *event)
{
    Workspace::showEvent(event);
    m_bridge.post(command::WatchState{true});
    goTo(m_slider->value());
}

void InspectorWorkspace::hideEvent(QHideEvent *event)
{
    Workspace::hideEvent(event);
    m_bridge.post(command::WatchState{false});
    m_lens->stop();
}

} // namespace volary::ui
