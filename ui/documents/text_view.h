// A long plain text: shown at once, however long it is.
#pragma once

#include "ui/theme/theme.h"

#include <QAbstractScrollArea>
#include <QTextLayout>

#include <memory>
#include <string>
#include <vector>

namespace volary::ui {

// Lays out only what is in sight. Of everything else it knows where paragraphs begin and about how many rows
// each takes, so that the scroll bar tells the place in the text.
class TextView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TextView(const ThemeManager &themes, QWidget *parent = nullptr);

    void setText(std::shared_ptr<const std::string> text);
    void scrollToByte(std::uint64_t offset); // its paragraph comes to the top
    std::uint64_t firstVisibleByte() const;  // where the paragraph at the top begins
    QString visibleText() const;             // for tests and screen readers

signals:
    void placeChanged(std::uint64_t firstVisibleByte);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Place {
        std::size_t paragraph;
        int row;
    };

    void measure();      // rows of every paragraph at this width
    Place place() const; // of the scroll bar
    QString paragraph(std::size_t index) const;
    int rowHeight() const;
    int textWidth() const;
    void layOut(QTextLayout &layout) const;

    const ThemeManager &m_themes;
    std::shared_ptr<const std::string> m_text;
    std::vector<std::size_t> m_starts; // bytes; one more than there are paragraphs
    std::vector<int> m_rows;           // rows before each paragraph, likewise
};

} // namespace volary::ui
