// The tokens of a document: made piece by piece, the same whenever and wherever they are made.
#pragma once

#include "core/documents/document.h"
#include "core/text/tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace volary {

// Pieces end at chapters, and within 32 KiB after a line, a word or a character (docs/formats.md). Cutting
// there keeps memory and delays small, and gives every chapter an exact end in tokens.
class DocumentTokens {
public:
    DocumentTokens(std::string text, std::vector<Section> chapters);

    bool done() const { return m_at == m_text.size(); }
    void encodePiece(const Tokenizer &tokenizer);

    const std::vector<TokenId> &tokens() const { return m_tokens; }
    // For each chapter so far: how many tokens there are up to its end. Ascending.
    const std::vector<std::size_t> &chapterEnds() const { return m_chapterEnds; }

private:
    std::string m_text;
    std::vector<Section> m_chapters;
    std::size_t m_at = 0; // bytes encoded
    std::vector<TokenId> m_tokens;
    std::vector<std::size_t> m_chapterEnds;
};

} // namespace volary
