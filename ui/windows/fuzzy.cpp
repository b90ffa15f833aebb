#include "ui/windows/fuzzy.h"

#include <algorithm>
#include <vector>

namespace volary::ui {

namespace {

constexpr int kLetter = 4;
constexpr int kWordStart = 10;
constexpr int kRun = 8;
constexpr int kFirstLetter = 6;
constexpr int kLongestGapCost = 6;
constexpr int kImpossible = -1'000'000;

bool startsWord(QStringView text, qsizetype at)
{
    return at == 0 || !text[at - 1].isLetterOrNumber() || (text[at].isUpper() && text[at - 1].isLower());
}

int bonus(QStringView text, qsizetype at)
{
    return kLetter + (startsWord(text, at) ? kWordStart : 0) + (at == 0 ? kFirstLetter : 0);
}

} // namespace

std::optional<int> fuzzyScore(QStringView typed, QStringView text)
{
    // best[j]: the best score with the letters so far, the last of them at text[j].
    std::vector<int> best;
    bool first = true;
    for (const QChar letter : typed) {
        if (letter.isSpace())
            continue;
        std::vector<int> next(std::size_t(text.size()), kImpossible);
        int reachable = kImpossible; // the best of best[0 .. j-2] after gaps
        for (qsizetype j = 0; j < text.size(); ++j) {
            if (!first && j >= 2)
                reachable = std::max(reachable - 1, best[std::size_t(j - 2)] - 1);
            if (text[j].toCaseFolded() != letter.toCaseFolded())
                continue;
            const int here = bonus(text, j);
            int &score = next[std::size_t(j)];
            if (first)
                score = here - int(std::min<qsizetype>(j, kLongestGapCost));
            else if (j >= 1)
                score = std::max(best[std::size_t(j - 1)] + here + kRun, reachable + here);
        }
        best = std::move(next);
        first = false;
    }
    if (first)
        return 0; // nothing typed: everything fits
    const auto top = std::max_element(best.begin(), best.end());
    // Stays far from kImpossible for any text that fits, as texts are short.
    if (top == best.end() || *top < kImpossible / 2)
        return std::nullopt;
    return *top * 4 - int(std::min<qsizetype>(text.size(), 100)) / 4;
}

} // namespace volary::ui
