#include "ui/tokens/source_box.h"

#include <QComboBox>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace volary::ui {

namespace {
constexpr int kTextHeight = 96;
constexpr int kShortest = 16; // characters of a turn that its entry has room for
} // namespace

SourceBox::SourceBox(const ThemeManager &themes, const QString &example, QWidget *parent)
    : QWidget(parent), m_choice(new QComboBox), m_text(new QPlainTextEdit)
{
    m_choice->setObjectName(QStringLiteral("source.choice"));
    m_choice->setAccessibleName(tr("Text to look at"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(kShortest);
    m_choice->addItem(tr("A text of your own"), qlonglong(0));
    m_text->setObjectName(QStringLiteral("source.text"));
    m_text->setAccessibleName(tr("Text"));
    m_text->setPlaceholderText(tr("Write or paste a text"));
    m_text->setPlainText(example);
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(kTextHeight);
    connect(m_choice, &QComboBox::currentIndexChanged, this, [this] {
        m_text->setVisible(m_choice->currentIndex() == 0);
        emit changed();
    });
    connect(m_text, &QPlainTextEdit::textChanged, this, &SourceBox::changed);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(themes.theme().space);
    layout->addWidget(m_choice);
    layout->addWidget(m_text);
}

void SourceBox::setTurns(const std::vector<TokenTurn> &turns)
{
    const QVariant chosen = m_choice->currentData();
    {
        const QSignalBlocker quiet(m_choice);
        while (m_choice->count() > 1)
            m_choice->removeItem(1);
        for (const TokenTurn &turn : turns)
            m_choice->addItem(tr("The conversation to “%1”").arg(turn.label), qlonglong(turn.snapshot));
        m_choice->setCurrentIndex(std::max(0, m_choice->findData(chosen)));
    }
    m_text->setVisible(m_choice->currentIndex() == 0);
    if (m_choice->currentData() != chosen)
        emit changed();
}

command::TokenSource SourceBox::source() const
{
    const SnapshotId snapshot = m_choice->currentData().toLongLong();
    return {snapshot == 0 ? m_text->toPlainText().toStdString() : std::string(), snapshot};
}

bool SourceBox::isEmpty() const
{
    return m_choice->currentIndex() == 0 && m_text->document()->isEmpty();
}

QWidget *SourceBox::focusTarget()
{
    return m_text->isHidden() ? static_cast<QWidget *>(m_choice) : m_text;
}

} // namespace volary::ui
