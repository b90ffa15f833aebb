// Documents to read: made-up words in chapters, different on every run.
#pragma once

#include "core/documents/sections.h"
#include "tests/support/random.h"

namespace volary::test {

inline Document madeUpBook(int chapters, int paragraphs)
{
    static const std::vector<std::string> words{"the",   "duck", "river", "swims", "over", "a",
                                                "stone", "and",  "sees",  "Mia",   "old",  "boat",
                                                "who",   "said", "that",  "house"};
    Document book;
    book.title = "A made-up book";
    book.format = DocumentFormat::Markdown;
    for (int chapter = 1; chapter <= chapters; ++chapter) {
        book.text += "# Chapter " + std::to_string(chapter) + "\n\n";
        for (int paragraph = 0; paragraph < paragraphs; ++paragraph) {
            for (int i = integer(20, 60); i > 0; --i)
                book.text += words[std::size_t(integer(0, int(words.size()) - 1))] + (i > 1 ? " " : ".\n\n");
        }
    }
    book.sections = sectionsFrom(book.text, markdownHeadings(book.text));
    return book;
}

} // namespace volary::test
