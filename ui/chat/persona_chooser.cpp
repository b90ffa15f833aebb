#include "ui/chat/persona_chooser.h"

#include "ui/chat/persona_dialog.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QToolButton>

namespace volary::ui {

namespace {
constexpr int kBoxWidth = 260;
}

PersonaChooser::PersonaChooser(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes), m_box(new QComboBox), m_new(new QToolButton)
{
    auto *caption = new QLabel(tr("Begin with"));
    caption->setProperty("role", "muted");
    caption->setBuddy(m_box);
    m_box->setObjectName(QStringLiteral("personas.box"));
    m_box->setAccessibleName(tr("Persona to begin with"));
    m_box->setToolTip(tr("A chat can begin with a named snapshot: what that has read is not read again."));
    m_box->setFixedWidth(kBoxWidth);
    m_new->setObjectName(QStringLiteral("personas.new"));
    m_new->setIcon(themes.icon(QStringLiteral("plus")));
    m_new->setText(tr("New persona …"));
    m_new->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_new->setProperty("kind", "quiet");
    m_new->setToolTip(tr("Store a character or a briefing that chats can begin with"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(themes.theme().space);
    row->addWidget(caption);
    row->addWidget(m_box);
    row->addWidget(m_new);
    setFocusProxy(m_box);
    m_box->addItem(tr("The model as it is"), QVariant::fromValue<qlonglong>(0));

    connect(m_box, &QComboBox::activated, this, [this](int index) {
        m_chosen = m_box->itemData(index).toLongLong();
        emit changed(m_chosen);
    });
    connect(m_new, &QToolButton::clicked, this, &PersonaChooser::newRequested);
    connect(&m_bridge, &EngineBridge::beginningList, this, &PersonaChooser::onListed);
    connect(&m_bridge, &EngineBridge::modelOpened, this, &PersonaChooser::refresh);
    connect(&m_bridge, &EngineBridge::modelClosed, this, &PersonaChooser::refresh);
    connect(&m_bridge, &EngineBridge::snapshotChanged, this, &PersonaChooser::refresh);
    connect(&m_bridge, &EngineBridge::snapshotDisposed, this, &PersonaChooser::refresh);
    connect(&m_bridge, &EngineBridge::snapshotImported, this, &PersonaChooser::refresh);
}

void PersonaChooser::refresh()
{
    m_listRequest = m_bridge.post(command::ListBeginnings{});
}

void PersonaChooser::onListed(RequestId request, const event::BeginningList &list)
{
    if (request != m_listRequest)
        return;
    {
        const QSignalBlocker quiet(m_box);
        while (m_box->count() > 1)
            m_box->removeItem(1);
        for (const SnapshotSummary &persona : *list.snapshots) {
            const QString read = persona.tokens == 0
                                     ? tr("a tuned state")
                                     : tr("%1 tokens").arg(QLocale().toString(qlonglong(persona.tokens)));
            const QString name = QString::fromStdString(persona.name).simplified();
            m_box->addItem(QStringLiteral("%1  ·  %2").arg(name, read),
                           QVariant::fromValue<qlonglong>(persona.id));
            m_box->setItemData(m_box->count() - 1, name, Qt::ToolTipRole);
        }
    }
    if (m_bridge.model() && m_box->findData(QVariant::fromValue<qlonglong>(m_chosen)) < 0) {
        choose(0); // it was deleted, or is another model's
        emit changed(0);
    } else {
        choose(m_chosen);
    }
}

void PersonaChooser::choose(SnapshotId persona)
{
    m_chosen = persona;
    const QSignalBlocker quiet(m_box);
    m_box->setCurrentIndex(std::max(0, m_box->findData(QVariant::fromValue<qlonglong>(persona))));
}

QString PersonaChooser::nameOf(SnapshotId persona) const
{
    const int row = persona == 0 ? -1 : m_box->findData(QVariant::fromValue<qlonglong>(persona));
    return row < 0 ? QString() : m_box->itemData(row, Qt::ToolTipRole).toString();
}

void PersonaChooser::makePersona(const std::string &chatFormat)
{
    auto *dialog = new PersonaDialog(m_bridge, m_themes, chatFormat, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PersonaDialog::made, this, [this](SnapshotId persona) {
        m_chosen = persona; // shown as soon as it is listed
        refresh();
        emit changed(persona);
    });
    dialog->open();
}

} // namespace volary::ui
