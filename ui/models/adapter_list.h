// The adapters that a model shall be opened with, one row each.
#pragma once

#include "core/models/adapter.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

class QVBoxLayout;

namespace volary::ui {

class AdapterRow;

class AdapterList : public QWidget {
    Q_OBJECT

public:
    explicit AdapterList(const ThemeManager &themes, QWidget *parent = nullptr);

    std::vector<AdapterRequest> adapters() const; // in the order they are merged
    void add(const AdapterRequest &adapter);

private:
    void chooseFile();
    void chooseFolder();

    const ThemeManager &m_themes;
    QVBoxLayout *m_rowLayout;
    std::vector<AdapterRow *> m_rows;
};

} // namespace volary::ui
