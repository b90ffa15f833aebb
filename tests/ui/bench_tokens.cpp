// How long the window is kept by the longest text that can be looked at token by token. Run by hand, never by
// ctest.
#include "tests/support/random.h"
#include "ui/widgets/token_run.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>

#include <cstdio>

using namespace volary;

namespace {

template <typename Work>
double ms(Work work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) * 1e-6;
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    constexpr int kTokens = 125'000, kVocabulary = 4096;
    std::vector<ui::TokenRun::Piece> pieces;
    for (int i = 0; i < kTokens; ++i) {
        const auto token = test::integer(0, kVocabulary - 1);
        pieces.push_back({QString::number(token, 36), {}, token % 30 == 0});
    }
    ui::ThemeManager themes;
    ui::TokenRun run(themes, ui::TokenRun::Look::Text, "Tokens");
    run.resize(1200, 900);
    run.show();
    run.setColours([&](int index) { return index % 2 == 0 ? themes.theme().accentSoft : QColor(); });
    const double laidOut = ms([&] { run.append(pieces); });
    const double again = ms([&] { run.resize(900, 900), application.sendPostedEvents(); });
    QImage picture(run.size(), QImage::Format_RGB32);
    run.render(&picture);
    const double painted = ms([&] { run.render(&picture); });
    const double chosen = ms([&] { run.select(kTokens - 1); });
    std::printf(
        "%d tokens: laid out in %.1f ms, again at another width in %.1f ms, a page painted in %.1f ms, "
        "the last one chosen in %.1f ms\n",
        kTokens, laidOut, again, painted, chosen);
}
