// Chooses a smaller form for a stored state, with what each one costs measured on this very state.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QDialog>

class QButtonGroup;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace volary::ui {

class ErrorCard;

// "exact", "compact fp16", "small int8".
QString formTitle(StateForm form);
// "0.021 %"
QString shownError(double relative);

// Asks for the numbers at once; changes the snapshot only when told to, and closes then.
class FormsDialog : public QDialog {
    Q_OBJECT

public:
    FormsDialog(EngineBridge &bridge, const ThemeManager &themes, const SnapshotSummary &snapshot,
                QWidget *parent);

private:
    void onMeasured(const event::FormsMeasured &measured);
    void addRow(const event::FormsMeasured::Row &row, std::uint64_t exactBytes);
    void store();

    EngineBridge &m_bridge;
    const SnapshotId m_snapshot;
    QLabel *m_text;
    ErrorCard *m_error;
    QVBoxLayout *m_rows;
    QButtonGroup *m_forms;
    QPushButton *m_store;
    RequestId m_request = 0; // that is running
};

} // namespace volary::ui
