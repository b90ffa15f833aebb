// The theme: readable colours in both sets, icons that exist and follow, text size.
#include "ui/theme/contrast.h"
#include "ui/theme/stylesheet.h"
#include "ui/theme/theme.h"
#include "ui/theme/tokens.h"

#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTest>
#include <QToolTip>

#include <algorithm>

using namespace volary::ui;

namespace {

constexpr double kTextContrast = 4.5;
constexpr double kMarkContrast = 3.0;

QImage drawn(const QIcon &icon, QIcon::Mode mode = QIcon::Normal, QIcon::State state = QIcon::Off)
{
    return icon.pixmap(QSize(24, 24), 1.0, mode, state).toImage().convertToFormat(QImage::Format_ARGB32);
}

// The colour of the most opaque pixel.
QColor strokeColor(const QImage &image)
{
    QRgb best = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (qAlpha(image.pixel(x, y)) > qAlpha(best))
                best = image.pixel(x, y);
    return QColor(best);
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT

private slots:
    void contrastAgreesWithKnownValues()
    {
        QVERIFY(qAbs(contrast(Qt::black, Qt::white) - 21) < 1e-9);
        QVERIFY(qAbs(contrast(Qt::red, Qt::red) - 1) < 1e-9);
        QVERIFY(qAbs(contrast(QColor(0x767676), Qt::white) - 4.54) < 0.01);
    }

    void everyTextIsReadableOnEverySurface_data()
    {
        QTest::addColumn<QColor>("ink");
        QTest::addColumn<QColor>("ground");
        QTest::addColumn<double>("atLeast");
        for (const Theme &t : {lightTheme(), darkTheme()}) {
            const char *set = t.dark ? "dark" : "light";
            const auto pair = [&](const char *name, QColor ink, QColor ground, double atLeast) {
                QTest::newRow(qPrintable(QStringLiteral("%1 %2 %3").arg(set, name, ground.name())))
                    << ink << ground << atLeast;
            };
            const QColor grounds[] = {t.window, t.surface, t.raised, t.accentSoft, t.code};
            for (const QColor &ground : grounds) {
                pair("text", t.text, ground, kTextContrast);
                pair("muted", t.muted, ground, kTextContrast);
                pair("accent", t.accent, ground, kTextContrast);
                pair("danger", t.danger, ground, kTextContrast);
                pair("success", t.success, ground, kTextContrast);
                pair("warning", t.warning, ground, kTextContrast);
                pair("focus", t.focus, ground, kMarkContrast);
            }
            pair("text", t.text, t.dangerSoft, kTextContrast);
            pair("muted", t.muted, t.dangerSoft, kTextContrast);
            pair("danger", t.danger, t.dangerSoft, kTextContrast);
            pair("onAccent", t.onAccent, t.accent, kTextContrast);
        }
    }
    void everyTextIsReadableOnEverySurface()
    {
        QFETCH(QColor, ink);
        QFETCH(QColor, ground);
        QFETCH(double, atLeast);
        const double ratio = contrast(ink, ground);
        QVERIFY2(
            ratio >= atLeast,
            qPrintable(QStringLiteral("%1 on %2 is only %3 : 1").arg(ink.name(), ground.name()).arg(ratio)));
    }

    void stylesheetLeavesNoTokenUnfilled()
    {
        for (const Theme &theme : {lightTheme(), darkTheme()}) {
            const QString sheet = stylesheet(theme, 10);
            QVERIFY(!sheet.contains(u'@'));
            QVERIFY(!sheet.contains(QStringLiteral(": ;")));
            QVERIFY(!sheet.contains(QStringLiteral("solid ;")));
        }
    }

    void everyIconIsAValidDrawing()
    {
        ThemeManager themes;
        const QStringList names = QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")});
        QVERIFY(names.size() > 40);
        for (const QString &name : names) {
            QVERIFY2(QSvgRenderer(QStringLiteral(":/icons/") + name).isValid(), qPrintable(name));
            const QImage image = drawn(themes.icon(name.chopped(4)));
            QVERIFY2(strokeColor(image).alpha() > 0, qPrintable(name));
        }
    }

    void iconsFollowTheThemeWithoutBeingFetchedAgain()
    {
        ThemeManager themes;
        themes.setChoice(ThemeChoice::Light);
        const QIcon icon = themes.icon(QStringLiteral("plus"));
        QCOMPARE(strokeColor(drawn(icon)).rgb(), lightTheme().text.rgb());

        themes.setChoice(ThemeChoice::Dark);

        QCOMPARE(strokeColor(drawn(icon)).rgb(), darkTheme().text.rgb());
        QCOMPARE(strokeColor(drawn(icon, QIcon::Normal, QIcon::On)).rgb(), darkTheme().accent.rgb());
    }

    void labelsAndToolTipsShowMarkUpAsText()
    {
        const ThemeManager themes;
        const QString hostile = QStringLiteral("<b>goose</b><img src='file:///etc/passwd'>");
        QLabel label(hostile);
        label.show();
        QCOMPARE(label.textFormat(), Qt::PlainText);

        QToolTip::showText(QPoint(10, 10), hostile, &label);
        const auto tops = QApplication::topLevelWidgets();
        const auto tip = std::ranges::find_if(
            tops, [](const QWidget *widget) { return widget->inherits("QTipLabel") && widget->isVisible(); });
        QVERIFY(tip != tops.end());
        QCOMPARE(qobject_cast<QLabel *>(*tip)->textFormat(), Qt::PlainText);
        QToolTip::hideText();
    }

    void choiceDecidesOverTheDesktop()
    {
        ThemeManager themes;
        QSignalSpy changes(&themes, &ThemeManager::changed);

        themes.setChoice(ThemeChoice::Dark);
        QVERIFY(themes.theme().dark);
        QCOMPARE(QApplication::palette().color(QPalette::Window), darkTheme().window);
        themes.setChoice(ThemeChoice::Light);
        QVERIFY(!themes.theme().dark);
        QCOMPARE(changes.count(), 2);
    }

    void systemChoiceFollowsADesktopThatTurnsDark()
    {
        bool dark = false;
        ThemeManager themes([&dark] { return dark; });
        QVERIFY(!themes.theme().dark);

        dark = true;
        QEvent turned(QEvent::ThemeChange);
        QApplication::sendEvent(qApp, &turned);

        QVERIFY(themes.theme().dark);
    }

    void textSizeStaysWithinReason()
    {
        ThemeManager themes;
        const double ordinary = themes.font().pointSizeF();

        themes.setTextScale(1.5);
        QCOMPARE(themes.font().pointSizeF(), ordinary * 1.5);
        QCOMPARE(QApplication::font().pointSizeF(), ordinary * 1.5);
        themes.setTextScale(99);
        QCOMPARE(themes.textScale(), 2.0);
        themes.setTextScale(0);
        QCOMPARE(themes.textScale(), 0.7);
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
