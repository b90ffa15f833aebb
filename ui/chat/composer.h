// Where the user writes.
#pragma once

#include "ui/theme/theme.h"

#include <QPlainTextEdit>
#include <QWidget>

class QLabel;
class QPushButton;

namespace volary::ui {

// The text field itself; grows with its text up to a few lines.
class ComposerEdit : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit ComposerEdit(QWidget *parent);
    void setEnterSends(bool enterSends) { m_enterSends = enterSends; }
    int wantedHeight() const;

signals:
    void sendRequested();
    void heightWanted();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    bool m_enterSends = true;
};

// Field and button. While a reply is written the button stops it; the text in the field is never touched by
// that.
class Composer : public QWidget {
    Q_OBJECT

public:
    Composer(const ThemeManager &themes, QWidget *parent = nullptr);

    ComposerEdit &edit() { return *m_edit; }
    QString text() const { return m_edit->toPlainText(); }
    void setText(const QString &text);
    void setRunning(bool running);
    void setReady(bool ready, const QString &placeholder); // a model is open
    void setEnterSends(bool enterSends);
    // Says below the field that the next message does something special ("Edits an earlier message"); empty:
    // nothing.
    void setNote(const QString &note);

signals:
    void sendRequested();
    void stopRequested();
    void noteDismissed();
    void textChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void refreshButton();
    void refreshHint();
    QRect card() const;

    const ThemeManager &m_themes;
    ComposerEdit *m_edit;
    QPushButton *m_button;
    QLabel *m_hint;
    QPushButton *m_dismiss;
    QString m_note;
    bool m_running = false;
    bool m_ready = false;
    bool m_enterSends = true;
};

} // namespace volary::ui
