// What the user chose once and for all, applied at once.
#pragma once

#include "ui/theme/theme.h"

#include <QObject>
#include <QString>

namespace volary::ui {

struct PreferenceValues {
    ThemeChoice theme = ThemeChoice::System;
    double textScale = 1.0;
    bool enterSends = true; // else Ctrl+Enter sends and Enter breaks the line
    int threads = 0;        // 0: one per physical core
    QString lastModel;      // opened at the next start; empty: the bundled one
    QString lastOptions;    // of it, as ModelOptions::toJson() writes them

    bool operator==(const PreferenceValues &) const = default;
};

// Kept in a JSON file in the user's configuration folder, replaced atomically at every change. What is
// missing or makes no sense in the file has its default.
class Preferences : public QObject {
    Q_OBJECT

public:
    // An empty file name keeps them in memory only.
    explicit Preferences(QString file, QObject *parent = nullptr);

    const PreferenceValues &values() const { return m_values; }
    void set(const PreferenceValues &values);

signals:
    void changed(const volary::ui::PreferenceValues &values);
    void savingFailed(const QString &reason);

private:
    void load();
    void save();

    QString m_file;
    PreferenceValues m_values;
};

} // namespace volary::ui
