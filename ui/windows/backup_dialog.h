// Backs the library up into one file, and says how that went.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QDialog>

class QLabel;
class QPushButton;

namespace volary::ui {

class ErrorCard;
class ProgressRow;

// Begins at once. Closing it earlier cancels; then the file is what it was before.
class BackupDialog : public QDialog {
    Q_OBJECT

public:
    BackupDialog(EngineBridge &bridge, const ThemeManager &themes, const std::filesystem::path &path,
                 QWidget *parent);

    void done(int result) override;

private:
    void onBackedUp(const event::LibraryBackedUp &backedUp);
    void end(); // nothing runs any more

    EngineBridge &m_bridge;
    QLabel *m_text;
    ProgressRow *m_progress;
    ErrorCard *m_error;
    QPushButton *m_close;
    RequestId m_request = 0; // that is running
};

} // namespace volary::ui
