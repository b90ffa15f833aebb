#include "core/documents/sections.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace volary {
namespace {

constexpr std::size_t kMaxSections = 2'000;
constexpr std::size_t kMaxChapters = 64;
constexpr std::size_t kLongestTitle = 120;
constexpr std::size_t kLongestChapterLine = 80;
constexpr std::size_t kShortestChapter = 200; // bytes: less stands in a table of contents
constexpr std::size_t kCutBytes = 24'000;     // sections by length: about ten pages

constexpr std::array<std::string_view, 8> kWords{"chapter", "book",   "part",    "volume",
                                                 "act",     "letter", "section", "canto"};
constexpr std::array<std::string_view, 14> kNumbers{"one",   "two",    "three", "four", "five",
                                                    "six",   "seven",  "eight", "nine", "ten",
                                                    "first", "second", "third", "the"};

std::string lowerAscii(std::string_view text)
{
    std::string lower(text);
    for (char &c : lower)
        c = c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
    return lower;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(" \t*_");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t*_") + 1 - begin);
}

// Cut before a character that would not fit whole.
std::string shortened(std::string_view title)
{
    if (title.size() <= kLongestTitle)
        return std::string(title);
    std::size_t end = kLongestTitle;
    while (end > 0 && (title[end] & 0xC0) == 0x80)
        --end;
    return std::string(title.substr(0, end)) + "…";
}

bool isNumber(std::string_view word)
{
    while (!word.empty() && (word.back() == '.' || word.back() == ':' || word.back() == ','))
        word.remove_suffix(1);
    if (word.empty())
        return false;
    if (std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; }))
        return true;
    if (std::ranges::all_of(
            word, [](char c) { return std::string_view("ivxlcdm").find(c) != std::string_view::npos; }))
        return true;
    return std::ranges::find(kNumbers, word) != kNumbers.end();
}

bool isChapterLine(std::string_view line)
{
    if (line.empty() || line.size() > kLongestChapterLine)
        return false;
    const std::string lower = lowerAscii(line);
    const std::size_t space = lower.find(' ');
    if (space == std::string::npos)
        return false;
    const std::string_view rest = std::string_view(lower).substr(space + 1);
    return std::ranges::find(kWords, std::string_view(lower).substr(0, space)) != kWords.end() &&
           isNumber(rest.substr(0, rest.find_first_of(" :,")));
}

// Calls `see` with each line and its place.
template <typename See>
void forEachLine(std::string_view text, const See &see)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        see(text.substr(at, end - at), at);
        at = end + 1;
    }
}

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \n\t") == std::string_view::npos;
}

std::size_t cutAfter(std::string_view text, std::size_t begin)
{
    if (text.size() - begin <= kCutBytes + kCutBytes / 2)
        return text.size();
    const std::size_t around = begin + kCutBytes;
    for (const std::string_view mark : {"\n\n", "\n", " "}) {
        const std::size_t found = text.substr(0, around).rfind(mark);
        if (found != std::string_view::npos && found > begin + kCutBytes / 2)
            return found + mark.size();
    }
    std::size_t end = around;
    while (end > begin && (text[end] & 0xC0) == 0x80)
        --end;
    return end;
}

std::vector<Section> sectionsByLength(std::string_view text)
{
    std::vector<Section> sections;
    const std::size_t whole = text.size();
    for (std::size_t begin = 0; begin < whole;) {
        const std::size_t end = sections.size() + 1 == kMaxSections ? whole : cutAfter(text, begin);
        sections.push_back({format("Part %zu", sections.size() + 1), 1, begin, end});
        begin = end;
    }
    if (sections.size() == 1)
        sections.front().title = "Whole text";
    return sections;
}

} // namespace

std::vector<Heading> markdownHeadings(std::string_view text)
{
    std::vector<Heading> headings;
    std::string_view fence;
    forEachLine(text, [&](std::string_view line, std::size_t at) {
        const std::string_view mark = line.substr(0, 3);
        if (mark == "```" || mark == "~~~") {
            if (fence.empty())
                fence = mark;
            else if (fence == mark)
                fence = {};
            return;
        }
        const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
        if (!fence.empty() || level < 1 || level > 6 || level == line.size() || line[level] != ' ')
            return;
        std::string_view title = trimmed(line.substr(level));
        while (!title.empty() && (title.back() == '#' || title.back() == ' '))
            title.remove_suffix(1);
        if (!title.empty())
            headings.push_back({shortened(title), int(level), at});
    });
    return headings;
}

std::vector<Heading> chapterLines(std::string_view text)
{
    std::vector<Heading> found;
    bool afterBlank = true;
    forEachLine(text, [&](std::string_view line, std::size_t at) {
        const std::string_view words = trimmed(line);
        if (afterBlank && isChapterLine(words))
            found.push_back({std::string(words), 1, at});
        afterBlank = words.empty();
    });
    std::vector<Heading> headings;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const std::uint64_t end = i + 1 < found.size() ? found[i + 1].begin : text.size();
        if (end - found[i].begin >= kShortestChapter)
            headings.push_back(std::move(found[i]));
    }
    return headings;
}

std::vector<Section> sectionsFrom(std::string_view text, const std::vector<Heading> &headings)
{
    if (headings.size() < 2 || headings.size() > kMaxSections)
        return sectionsByLength(text);
    const int top = std::ranges::min(headings, {}, &Heading::level).level;
    std::vector<Section> sections;
    std::uint64_t begin = headings.front().begin;
    if (!isBlank(text.substr(0, std::size_t(begin))))
        sections.push_back({"Beginning", 1, 0, begin});
    else
        begin = 0;
    for (std::size_t i = 0; i < headings.size(); ++i) {
        const std::uint64_t end = i + 1 < headings.size() ? headings[i + 1].begin : text.size();
        sections.push_back({shortened(headings[i].title), headings[i].level - top + 1, begin, end});
        begin = end;
    }
    return sections;
}

std::vector<Section> chaptersOf(const std::vector<Section> &sections)
{
    std::vector<Section> chapters;
    for (const Section &section : sections) {
        if (section.level == 1 || chapters.empty())
            chapters.push_back(section);
        else
            chapters.back().end = section.end;
    }
    if (chapters.size() <= kMaxChapters)
        return chapters;
    const std::size_t each = (chapters.size() + kMaxChapters - 1) / kMaxChapters;
    std::vector<Section> joined;
    for (std::size_t i = 0; i < chapters.size(); i += each) {
        const Section &last = chapters[std::min(i + each, chapters.size()) - 1];
        joined.push_back(chapters[i]);
        joined.back().end = last.end;
        if (last.begin != joined.back().begin)
            joined.back().title += " – " + last.title;
    }
    return joined;
}

} // namespace volary
