#include "ui/chat/composer.h"

#include "ui/chat/turn_view.h"

#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTextBlock>

#include <algorithm>
#include <cmath>

namespace volary::ui {

namespace {
constexpr int kMaxLines = 8;
constexpr int kPadding = 12;
constexpr int kButtonSize = 36;
} // namespace

ComposerEdit::ComposerEdit(QWidget *parent) : QPlainTextEdit(parent)
{
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setAccessibleName(tr("Message"));
    setObjectName(QStringLiteral("composer"));
    setProperty("pane", true);
    setProperty("plain", true);
    viewport()->setAutoFillBackground(false);
    document()->setDocumentMargin(0);
    connect(this, &QPlainTextEdit::textChanged, this, &ComposerEdit::heightWanted);
}

int ComposerEdit::wantedHeight() const
{
    int lines = 0;
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next())
        lines += std::max(1, block.lineCount());
    return std::clamp(lines, 1, kMaxLines) * fontMetrics().lineSpacing() + 4;
}

void ComposerEdit::resizeEvent(QResizeEvent *event)
{
    QPlainTextEdit::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        emit heightWanted();
}

void ComposerEdit::keyPressEvent(QKeyEvent *event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    const bool control = (event->modifiers() & Qt::ControlModifier) != 0;
    const bool shift = (event->modifiers() & Qt::ShiftModifier) != 0;
    if (enter && !shift && (control || m_enterSends)) {
        emit sendRequested();
        return;
    }
    if (enter && !control) {
        insertPlainText(QStringLiteral("\n"));
        ensureCursorVisible();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

Composer::Composer(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_themes(themes), m_edit(new ComposerEdit(this)), m_button(new QPushButton(this)),
      m_hint(new QLabel(this)), m_dismiss(new QPushButton(tr("Cancel"), this))
{
    m_button->setProperty("kind", "primary");
    m_button->setObjectName(QStringLiteral("sendButton"));
    m_hint->setProperty("role", "caption");
    m_dismiss->setProperty("kind", "quiet");
    m_dismiss->setAccessibleName(tr("Cancel editing"));
    m_dismiss->hide();
    connect(m_dismiss, &QPushButton::clicked, this, &Composer::noteDismissed);
    connect(m_edit, &ComposerEdit::sendRequested, this, [this] {
        if (!m_running && m_ready && !text().trimmed().isEmpty())
            emit sendRequested();
    });
    connect(m_button, &QPushButton::clicked, this,
            [this] { m_running ? emit stopRequested() : emit sendRequested(); });
    connect(m_edit, &ComposerEdit::heightWanted, this, [this] {
        resizeEvent(nullptr);
        refreshButton();
    });
    connect(m_edit, &QPlainTextEdit::textChanged, this, &Composer::textChanged);
    connect(&themes, &ThemeManager::changed, this, [this] {
        m_edit->setFont(m_themes.font(1.07));
        resizeEvent(nullptr);
        update();
    });
    m_edit->setFont(themes.font(1.07));
    refreshButton();
    refreshHint();
    resizeEvent(nullptr);
}

void Composer::setText(const QString &text)
{
    m_edit->setPlainText(text);
    m_edit->moveCursor(QTextCursor::End);
}

void Composer::setRunning(bool running)
{
    m_running = running;
    refreshButton();
}

void Composer::setReady(bool ready, const QString &placeholder)
{
    m_ready = ready;
    m_edit->setPlaceholderText(placeholder);
    refreshButton();
}

void Composer::setEnterSends(bool enterSends)
{
    m_enterSends = enterSends;
    m_edit->setEnterSends(enterSends);
    refreshHint();
}

void Composer::setNote(const QString &note)
{
    m_note = note;
    m_dismiss->setVisible(!note.isEmpty());
    refreshHint();
    resizeEvent(nullptr);
}

void Composer::refreshButton()
{
    m_button->setIcon(
        m_themes.icon(m_running ? QStringLiteral("stop") : QStringLiteral("send"), IconTone::OnAccent));
    m_button->setAccessibleName(m_running ? tr("Stop writing") : tr("Send"));
    m_button->setToolTip(m_running ? tr("Stop writing (Esc)") : tr("Send"));
    m_button->setEnabled(m_running || (m_ready && !text().trimmed().isEmpty()));
}

void Composer::refreshHint()
{
    const QString keys = m_enterSends ? tr("Enter sends, Shift+Enter begins a new line")
                                      : tr("Ctrl+Enter sends, Enter begins a new line");
    m_hint->setText(m_note.isEmpty() ? keys : m_note);
}

QRect Composer::card() const
{
    const int width_ = std::min(TurnView::kMaxTextWidth + 28, width() - 48);
    const int inner = std::max(m_edit->wantedHeight(), kButtonSize - 8);
    return {(width() - width_) / 2, 4, width_, inner + 2 * kPadding};
}

void Composer::resizeEvent(QResizeEvent *)
{
    const QRect box = card();
    const int editHeight = m_edit->wantedHeight();
    const int slack = box.height() - editHeight;
    m_edit->setGeometry(box.left() + kPadding + 2, box.top() + slack / 2,
                        box.width() - 3 * kPadding - kButtonSize, editHeight);
    m_edit->setVerticalScrollBarPolicy(editHeight < kMaxLines * m_edit->fontMetrics().lineSpacing()
                                           ? Qt::ScrollBarAlwaysOff
                                           : Qt::ScrollBarAsNeeded);
    m_button->setGeometry(box.right() - kButtonSize - 8, box.bottom() - kButtonSize - 8, kButtonSize,
                          kButtonSize);
    const int hintHeight =
        m_dismiss->isHidden() ? m_hint->sizeHint().height() : m_dismiss->sizeHint().height();
    const int dismissWidth = m_dismiss->isHidden() ? 0 : m_dismiss->sizeHint().width();
    m_hint->setGeometry(box.left() + 4, box.bottom() + 4, box.width() - dismissWidth - 8, hintHeight);
    m_dismiss->setGeometry(box.right() - dismissWidth, box.bottom() + 4, dismissWidth, hintHeight);
    setFixedHeight(box.bottom() + 4 + hintHeight + 8);
    update();
}

void Composer::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_themes.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_edit->hasFocus() ? theme.focus : theme.border, m_edit->hasFocus() ? 1.5 : 1));
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(QRectF(card()).adjusted(1, 1, -1, -1), theme.radius + 6, theme.radius + 6);
}

} // namespace volary::ui
