// How the next token is chosen.
#pragma once

#include "core/engine/messages.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace volary::ui {

class PathField;

class SamplingPanel : public QWidget {
    Q_OBJECT

public:
    SamplingPanel(const ThemeManager &themes, QWidget *parent);

    void setSettings(const GenerationSettings &settings);
    GenerationSettings settings() const;
    void setBeginning(SnapshotId beginning); // chosen elsewhere; tells of it like any other change
    void flush();                            // tells of a change now that would be told later
    void setSuggested(const GenerationSettings &settings); // by the model

signals:
    void changed(); // by the user; some time after the last change

private:
    QDoubleSpinBox *addNumber(QFormLayout &form, const QString &name, const QString &help, double high,
                              double step);
    QSpinBox *addCount(QFormLayout &form, const QString &name, const QString &help, int low, int high);

    const ThemeManager &m_themes;
    GenerationSettings m_suggested;
    QDoubleSpinBox *m_temperature, *m_topP, *m_minP, *m_presence, *m_frequency, *m_decay;
    QSpinBox *m_topK, *m_maxTokens;
    QLineEdit *m_seed;
    QComboBox *m_format;
    PathField *m_state;
    SnapshotId m_beginning = 0; // kept, not shown
    QTimer m_delay;
    bool m_filling = false;
};

} // namespace volary::ui
