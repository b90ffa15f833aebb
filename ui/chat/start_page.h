// What the chat shows before anything was said.
#pragma once

#include "core/engine/messages.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace volary::ui {

// Says which model is ready, and offers a few messages to begin with.
class StartPage : public QWidget {
    Q_OBJECT

public:
    StartPage(const ThemeManager &themes, QWidget *parent = nullptr);

    void setModel(const std::shared_ptr<const ModelDescription> &model); // null: none is open

signals:
    void promptChosen(const QString &prompt);
    void modelsRequested();

private:
    void setAbout(const QString &text);

    QLabel *m_title;
    QLabel *m_about;
    QWidget *m_prompts;
    QPushButton *m_openModel;
};

} // namespace volary::ui
