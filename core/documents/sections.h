// The parts of a text: where they begin and what they are called.
#pragma once

#include "core/documents/document.h"
#include "core/documents/html.h"

#include <string_view>
#include <vector>

namespace volary {

// Headings of Markdown: lines that begin with one to six "#", outside of fenced code.
std::vector<Heading> markdownHeadings(std::string_view text);

// Lines that stand alone and read "Chapter 12", "BOOK IV", "Part Two: The Sea" and the like. A table of
// contents, where they follow one another, does not count.
std::vector<Heading> chapterLines(std::string_view text);

// Sections from headings, in their order and without gaps; text before the first heading is one of its own.
// With fewer than two headings the text is cut by length, at the ends of paragraphs.
std::vector<Section> sectionsFrom(std::string_view text, const std::vector<Heading> &headings);

// What is summarised one by one: the sections of the first level, each with those inside it; neighbours
// joined where there are more than 64.
std::vector<Section> chaptersOf(const std::vector<Section> &sections);

} // namespace volary
