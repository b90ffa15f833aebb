// What the chat shows before anything was said.
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace volary::ui {

class PersonaChooser;

// Says which model is ready, what the chat begins with, and offers a few messages.
class StartPage : public QWidget {
    Q_OBJECT

public:
    StartPage(EngineBridge &bridge, const ThemeManager &themes, QWidget *parent = nullptr);

    void setModel(const std::shared_ptr<const ModelDescription> &model); // null: none is open
    PersonaChooser &personas() { return *m_personas; }

signals:
    void promptChosen(const QString &prompt);
    void modelsRequested();

private:
    void setAbout(const QString &text);

    QLabel *m_title;
    QLabel *m_about;
    QWidget *m_prompts;
    PersonaChooser *m_personas;
    QPushButton *m_openModel;
};

} // namespace volary::ui
