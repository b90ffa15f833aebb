// The turns of the shown path, one below the other.
#pragma once

#include "ui/chat/conversation_model.h"
#include "ui/chat/turn_view.h"

#include <QAbstractScrollArea>
#include <QPointer>

#include <vector>

namespace volary::ui {

// Keeps widgets only for the turns in sight; the others are a height, measured or estimated. So a
// conversation of ten thousand turns opens as quickly as one of ten. Follows the end while the user is there.
class TranscriptView : public QAbstractScrollArea {
    Q_OBJECT

public:
    TranscriptView(const ThemeManager &themes, const ConversationModel &model, QWidget *parent = nullptr);
    ~TranscriptView() override;

    void reload();                        // the model's path is another one
    void appendText(const QString &text); // to the running reply, which the model already holds
    void refresh(TurnId turn);
    void scrollTo(TurnId turn);
    void scrollToEnd();
    bool isAtEnd() const;

    TurnId selected() const { return m_selected; }
    void select(TurnId turn);
    // Marks the words everywhere in sight, and scrolls to the next turn that holds them; false when none
    // does.
    bool find(const QString &words, bool forward);

    int aliveViews() const; // for tests

signals:
    void copyRequested(volary::TurnId turn);
    void editRequested(volary::TurnId turn);
    void regenerateRequested(volary::TurnId turn);
    void continueRequested(volary::TurnId turn);
    void branchRequested(volary::TurnId turn);
    void versionRequested(volary::TurnId turn, int step);
    void selectionChanged(volary::TurnId turn);
    void atEndChanged(bool atEnd);

protected:
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;

private:
    struct Item {
        TurnId turn;
        int height;
        bool measured = false;
        TurnView *view = nullptr;
    };

    int estimate(const Turn &turn) const;
    TurnView *makeView(const Turn &turn);
    void layOut(); // places what is in sight, makes and drops views, sets the scroll bar
    void updateScrollBar();
    std::size_t firstInSight(int &top) const;
    Item *itemOf(TurnId turn);
    void setFollowing(bool following);

    const ThemeManager &m_themes;
    const ConversationModel &m_model;
    std::vector<Item> m_items;
    TurnId m_selected = -1;
    QString m_words; // that are marked
    bool m_following = true;
    bool m_layingOut = false;
};

} // namespace volary::ui
