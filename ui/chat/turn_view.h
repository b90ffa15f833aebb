// One turn of the transcript.
#pragma once

#include "core/store/library.h"
#include "ui/chat/block_view.h"

#include <QWidget>

#include <memory>
#include <vector>

class QLabel;
class QPushButton;
class QToolButton;

namespace volary::ui {

// Draws the text of a turn as blocks, with its versions and what can be done with it. Placed and sized by the
// transcript (layOut), which keeps only the turns in sight alive.
class TurnView : public QWidget {
    Q_OBJECT

public:
    // Lines longer than this tire the eye: about 80 characters.
    static constexpr int kMaxTextWidth = 720;

    TurnView(const ThemeManager &themes, const Turn &turn, QWidget *parent);
    ~TurnView() override;

    TurnId turn() const { return m_turn.id; }
    void setTurn(const Turn &turn);          // the same turn, finished or changed
    void setVersions(int number, int count); // "2 / 3"; one version shows nothing
    void setRunning(bool running);
    void appendText(const QString &text);
    void setSelected(bool selected); // the turn that the keyboard acts on
    int highlight(const QString &words);

    // Arranges everything for this width and returns the height that it takes.
    int layOut(int width);

signals:
    void copyRequested(volary::TurnId turn);
    void editRequested(volary::TurnId turn);
    void regenerateRequested(volary::TurnId turn);
    void continueRequested(volary::TurnId turn);
    void branchRequested(volary::TurnId turn);
    void versionRequested(volary::TurnId turn, int step);
    void selected(volary::TurnId turn);
    void thoughtFolded(volary::TurnId turn); // or unfolded: the height is another one
    void heightChanged();

protected:
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    bool isUser() const { return m_turn.role == Role::User; }
    QToolButton *addAction(const QString &icon, const QString &name, void (TurnView::*signal)(TurnId));
    void refreshBlocks();
    QList<MarkdownBlock> shownBlocks() const;
    void addText(const std::string &text);
    void refreshThought();
    int layOutThought(int left, int y, int width);
    void refreshStatus();
    void showActions(bool show);
    QRect bubble(int width) const;

    const ThemeManager &m_themes;
    Turn m_turn;
    std::string m_source;                             // the whole text
    bool m_answering = false;                         // the answer has begun: nothing more is thought
    StreamingMarkdown m_text;                         // of the answer
    std::unique_ptr<BlockView> m_thoughtText;         // while unfolded
    std::vector<std::unique_ptr<BlockView>> m_blocks; // the first m_frozen of them never change again
    std::size_t m_frozen = 0;
    QLabel *m_role;
    QLabel *m_status;
    QToolButton *m_thought; // folds what was thought before the answer
    QPushButton *m_continue;
    QToolButton *m_previous;
    QLabel *m_version;
    QToolButton *m_next;
    std::vector<QToolButton *> m_actions;
    int m_contentHeight = 0;
    bool m_running = false;
    bool m_selected = false;
};

} // namespace volary::ui
