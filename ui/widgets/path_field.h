// A place on disk to choose: a line with its path and a button that asks for it.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

#include <filesystem>

class QLineEdit;

namespace volary::ui {

class PathField : public QWidget {
    Q_OBJECT

public:
    // `what`: "Tuned state", said to screen readers and in the dialog; `filter`: as QFileDialog has it;
    // `none`: what an empty field means.
    PathField(const ThemeManager &themes, const QString &what, QString filter, const QString &none,
              QWidget *parent = nullptr);

    std::filesystem::path path() const;
    void setPath(const std::filesystem::path &path);

signals:
    void changed(); // by the user or by setPath()

private:
    void choose();

    QString m_what, m_filter;
    QLineEdit *m_line;
};

} // namespace volary::ui
