#include "ui/documents/question_panel.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

QLabel *wrapped(const QString &text)
{
    auto *label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText); // a model's text is never markup
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

QuestionPanel::QuestionPanel(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_field(new QLineEdit), m_button(new QPushButton), m_why(new QLabel),
      m_scroll(new QScrollArea), m_cards(new QVBoxLayout)
{
    const int space = themes.theme().space;
    m_field->setObjectName(QStringLiteral("documents.question"));
    m_field->setAccessibleName(tr("Question"));
    m_field->setPlaceholderText(tr("Ask about the document"));
    m_button->setProperty("kind", "primary");
    m_why->setProperty("role", "caption");
    m_why->setWordWrap(true);
    connect(m_field, &QLineEdit::returnPressed, this, &QuestionPanel::send);
    connect(m_field, &QLineEdit::textChanged, this, [this] { setRunning(m_running); });
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_running)
            emit stopRequested();
        else
            send();
    });

    auto *cards = new QWidget;
    m_cards->setContentsMargins(0, 0, space, 0);
    m_cards->setSpacing(space + space / 2);
    m_cards->addStretch(1);
    cards->setLayout(m_cards);
    m_scroll->setWidget(cards);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setAccessibleName(tr("Questions and answers"));
    cards->setAutoFillBackground(false);
    m_scroll->viewport()->setAutoFillBackground(false);

    auto *row = new QHBoxLayout;
    row->addWidget(m_field, 1);
    row->addWidget(m_button);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, space, 0, 0);
    layout->setSpacing(space);
    layout->addLayout(row);
    layout->addWidget(m_why);
    layout->addWidget(m_scroll, 1);
    setReady(false, {});
}

QWidget *QuestionPanel::focusTarget() const
{
    return m_field;
}

void QuestionPanel::setQuestion(const QString &question)
{
    m_field->setText(question);
}

void QuestionPanel::setReady(bool ready, const QString &why, int documents)
{
    m_ready = ready;
    m_why->setText(why);
    m_why->setVisible(!why.isEmpty());
    m_field->setPlaceholderText(documents > 1 ? tr("Ask %n document(s) in turn", nullptr, documents)
                                              : tr("Ask about the document"));
    setRunning(m_running);
}

void QuestionPanel::setRunning(bool running)
{
    m_running = running;
    m_button->setText(running ? tr("Stop") : tr("Ask"));
    m_button->setEnabled(running || (m_ready && !m_field->text().trimmed().isEmpty()));
}

void QuestionPanel::send()
{
    const QString question = m_field->text().trimmed();
    if (!m_ready || m_running || question.isEmpty())
        return;
    m_field->clear();
    emit asked(question);
}

QuestionPanel::Card &QuestionPanel::addCard(ConversationId conversation, const QString &question,
                                            const QString &document, int at)
{
    const int space = m_themes.theme().space;
    auto *frame = new QFrame;
    frame->setProperty("card", "raised");
    auto *title = wrapped(question);
    title->setProperty("role", "heading");
    Card card{wrapped({}), wrapped({})};
    card.note->setProperty("role", "caption");
    card.note->setText(document);
    auto *open = new QToolButton;
    open->setIcon(m_themes.icon(QStringLiteral("chat"), IconTone::Muted));
    open->setToolTip(tr("Go on in the chat"));
    open->setAccessibleName(tr("Go on in the chat: %1").arg(question));
    connect(open, &QToolButton::clicked, this,
            [this, conversation] { emit conversationRequested(conversation); });

    auto *top = new QHBoxLayout;
    top->addWidget(title, 1);
    top->addWidget(open, 0, Qt::AlignTop);
    auto *layout = new QVBoxLayout(frame);
    layout->setContentsMargins(space + space / 2, space, space, space);
    layout->setSpacing(space / 2);
    layout->addLayout(top);
    layout->addWidget(card.answer);
    layout->addWidget(card.note);
    m_cards->insertWidget(at, frame);
    return *m_byConversation.insert(conversation, card);
}

void QuestionPanel::showHistory(const std::vector<Conversation> &questions)
{
    m_byConversation.clear();
    while (m_cards->count() > 1) { // the stretch stays
        QLayoutItem *item = m_cards->takeAt(0);
        item->widget()->deleteLater();
        delete item;
    }
    for (const Conversation &question : questions) {
        const Card &card =
            addCard(question.id, QString::fromStdString(question.title), {}, m_cards->count() - 1);
        card.answer->setText(QString::fromStdString(question.preview));
        card.note->hide();
    }
}

void QuestionPanel::begin(ConversationId conversation, const QString &question, const QString &document)
{
    addCard(conversation, question, document, 0);
}

void QuestionPanel::append(ConversationId conversation, const QString &text)
{
    const auto card = m_byConversation.constFind(conversation);
    if (card != m_byConversation.constEnd())
        card->answer->setText(card->answer->text() + text);
}

void QuestionPanel::setNote(ConversationId conversation, const QString &note)
{
    const auto card = m_byConversation.constFind(conversation);
    if (card == m_byConversation.constEnd())
        return;
    card->note->setText(note);
    card->note->setVisible(!note.isEmpty());
}

QString QuestionPanel::answer(ConversationId conversation) const
{
    const auto card = m_byConversation.constFind(conversation);
    return card == m_byConversation.constEnd() ? QString() : card->answer->text();
}

} // namespace volary::ui
