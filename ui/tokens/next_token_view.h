// The next-token tree: what may follow a text, and what may follow that.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QPersistentModelIndex>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;
class QTreeView;

namespace volary::ui {

class ProgressRow;
class SourceBox;

// Draws a probability as a bar with its number.
class ProbabilityDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit ProbabilityDelegate(const ThemeManager &themes, QObject *parent);
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;

private:
    const ThemeManager &m_themes;
};

// Opening a row asks the engine what may follow it; nothing is computed that nobody looks at.
class NextTokenView : public QWidget {
    Q_OBJECT

public:
    enum Column { Token, Probability, Joint, ColumnCount };
    enum Role { IdRole = Qt::UserRole + 1, ProbabilityRole, JointRole, AskedRole };

    NextTokenView(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    SourceBox &source() { return *m_source; }
    void lookAhead();
    QString asCsv() const; // one line per token that is known: depth, path, id, probability, joint

private:
    void layOut();
    void listenToEngine();
    void open(const QModelIndex &index);
    void fill(const QModelIndex &parent, const event::NextPredicted &predicted);
    void showCurrent(const QModelIndex &index);
    void clear();
    void end();
    std::vector<TokenId> pathTo(QModelIndex index) const;
    QString textOf(const QModelIndex &index) const; // of the path to it
    void writeRows(QString &csv, const QModelIndex &parent, int depth) const;

    EngineBridge &m_bridge;
    const ThemeManager &m_themes;
    command::TokenSource m_asked; // what the tree is about
    std::shared_ptr<const Tokenizer> m_vocabulary;
    RequestId m_request = 0;         // that runs; 0: none
    QPersistentModelIndex m_waiting; // for its answer; invalid: the roots
    int m_unfold = 0;                // likeliest rows still to be opened by themselves, for a first picture

    SourceBox *m_source;
    QPushButton *m_look;
    ProgressRow *m_progress;
    QLabel *m_note;
    QStandardItemModel m_rows;
    QTreeView *m_tree;
    QLabel *m_path;
    QToolButton *m_copyText;
    QToolButton *m_copyCsv;
};

} // namespace volary::ui
