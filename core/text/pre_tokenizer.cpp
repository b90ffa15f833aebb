#include "core/text/pre_tokenizer.h"

#include "core/text/unicode.h"

#include <string>

namespace volary {

namespace {

// Positions are numbers of characters. Every rule returns the end of its match, or its start when it does not
// match.
class Cutter {
public:
    Cutter(PreTokenizer kind, std::string_view text)
        : m_qwen(kind == PreTokenizer::Qwen2), m_text(text), m_characters(classify(text))
    {}

    std::vector<std::string_view> cut() const
    {
        std::vector<std::string_view> pieces;
        for (std::size_t at = 0; at < m_characters.size();) {
            const std::size_t end = next(at);
            const std::size_t from = m_characters[at].offset;
            const std::size_t to = end < m_characters.size() ? m_characters[end].offset : m_text.size();
            pieces.push_back(m_text.substr(from, to - from));
            at = end;
        }
        return pieces;
    }

private:
    using Rule = std::size_t (Cutter::*)(std::size_t) const;

    std::size_t next(std::size_t at) const
    {
        for (const Rule rule : {&Cutter::contraction, &Cutter::word, &Cutter::number, &Cutter::marks,
                                &Cutter::lines, &Cutter::spaces}) {
            if (const std::size_t end = (this->*rule)(at); end > at)
                return end;
        }
        return at + 1; // not reached: every class of characters has a rule
    }

    bool is(std::size_t at, CharacterClass kind) const
    {
        return at < m_characters.size() && m_characters[at].kind == kind;
    }
    bool isSpace(std::size_t at) const
    {
        return is(at, CharacterClass::Space) || is(at, CharacterClass::LineEnd);
    }
    char ascii(std::size_t at) const { return at < m_characters.size() ? m_characters[at].ascii : '\0'; }

    std::size_t run(std::size_t at, CharacterClass kind) const
    {
        while (is(at, kind))
            ++at;
        return at;
    }

    char folded(std::size_t at) const
    {
        const char c = ascii(at);
        return m_qwen && c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    }

    std::size_t contraction(std::size_t at) const
    {
        if (ascii(at) != '\'')
            return at;
        const char first = folded(at + 1), second = folded(at + 2);
        if (first == 's' || first == 't' || first == 'm' || first == 'd')
            return at + 2;
        const bool two = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
                         (first == 'l' && second == 'l');
        return two ? at + 3 : at;
    }

    std::size_t word(std::size_t at) const
    {
        const bool mayLead =
            m_qwen ? is(at, CharacterClass::Space) || is(at, CharacterClass::Other) : ascii(at) == ' ';
        const std::size_t first = mayLead && is(at + 1, CharacterClass::Letter) ? at + 1 : at;
        const std::size_t end = run(first, CharacterClass::Letter);
        return end > first ? end : at;
    }

    std::size_t number(std::size_t at) const
    {
        if (m_qwen)
            return is(at, CharacterClass::Number) ? at + 1 : at;
        const std::size_t first = ascii(at) == ' ' && is(at + 1, CharacterClass::Number) ? at + 1 : at;
        const std::size_t end = run(first, CharacterClass::Number);
        return end > first ? end : at;
    }

    std::size_t marks(std::size_t at) const
    {
        const std::size_t first = ascii(at) == ' ' && is(at + 1, CharacterClass::Other) ? at + 1 : at;
        const std::size_t end = run(first, CharacterClass::Other);
        if (end == first)
            return at;
        return m_qwen ? run(end, CharacterClass::LineEnd) : end;
    }

    std::size_t endOfSpaces(std::size_t at) const
    {
        while (isSpace(at))
            ++at;
        return at;
    }

    // White space up to its last line end.
    std::size_t lines(std::size_t at) const
    {
        if (!m_qwen)
            return at;
        std::size_t end = endOfSpaces(at);
        while (end > at && !is(end - 1, CharacterClass::LineEnd))
            --end;
        return end;
    }

    // White space, but the last of it belongs to the word that follows.
    std::size_t spaces(std::size_t at) const
    {
        const std::size_t end = endOfSpaces(at);
        return end < m_characters.size() && end > at + 1 ? end - 1 : end;
    }

    bool m_qwen;
    std::string_view m_text;
    std::vector<Character> m_characters;
};

} // namespace

std::vector<std::string_view> cutIntoPieces(PreTokenizer kind, std::string_view text)
{
    return Cutter(kind, text).cut();
}

} // namespace volary
