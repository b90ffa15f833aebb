// Personas on the start page: what is listed, what a chat is begun with, and how one is made.
#include "fake_engine.h"
#include "ui/chat/chat_workspace.h"
#include "ui/chat/composer.h"
#include "ui/chat/persona_chooser.h"
#include "ui/chat/persona_dialog.h"
#include "ui/widgets/error_card.h"
#include "ui/widgets/path_field.h"

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include <memory>

using namespace volary;
using namespace volary::ui;

namespace {

SnapshotSummary persona(SnapshotId id, const char *name, std::int64_t tokens)
{
    SnapshotSummary made;
    made.id = id;
    made.name = name;
    made.tokens = tokens;
    return made;
}

} // namespace

class TestPersonaPage : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_listed = {persona(3, "Pirate", 0), persona(5, "Teacher", 1200)};
        m_chat.reset();
        m_engine = std::make_unique<FakeEngine>();
        m_engine->on<command::ListBeginnings>([this](RequestId id, const command::ListBeginnings &) {
            m_engine->send(
                id, event::BeginningList{std::make_shared<const std::vector<SnapshotSummary>>(m_listed)});
        });
        m_chat = std::make_unique<ChatWorkspace>(m_engine->bridge(), m_themes);
        m_chat->resize(1000, 800);
        m_chat->show();
        m_engine->send(0, event::ModelOpened{sampleModel(), 1});
        settle();
    }
    void cleanup()
    {
        for (QDockWidget *dock : m_chat->docks()) // else the main window's
            delete dock;
        m_chat.reset();
    }

    void chatIsCreatedAndSentWithTheChosenPersona()
    {
        QCOMPARE(texts(),
                 (QStringList{"The model as it is", "Pirate  ·  a tuned state", "Teacher  ·  1,200 tokens"}));
        choose(2);
        m_chat->composer().setText("Hello");
        trigger("chat.send");
        const auto *created = m_engine->last<command::CreateConversation>();
        QVERIFY(created);
        QCOMPARE(created->settings.beginning, SnapshotId(5));

        open(*created);
        const auto *sent = m_engine->last<command::SendMessage>();
        QVERIFY(sent);
        QCOMPARE(sent->settings.beginning, SnapshotId(5));

        Turn user;
        user.id = 1;
        user.conversation = 1;
        user.text = "Hello";
        user.position = 1210;
        Turn reply;
        reply.conversation = 1;
        reply.parent = 1;
        reply.role = Role::Assistant;
        m_engine->send(m_engine->lastRequest(), event::TurnStarted{1, user, reply, 1200, 10, 100});
        settle();
        reply.id = 2;
        m_engine->send(m_engine->lastRequest(), event::TurnFinished{1, reply, FinishReason::Stop});
        settle();
        QVERIFY2(shows("begun with “Teacher”"), "the header says what the chat began with");

        trigger("chat.new"); // the next one begins plainly again
        QCOMPARE(box()->currentIndex(), 0);
    }

    void deletedPersonaIsNoLongerChosen()
    {
        choose(1);
        m_listed.erase(m_listed.begin());
        m_engine->send(0, event::SnapshotDisposed{3, command::Disposal::Trash});
        settle();
        QCOMPARE(box()->currentIndex(), 0);
        m_chat->composer().setText("Hello");
        trigger("chat.send");
        QCOMPARE(m_engine->last<command::CreateConversation>()->settings.beginning, SnapshotId(0));
    }

    void newPersonaIsMadeListedAndChosen()
    {
        PersonaDialog *dialog = openDialog();
        QVERIFY(dialog);
        auto *make = dialog->findChild<QPushButton *>("personas.make");
        QVERIFY(!make->isEnabled());
        dialog->findChild<QLineEdit *>("personas.name")->setText(" A  judge ");
        QVERIFY(!make->isEnabled()); // has read nothing
        auto *text = dialog->findChild<QPlainTextEdit *>("personas.text");
        text->setPlainText("You are a judge.");
        QVERIFY(make->isEnabled());

        make->click();
        const auto *asked = m_engine->last<command::MakePersona>();
        QVERIFY(asked);
        QCOMPARE(asked->name, std::string("A judge"));
        QCOMPARE(asked->text, std::string("You are a judge."));
        QVERIFY(!make->isEnabled());
        QVERIFY(!text->isEnabled());
        m_listed.push_back(persona(9, "A judge", 5));
        m_engine->send(m_engine->lastRequest(), event::PersonaMade{persona(9, "A judge", 5)});
        settle();
        QVERIFY(!dialogOnShow());
        QCOMPARE(box()->currentData().toLongLong(), 9);
        m_chat->composer().setText("Hello");
        trigger("chat.send");
        QCOMPARE(m_engine->last<command::CreateConversation>()->settings.beginning, SnapshotId(9));
    }

    void tunedStateAloneIsEnough()
    {
        PersonaDialog *dialog = openDialog();
        dialog->findChild<QLineEdit *>("personas.name")->setText("Pirate");
        dialog->findChild<PathField *>()->setPath("/states/pirate.pth");
        auto *make = dialog->findChild<QPushButton *>("personas.make");
        QVERIFY(make->isEnabled());
        make->click();
        QCOMPARE(m_engine->last<command::MakePersona>()->initialState,
                 std::filesystem::path("/states/pirate.pth"));
    }

    void failureIsShownAndClosingCancels()
    {
        PersonaDialog *dialog = openDialog();
        dialog->findChild<QLineEdit *>("personas.name")->setText("Judge");
        auto *text = dialog->findChild<QPlainTextEdit *>("personas.text");
        text->setPlainText("You are a judge.");
        auto *make = dialog->findChild<QPushButton *>("personas.make");
        make->click();
        m_engine->send(m_engine->lastRequest(),
                       event::CommandFailed{"Making the persona",
                                            Error{ErrorCode::Io, "The disk is full.", "Free some space."}});
        settle();
        QVERIFY(dialog->findChild<ErrorCard *>()->isVisible());
        QCOMPARE(text->toPlainText(), QString("You are a judge."));
        QVERIFY(make->isEnabled());

        make->click();
        const RequestId running = m_engine->lastRequest();
        dialog->reject();
        QCOMPARE(m_engine->cancelled, std::vector<RequestId>{running});
    }

