// Shows what there is to import in a file of exported chats, and imports what was chosen.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QPushButton;
class QTableView;

namespace volary::ui {

class ErrorCard;
class ImportModel;
class ProgressRow;

// Reads the file at once. Closing it while it imports cancels; what is in the library by then stays there.
class ImportDialog : public QDialog {
    Q_OBJECT

public:
    ImportDialog(EngineBridge &bridge, const ThemeManager &themes, const std::filesystem::path &path,
                 QWidget *parent);

    void done(int result) override;

private:
    void connectBridge();
    void onRead(const event::ChatExportRead &read);
    void onMarks();
    void import();
    void onImported(const event::ChatsImported &imported);
    void end(); // nothing runs any more

    EngineBridge &m_bridge;
    ImportModel *m_model;
    QLabel *m_text;
    QCheckBox *m_all;
    QTableView *m_table;
    ProgressRow *m_progress;
    ErrorCard *m_error;
    QPushButton *m_import;
    QPushButton *m_close;
    std::shared_ptr<const ChatExport> m_chats;
    RequestId m_request = 0; // that is running
};

} // namespace volary::ui
