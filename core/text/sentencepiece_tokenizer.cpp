#include "core/text/sentencepiece_tokenizer.h"

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/text/utf8_scan.h"

#include <sentencepiece_processor.h>

#include <array>
#include <charconv>
#include <optional>

namespace volary {

namespace {

using sentencepiece::SentencePieceProcessor;

constexpr std::string_view kMetaSymbol = "\xE2\x96\x81"; // U+2581: how the library writes a space
constexpr TokenId kNoPiece = -1;

// Spaces at both ends and in a row, line breaks, and characters that the usual normalisations rewrite: an fi
// ligature, a circled digit, a decomposed letter.
constexpr std::string_view kProbe = "  a  b\n\n\tc \xEF\xAC\x81\xE2\x91\xA0"
                                    "e\xCC\x81 ";

std::string withSpaces(std::string_view piece)
{
    std::string text;
    while (!piece.empty()) {
        const std::size_t meta = std::min(piece.find(kMetaSymbol), piece.size());
        text.append(piece.substr(0, meta));
        piece.remove_prefix(meta);
        if (!piece.empty()) {
            text.push_back(' ');
            piece.remove_prefix(kMetaSymbol.size());
        }
    }
    return text;
}

// "<0x0A>" -> 10.
std::optional<unsigned char> byteOfPiece(std::string_view piece)
{
    unsigned char byte = 0;
    if (piece.size() != 6 || !piece.starts_with("<0x") || !piece.ends_with('>'))
        return std::nullopt;
    const auto [end, code] = std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
    if (code != std::errc() || end != piece.data() + 5)
        return std::nullopt;
    return byte;
}

class SentencepieceTokenizer final : public Tokenizer {
public:
    static Result<std::shared_ptr<const Tokenizer>> load(std::string_view model)
    {
        auto tokenizer = std::make_shared<SentencepieceTokenizer>();
        const auto status = tokenizer->m_processor.LoadFromSerializedProto(model);
        if (!status.ok())
            return Error{ErrorCode::Corrupt,
                         "the sentencepiece library refuses it (" + printable(status.ToString()) + ")",
                         "Download the file again."};
        TRY_(tokenizer->readPieces());
        Sha256 hash;
        hash.update(tokenizer->kind());
        hash.update(model);
        tokenizer->m_identity = toHex(hash.finish());
        return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
    }

    std::string_view kind() const override { return "sentencepiece"; }
    int vocabularySize() const override { return static_cast<int>(m_pieces.size()); }
    const std::string &identity() const override { return m_identity; }
    std::optional<TokenId> specialToken(std::string_view name) const override
    {
        const TokenId id = m_processor.PieceToId(name);
        return m_processor.IsControl(id) && m_processor.IdToPiece(id) == name ? std::optional(id)
                                                                              : std::nullopt;
    }

    bool isDefined(TokenId id) const override { return isInside(id) && m_pieces[std::size_t(id)].isDefined; }

    std::string_view bytes(TokenId id) const override
    {
        return isInside(id) ? std::string_view(m_pieces[std::size_t(id)].bytes) : std::string_view();
    }

    std::vector<TokenId> encode(std::string_view text) const override
    {
        std::vector<TokenId> ids;
        while (!text.empty()) {
            const std::size_t plain = plainPrefix(text);
            if (plain > 0) {
                appendPieces(ids, text.substr(0, plain));
                text.remove_prefix(plain);
            } else {
                const std::size_t foreign = scanUtf8(text).bytes;
                appendBytes(ids, text.substr(0, foreign));
                text.remove_prefix(foreign);
            }
        }
        return ids;
    }

private:
    struct Piece {
        std::string bytes;
        bool isDefined;
    };

    bool isInside(TokenId id) const { return id >= 0 && id < vocabularySize(); }

    Result<> readPieces()
    {
        m_bytePieces.fill(kNoPiece);
        const int count = m_processor.GetPieceSize();
        for (TokenId id = 0; id < count; ++id) {
            const std::string &piece = m_processor.IdToPiece(id);
            const bool stands = !m_processor.IsUnknown(id) && !m_processor.IsUnused(id);
            if (m_processor.IsControl(id) || !stands) {
                m_pieces.push_back({{}, stands});
            } else if (m_processor.IsByte(id)) {
                const auto byte = byteOfPiece(piece);
                if (!byte)
                    return Error{ErrorCode::Corrupt,
                                 format("piece %d, %s, names no byte", id, printable(piece).c_str()),
                                 "Download the file again."};
                m_pieces.push_back({std::string(1, static_cast<char>(*byte)), true});
                m_bytePieces[*byte] = id;
            } else {
                m_pieces.push_back({withSpaces(piece), true});
            }
        }
        return checkLossless();
    }

    Result<> checkLossless() const
    {
        for (std::size_t byte = 0; byte < m_bytePieces.size(); ++byte)
            if (m_bytePieces[byte] == kNoPiece)
                return Error{ErrorCode::Unsupported,
                             format("the sentencepiece model has no piece for the byte %02zX, so some texts "
                                    "would be lost",
                                    byte),
                             "Use a model that was trained with byte fallback."};
        std::vector<TokenId> ids;
        if (!m_processor.Encode(kProbe, &ids).ok() || decode(ids) != kProbe)
            return Error{ErrorCode::Unsupported,
                         "the sentencepiece model rewrites text (it normalises it or adds spaces)",
                         "Use a model that was trained without normalisation and without a dummy prefix."};
        return {};
    }

    // How many bytes at the front the library passes on unchanged.
    static std::size_t plainPrefix(std::string_view text)
    {
        std::size_t plain = 0;
        while (plain < text.size()) {
            const std::string_view rest = text.substr(plain);
            const Utf8Unit unit = scanUtf8(rest);
            if (unit.kind != Utf8Kind::Character || rest[0] == '\0' || rest.starts_with(kMetaSymbol))
                break;
            plain += unit.bytes;
        }
        return plain;
    }

    void appendPieces(std::vector<TokenId> &ids, std::string_view text) const
    {
        std::vector<TokenId> pieces;
        // Losing a character silently would be worse than tokens the model has seldom seen.
        if (m_processor.Encode(text, &pieces).ok() && decode(pieces) == text)
            ids.insert(ids.end(), pieces.begin(), pieces.end());
        else
            appendBytes(ids, text);
    }

    void appendBytes(std::vector<TokenId> &ids, std::string_view text) const
    {
        for (const char byte : text)
            ids.push_back(m_bytePieces[static_cast<unsigned char>(byte)]);
    }

    SentencePieceProcessor m_processor; // const calls are thread-safe
    std::vector<Piece> m_pieces;
    std::array<TokenId, 256> m_bytePieces{};
    std::string m_identity;
};

} // namespace

Result<std::shared_ptr<const Tokenizer>> sentencepieceTokenizer(std::string_view model)
{
    return SentencepieceTokenizer::load(model);
}

} // namespace volary
