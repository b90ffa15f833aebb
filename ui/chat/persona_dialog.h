// Asks for a new persona, has it made, and waits.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QDialog>

#include <string>

class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace volary::ui {

class ErrorCard;
class PathField;
class ProgressRow;

// A name, and a text, a tuned state, or both. Stays open while the engine reads, shows why something did not
// work, and closes when the persona is on disk. Closing it earlier cancels.
class PersonaDialog : public QDialog {
    Q_OBJECT

public:
    // `chatFormat`: how the text is written for the model; empty: its own way.
    PersonaDialog(EngineBridge &bridge, const ThemeManager &themes, std::string chatFormat, QWidget *parent);

    void done(int result) override;

signals:
    void made(SnapshotId persona);

private:
    void make();
    void refresh();

    EngineBridge &m_bridge;
    std::string m_chatFormat;
    QLineEdit *m_name;
    QPlainTextEdit *m_text;
    PathField *m_state;
    ErrorCard *m_error;
    ProgressRow *m_progress;
    QPushButton *m_make;
    RequestId m_request = 0; // that is running
};

} // namespace volary::ui
