#include "ui/tokens/tokenizer_view.h"

#include "core/base/text.h"
#include "ui/theme/contrast.h"
#include "ui/widgets/token_run.h"
#include "ui/widgets/token_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include <set>

namespace volary::ui {

namespace {

constexpr int kPauseMs = 150;
constexpr int kTextHeight = 120;
constexpr double kTint = 0.35; // of what is no whole character

QString hexOf(std::string_view bytes)
{
    return QString::fromLatin1(QByteArray(bytes.data(), qsizetype(bytes.size())).toHex(' '));
}

} // namespace

TokenizerView::TokenizerView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_themes(themes), m_text(new QPlainTextEdit), m_counts(new QLabel),
      m_run(new TokenRun(themes, TokenRun::Look::Boxes, tr("Tokens of the text"))), m_current(new QLabel),
      m_copy(new QToolButton)
{
    m_text->setObjectName(QStringLiteral("tokenizer.text"));
    m_text->setAccessibleName(tr("Text"));
    m_text->setPlaceholderText(tr("Write or paste a text"));
    m_text->setPlainText(tr("The geese flew over the lake.\nUnbelievable! 12345 + 678 = ?\nGänse 🪿 雁"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(kTextHeight);
    m_counts->setObjectName(QStringLiteral("tokenizer.counts"));
    m_counts->setProperty("role", "heading");
    m_counts->setWordWrap(true);
    m_current->setObjectName(QStringLiteral("tokenizer.current"));
    m_current->setTextFormat(Qt::PlainText);
    m_current->setProperty("role", "muted");
    m_run->setObjectName(QStringLiteral("tokenizer.run"));
    m_run->setColours([this](int index) { return colourOf(index); });
    m_run->setDescriptions([this](int index) { return describe(index); });
    m_copy->setText(tr("Copy as CSV"));
    m_copy->setObjectName(QStringLiteral("tokenizer.copy"));
    m_copy->setIcon(themes.icon(QStringLiteral("copy")));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setProperty("kind", "quiet");
    m_copy->setEnabled(false);

    auto *below = new QHBoxLayout;
    below->addWidget(m_current, 1);
    below->addWidget(m_copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, themes.theme().space, 0, 0);
    column->setSpacing(themes.theme().space);
    column->addWidget(m_text);
    column->addWidget(m_counts);
    column->addWidget(m_run, 1);
    column->addLayout(below);

    m_pause.setSingleShot(true);
    m_pause.setInterval(kPauseMs);
    connect(m_text, &QPlainTextEdit::textChanged, &m_pause, qOverload<>(&QTimer::start));
    connect(&m_pause, &QTimer::timeout, this, &TokenizerView::ask);
    connect(m_run, &TokenRun::selectionChanged, this,
            [this](int index) { m_current->setText(describe(index)); });
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(asCsv(*m_tokens, *m_vocabulary)); });
    connect(&bridge, &EngineBridge::modelOpened, this, [this] {
        if (isVisible())
            ask();
    });
    connect(&bridge, &EngineBridge::textTokenised, this,
            [this](RequestId request, const event::TextTokenised &tokenised) {
                if (request == m_request)
                    show(tokenised.tokens);
            });
}

void TokenizerView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    ask();
}

void TokenizerView::ask()
{
    if (m_bridge.model())
        m_request = m_bridge.post(command::TokeniseText{m_text->toPlainText().toStdString()});
}

void TokenizerView::show(std::shared_ptr<const std::vector<TokenId>> tokens)
{
    if (!m_bridge.model())
        return;
    m_vocabulary = m_bridge.model()->vocabulary;
    m_tokens = std::move(tokens);
    std::vector<TokenRun::Piece> pieces;
    std::size_t bytes = 0;
    for (const TokenId token : *m_tokens) {
        const std::string_view text = m_vocabulary->bytes(token);
        bytes += text.size();
        pieces.push_back({visibleToken(text), QString::number(token), text.ends_with('\n')});
    }
    m_run->clear();
    m_run->append(std::move(pieces));
    m_copy->setEnabled(!m_tokens->empty());
    m_current->setText(m_tokens->empty() ? QString() : tr("Choose a token to see its bytes."));
    const QLocale locale;
    const std::set<TokenId> different(m_tokens->begin(), m_tokens->end());
    const auto characters = m_text->toPlainText().toUcs4().size();
    QString counts =
        tr("%1 tokens, %2 of them different · %3 characters · %4 bytes")
            .arg(locale.toString(qulonglong(m_tokens->size())), locale.toString(qulonglong(different.size())),
                 locale.toString(qlonglong(characters)), locale.toString(qulonglong(bytes)));
    if (!m_tokens->empty())
        counts += tr(" · %1 bytes per token")
                      .arg(locale.toString(double(bytes) / double(m_tokens->size()), 'f', 2));
    m_counts->setText(counts);
}

// Neighbours differ; a part of a character stands out.
QColor TokenizerView::colourOf(int index) const
{
    const Theme &theme = m_themes.theme();
    if (!isValidUtf8(m_vocabulary->bytes((*m_tokens)[std::size_t(index)])))
        return mixed(theme.code, theme.warning, kTint);
    return index % 2 == 0 ? theme.accentSoft : theme.code;
}

QString TokenizerView::describe(int index) const
{
    const TokenId token = (*m_tokens)[std::size_t(index)];
    const std::string_view bytes = m_vocabulary->bytes(token);
    QString told = tr("“%1”: token %2, place %3, bytes %4")
                       .arg(visibleToken(bytes))
                       .arg(token)
                       .arg(index + 1)
                       .arg(hexOf(bytes));
    if (!isValidUtf8(bytes))
        told += tr("; part of a character");
    return told;
}

QString TokenizerView::asCsv(const std::vector<TokenId> &tokens, const Tokenizer &vocabulary)
{
    QString csv = QStringLiteral("place,token,id,bytes\n");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string_view bytes = vocabulary.bytes(tokens[i]);
        csv += QStringLiteral("%1,").arg(i) + quotedForCsv(readableToken(bytes)) +
               QStringLiteral(",%1,").arg(tokens[i]) + hexOf(bytes) + u'\n';
    }
    return csv;
}

} // namespace volary::ui
