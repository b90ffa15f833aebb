// How long the window is kept by a wall of about 5 million numbers. Run by hand, never by ctest.
#include "tests/support/random.h"
#include "ui/inspector/state_wall.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>

#include <algorithm>
#include <cstdio>

using namespace volary;

namespace {

constexpr int kRuns = 9;

template <typename Work>
double medianMs(Work work)
{
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
        QElapsedTimer timer;
        timer.start();
        work();
        times.push_back(double(timer.nsecsElapsed()) * 1e-6);
    }
    std::ranges::sort(times);
    return times[kRuns / 2];
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    std::vector<HeadMatrix> heads;
    const std::vector<float> numbers = test::normals(64 * 64);
    for (int layer = 0; layer < 32; ++layer) {
        for (int head = 0; head < 40; ++head)
            heads.push_back({.tensor = "wkv",
                             .layer = layer,
                             .head = head,
                             .rows = 64,
                             .columns = 64,
                             .numbers = numbers,
                             .rowName = "value",
                             .columnName = "key"});
    }
    ui::ThemeManager themes;
    ui::StateWall wall(themes);
    wall.resize(1600, 1200);
    const double coloured = medianMs([&] { wall.setHeads(heads); });
    QImage picture(wall.size(), QImage::Format_RGB32);
    const double painted = medianMs([&] { wall.render(&picture); });
    std::printf("%zu numbers: taken over and coloured in %.1f ms, painted in %.1f ms\n",
                heads.size() * numbers.size(), coloured, painted);
}
