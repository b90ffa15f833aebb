#include "ui/windows/settings_dialog.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QUrl>
#include <QVBoxLayout>

namespace volary::ui {

namespace {

constexpr int kWidth = 520;
constexpr int kMaximumThreads = 256;

QComboBox *themeField(Preferences &preferences)
{
    auto *field = new QComboBox;
    field->setObjectName(QStringLiteral("settings.theme"));
    field->addItem(SettingsDialog::tr("Follow the system"), int(ThemeChoice::System));
    field->addItem(SettingsDialog::tr("Light"), int(ThemeChoice::Light));
    field->addItem(SettingsDialog::tr("Dark"), int(ThemeChoice::Dark));
    field->setCurrentIndex(field->findData(int(preferences.values().theme)));
    QObject::connect(field, &QComboBox::currentIndexChanged, &preferences, [field, &preferences] {
        PreferenceValues values = preferences.values();
        values.theme = ThemeChoice(field->currentData().toInt());
        preferences.set(values);
    });
    return field;
}

QComboBox *sendKeyField(Preferences &preferences)
{
    auto *field = new QComboBox;
    field->setObjectName(QStringLiteral("settings.sendKey"));
    field->addItem(SettingsDialog::tr("Enter sends, Shift+Enter breaks the line"), true);
    field->addItem(SettingsDialog::tr("Ctrl+Enter sends, Enter breaks the line"), false);
    field->setCurrentIndex(field->findData(preferences.values().enterSends));
    QObject::connect(field, &QComboBox::currentIndexChanged, &preferences, [field, &preferences] {
        PreferenceValues values = preferences.values();
        values.enterSends = field->currentData().toBool();
        preferences.set(values);
    });
    return field;
}

QSpinBox *threadsField(Preferences &preferences)
{
    auto *field = new QSpinBox;
    field->setObjectName(QStringLiteral("settings.threads"));
    field->setRange(0, kMaximumThreads);
    field->setSpecialValueText(SettingsDialog::tr("One per processor core"));
    field->setValue(preferences.values().threads);
    QObject::connect(field, &QSpinBox::valueChanged, &preferences, [&preferences](int threads) {
        PreferenceValues values = preferences.values();
        values.threads = threads;
        preferences.set(values);
    });
    return field;
}

QWidget *libraryField(const QString &library)
{
    auto *field = new QWidget;
    auto *path = new QLabel(library.isEmpty() ? SettingsDialog::tr("Nothing is kept in this run.") : library);
    path->setWordWrap(true);
    path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *folder = new QPushButton(SettingsDialog::tr("Open folder"));
    folder->setObjectName(QStringLiteral("settings.openFolder"));
    folder->setEnabled(!library.isEmpty());
    folder->setAutoDefault(false);
    QObject::connect(folder, &QPushButton::clicked, folder, [library] {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(library).absolutePath()));
    });
    auto *layout = new QVBoxLayout(field);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(path);
    layout->addWidget(folder, 0, Qt::AlignLeft);
    return field;
}

} // namespace

SettingsDialog::SettingsDialog(Preferences &preferences, const QString &library, QWidget *parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("settings"));
    setWindowTitle(tr("Settings"));
    setMinimumWidth(kWidth);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(24);
    form->setVerticalSpacing(14);
    form->setLabelAlignment(Qt::AlignLeft);
    const auto add = [form](const QString &label, QWidget *field) {
        field->setAccessibleName(label);
        form->addRow(label, field);
    };
    add(tr("Appearance"), themeField(preferences));
    add(tr("Sending a message"), sendKeyField(preferences));
    add(tr("Processor threads"), threadsField(preferences));
    auto *hint = new QLabel(tr("Takes effect when the next model is opened."));
    hint->setProperty("role", "caption");
    form->addRow(QString(), hint);
    add(tr("Library"), libraryField(library));

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 20);
    layout->setSpacing(24);
    layout->addLayout(form);
    layout->addStretch(1);
    layout->addWidget(buttons);
}

} // namespace volary::ui
