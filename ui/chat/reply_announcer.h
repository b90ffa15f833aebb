// Reads a reply to a screen reader while it is written.
#pragma once

#include <QString>

#include <string>

class QLabel;
class QWidget;

namespace volary::ui {

// Speaks whole sentences of the answer, not tokens, and nothing of what the model thinks before it. Does
// nothing where no assistive technology listens.
class ReplyAnnouncer {
public:
    explicit ReplyAnnouncer(QWidget *parent); // which owns the hidden label that speaks

    void append(const std::string &text);
    void finish(); // speaks the rest; the next text belongs to another reply

private:
    void speakUpTo(qsizetype end);

    QLabel *m_voice;
    std::string m_reply;
    qsizetype m_spoken = 0; // characters of the answer
};

} // namespace volary::ui