private:
    void settle() { m_engine->settle(), m_engine->settle(); } // what is answered to answers, too
    QComboBox *box() const { return m_chat->findChild<QComboBox *>("personas.box"); }
    QStringList texts() const
    {
        QStringList all;
        for (int row = 0; row < box()->count(); ++row)
            all += box()->itemText(row);
        return all;
    }
    void choose(int row)
    {
        box()->setCurrentIndex(row);
        emit box()->activated(row);
    }
    void trigger(const QString &id)
    {
        for (QAction *action : m_chat->commands())
            if (action && action->objectName() == id)
                action->trigger();
        settle();
    }
    void open(const command::CreateConversation &created)
    {
        Conversation conversation;
        conversation.id = 1;
        conversation.settingsJson = created.settings.toJson();
        m_engine->send(m_engine->lastRequest(),
                       event::ConversationOpened{conversation, std::make_shared<const std::vector<Turn>>()});
        settle();
    }
    bool shows(const QString &text) const
    {
        for (const QLabel *label : m_chat->findChildren<QLabel *>())
            if (label->isVisible() && label->text().contains(text))
                return true;
        return false;
    }
    PersonaDialog *dialogOnShow() const
    {
        auto *dialog = m_chat->window()->findChild<PersonaDialog *>();
        return dialog && dialog->isVisible() ? dialog : nullptr;
    }
    PersonaDialog *openDialog()
    {
        m_chat->findChild<QToolButton *>("personas.new")->click();
        return dialogOnShow();
    }

    ThemeManager m_themes;
    std::unique_ptr<FakeEngine> m_engine;
    std::unique_ptr<ChatWorkspace> m_chat;
    std::vector<SnapshotSummary> m_listed;
};

QTEST_MAIN(TestPersonaPage)
#include "tst_persona_page.moc"
