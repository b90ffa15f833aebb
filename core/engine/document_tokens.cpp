#include "core/engine/document_tokens.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::size_t kPieceBytes = 32'768;

std::size_t pieceEnd(std::string_view text, std::size_t begin, std::size_t limit)
{
    if (limit - begin <= kPieceBytes)
        return limit;
    const std::string_view piece = text.substr(begin, kPieceBytes);
    for (const char mark : {'\n', ' '}) {
        if (const std::size_t found = piece.rfind(mark); found != std::string_view::npos)
            return begin + found + 1;
    }
    std::size_t end = begin + kPieceBytes;
    while (end > begin + 1 && (text[end] & 0xC0) == 0x80)
        --end;
    return end;
}

} // namespace

DocumentTokens::DocumentTokens(std::string text, std::vector<Section> chapters)
    : m_text(std::move(text)), m_chapters(std::move(chapters))
{}

void DocumentTokens::encodePiece(const Tokenizer &tokenizer)
{
    const std::size_t chapter = m_chapterEnds.size();
    const std::size_t limit = chapter < m_chapters.size()
                                  ? std::min(std::size_t(m_chapters[chapter].end), m_text.size())
                                  : m_text.size();
    const std::size_t end = pieceEnd(m_text, m_at, limit);
    const auto tokens = tokenizer.encode(std::string_view(m_text).substr(m_at, end - m_at));
    m_tokens.insert(m_tokens.end(), tokens.begin(), tokens.end());
    m_at = end;
    if (m_at == limit && chapter < m_chapters.size())
        m_chapterEnds.push_back(m_tokens.size());
}

} // namespace volary
