#include "ui/inspector/head_panel.h"

#include "core/inspect/singular_values.h"
#include "ui/inspector/matrix_image.h"
#include "ui/widgets/bar_plot.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace volary::ui {

namespace {
constexpr int kSide = 256;
constexpr int kCsvDigits = 9; // enough for every float
} // namespace

MatrixView::MatrixView(const ThemeManager &themes, QWidget *parent) : QWidget(parent), m_themes(themes)
{
    setMouseTracking(true);
    setAccessibleName(tr("Matrix of the head"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&themes, &ThemeManager::changed, this, [this] { setHead(m_head); });
}

void MatrixView::setHead(std::optional<HeadMatrix> head)
{
    m_head = std::move(head);
    m_image = m_head ? imageOf(*m_head, m_themes.theme().dark) : QImage();
    update();
}

QSize MatrixView::sizeHint() const
{
    return {kSide, kSide};
}

QRectF MatrixView::place() const
{
    const double scale = std::min(width() / double(m_image.width()), height() / double(m_image.height()));
    return {0, 0, scale * m_image.width(), scale * m_image.height()};
}

void MatrixView::paintEvent(QPaintEvent *)
{
    if (m_image.isNull())
        return;
    QPainter painter(this);
    painter.drawImage(place(), m_image);
}

void MatrixView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_image.isNull() || !place().contains(event->position())) {
        emit pointedAt(-1, -1);
        return;
    }
    const double scale = place().width() / m_image.width();
    emit pointedAt(std::min(int(event->position().y() / scale), m_image.height() - 1),
                   std::min(int(event->position().x() / scale), m_image.width() - 1));
}

void MatrixView::leaveEvent(QEvent *)
{
    emit pointedAt(-1, -1);
}

HeadPanel::HeadPanel(const ThemeManager &themes, QWidget *parent)
    : QWidget(parent), m_title(new QLabel), m_facts(new QLabel), m_number(new QLabel),
      m_matrix(new MatrixView(themes)),
      m_values(new BarPlot(themes, tr("Singular values, the largest first"))), m_copy(new QToolButton)
{
    m_title->setProperty("role", "heading");
    m_facts->setProperty("role", "muted");
    m_facts->setWordWrap(true);
    m_number->setProperty("role", "caption");
    m_copy->setText(tr("Copy as CSV"));
    m_copy->setIcon(themes.icon(QStringLiteral("copy")));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setProperty("kind", "quiet");
    connect(m_copy, &QToolButton::clicked, this, [this] {
        if (m_head)
            QGuiApplication::clipboard()->setText(asCsv(*m_head));
    });
    connect(m_matrix, &MatrixView::pointedAt, this, &HeadPanel::showNumber);
    const int space = themes.theme().space;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space);
    layout->addWidget(m_title);
    layout->addWidget(m_matrix);
    layout->addWidget(m_number);
    layout->addWidget(m_facts);
    layout->addWidget(m_values);
    layout->addWidget(m_copy);
    layout->addStretch(1);
    setHead(nullptr);
}

void HeadPanel::setHead(const HeadMatrix *head)
{
    m_head = head ? std::optional(*head) : std::nullopt;
    m_matrix->setHead(m_head);
    setVisible(head != nullptr);
    if (!head)
        return;
    const QLocale locale;
    const auto values = singularValues(head->numbers, head->rows, head->columns);
    m_title->setText(tr("Layer %1, head %2").arg(head->layer).arg(head->head));
    m_facts->setText(tr("Norm %1, largest number %2. It uses %3 of %4 directions (effective rank).")
                         .arg(locale.toString(head->norm(), 'g', 4),
                              locale.toString(double(head->largest()), 'g', 4),
                              locale.toString(effectiveRank(values), 'f', 1))
                         .arg(values.size()));
    m_values->setValues(values);
    showNumber(-1, -1);
}

void HeadPanel::showNumber(int row, int column)
{
    if (!m_head || row < 0) {
        m_number->setText(tr("Point at a number to read it."));
        return;
    }
    const QString rowName = m_head->rowName.empty() ? tr("row") : QString::fromStdString(m_head->rowName);
    const QString columnName =
        m_head->columnName.empty() ? tr("column") : QString::fromStdString(m_head->columnName);
    const float number = m_head->numbers[std::size_t(row) * m_head->columns + std::size_t(column)];
    m_number->setText(tr("%1 %2, %3 %4: %5")
                          .arg(rowName)
                          .arg(row)
                          .arg(columnName)
                          .arg(column)
                          .arg(QLocale().toString(double(number), 'g', 7)));
}

QString HeadPanel::asCsv(const HeadMatrix &head)
{
    QString csv;
    for (std::size_t row = 0; row < head.rows; ++row) {
        for (std::size_t column = 0; column < head.columns; ++column)
            csv += (column > 0 ? "," : "") +
                   QString::number(double(head.numbers[row * head.columns + column]), 'g', kCsvDigits);
        csv += '\n';
    }
    return csv;
}

} // namespace volary::ui
