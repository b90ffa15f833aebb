#include "core/text/bpe_vocabulary.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace volary {

namespace {

constexpr std::size_t kMostTokens = 4'000'000;
constexpr std::size_t kMostTokenBytes = 65'535;
constexpr std::uint64_t kLargestMerges = 64u << 20;
constexpr int kBytes = 256;

using Ids = std::unordered_map<std::string, TokenId>; // by the bytes of a token

Error corrupt(const std::string &what)
{
    return {ErrorCode::Corrupt, what, "Fetch the tokenizer's files again."};
}

Error unsupported(const std::string &what)
{
    return {ErrorCode::Unsupported, what, "Volary reads the byte-level BPE of GPT-NeoX and Qwen 2."};
}

// Files spell bytes as characters: those that can be printed stand for themselves, the others in ascending
// order for U+0100, U+0101, ...
class ByteAlphabet {
public:
    ByteAlphabet()
    {
        char32_t next = 0x100;
        for (int byte = 0; byte < kBytes; ++byte) {
            const bool printable =
                (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            m_byteOf[printable ? char32_t(byte) : next++] = char(byte);
        }
    }

    // Nothing when a character is not of the alphabet.
    std::optional<std::string> decode(std::string_view spelled) const
    {
        std::string bytes;
        for (std::size_t at = 0; at < spelled.size();) {
            const auto first = static_cast<unsigned char>(spelled[at]);
            char32_t character = first;
            if (first >= 0x80) { // the alphabet ends before U+0144: two bytes are enough
                if (at + 1 >= spelled.size() || first < 0xC2 || first > 0xC5)
                    return std::nullopt;
                character =
                    char32_t(first & 0x1F) << 6 | (static_cast<unsigned char>(spelled[at + 1]) & 0x3F);
                ++at;
            }
            ++at;
            const auto found = m_byteOf.find(character);
            if (found == m_byteOf.end())
                return std::nullopt;
            bytes += found->second;
        }
        return bytes;
    }

private:
    std::unordered_map<char32_t, char> m_byteOf;
};

class Reader {
public:
    explicit Reader(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    Result<BpeVocabulary> read(std::string_view content)
    {
        TRY(const Json root, Json::parse(content));
        if (!root.object())
            return corrupt("the file is no JSON object");
        if (const Json *const model = root.find("model"))
            TRY_(readTokenizerJson(root, *model));
        else
            TRY_(readVocabularyAndMerges(root));
        TRY_(findSingleBytes());
        return std::move(m_result);
    }

    Result<BpeVocabulary> read(const BpeLists &lists)
    {
        if (lists.tokens.size() > kMostTokens)
            return corrupt(format("the vocabulary has more than %zu tokens", kMostTokens));
        for (std::size_t id = 0; id < lists.tokens.size(); ++id) {
            TRY_(readListed(lists.tokens[id], std::int64_t(id),
                            id < lists.types.size() ? lists.types[id] : 1));
        }
        for (const std::string &merge : lists.merges) {
            TRY_(addMerge(merge));
        }
        TRY_(choosePreTokenizer(lists.preTokenizer));
        TRY_(findSingleBytes());
        return std::move(m_result);
    }

private:
    enum ListedType : std::int64_t { Control = 3, UserDefined = 4, Unused = 5 };

    Result<> readListed(const std::string &spelled, std::int64_t id, std::int64_t type)
    {
        if (type == Unused)
            return {};
        if (type == Control || type == UserDefined) {
            if (spelled.empty() || spelled.size() > kMostTokenBytes || !m_added.insert(spelled).second)
                return corrupt(format("the added token %lld, “%s”, is empty, too long or there twice",
                                      static_cast<long long>(id), printable(spelled, 40).c_str()));
            TRY_(place(spelled, Json(id), "the vocabulary"));
            (type == Control ? m_result.special : m_result.found).push_back(TokenId(id));
            return {};
        }
        const auto bytes = m_alphabet.decode(spelled);
        if (!bytes || bytes->empty() || bytes->size() > kMostTokenBytes)
            return corrupt(format("the token %lld, “%s”, is not spelled in bytes", static_cast<long long>(id),
                                  printable(spelled, 40).c_str()));
        TRY_(place(*bytes, Json(id), "the vocabulary"));
        m_ids.emplace(*bytes, TokenId(id));
        return {};
    }

    Result<> choosePreTokenizer(std::string_view name)
    {
        const bool qwen = name == "qwen2" || name == "deepseek-r1-qwen";
        if (!qwen && name != "gpt-2" && name != "default" && !name.empty())
            return unsupported("tokenizer.ggml.pre is " + printable(name) + ", a way of cutting texts");
        m_result.preTokenizer = qwen ? PreTokenizer::Qwen2 : PreTokenizer::Gpt2;
        m_result.composes = qwen;
        return {};
    }

    Result<> addMerge(std::string_view line)
    {
        const std::size_t space = std::min(line.find(' '), line.size());
        return addMerge(line.substr(0, space), line.substr(std::min(space + 1, line.size())));
    }

    Result<> readTokenizerJson(const Json &root, const Json &model)
    {
        if (const Json *const type = model.find("type"); type && type->stringOr("BPE") != "BPE")
            return unsupported("the field model.type is " + printable(type->stringOr("")) + ", not BPE");
        for (const char *const option : {"byte_fallback", "ignore_merges"}) {
            const Json *const value = model.find(option);
            if (value && value->boolOr(false))
                return unsupported(std::string("the field model.") + option + " is set");
        }
        TRY_(readVocabulary(model.find("vocab"), "model.vocab"));
        TRY_(readAddedTokens(root.find("added_tokens")));
        TRY_(readMerges(model.find("merges")));
        const Json *const normalizer = root.find("normalizer");
        if (normalizer && !normalizer->isNull()) {
            const Json *const type = normalizer->find("type");
            if (!type || type->stringOr("") != "NFC")
                return unsupported("the field normalizer.type is not NFC");
            m_result.composes = true;
        }
        return readPreTokenizer(root.find("pre_tokenizer"));
    }

    Result<> readVocabulary(const Json *vocabulary, const char *field)
    {
        if (!vocabulary || !vocabulary->object())
            return corrupt(format("the field %s is missing", field));
        if (vocabulary->object()->size() > kMostTokens)
            return corrupt(format("the field %s has more than %zu tokens", field, kMostTokens));
        for (const auto &[spelled, id] : *vocabulary->object()) {
            const auto bytes = m_alphabet.decode(spelled);
            if (!bytes || bytes->empty() || bytes->size() > kMostTokenBytes)
                return corrupt(format("the token “%s” in %s is not spelled in bytes",
                                      printable(spelled, 40).c_str(), field));
            TRY_(place(*bytes, id, field));
            m_ids.emplace(*bytes, TokenId(*id.integer()));
        }
        return {};
    }

    Result<> place(const std::string &bytes, const Json &id, const char *field)
    {
        const std::int64_t *const number = id.integer();
        if (!number || *number < 0 || std::uint64_t(*number) >= kMostTokens)
            return corrupt(
                format("the token “%s” in %s has no valid id", printable(bytes, 40).c_str(), field));
        auto &tokens = m_result.tokens;
        if (tokens.size() <= std::size_t(*number))
            tokens.resize(std::size_t(*number) + 1);
        std::string &slot = tokens[std::size_t(*number)];
        if (!slot.empty() && slot != bytes)
            return corrupt(format("the id %lld stands for two tokens, “%s” and “%s”",
                                  static_cast<long long>(*number), printable(slot, 40).c_str(),
                                  printable(bytes, 40).c_str()));
        slot = bytes;
        return {};
    }

    Result<> readAddedTokens(const Json *added)
    {
        if (!added || added->isNull())
            return {};
        if (!added->array())
            return corrupt("the field added_tokens is no list");
        for (const Json &entry : *added->array()) {
            const Json *const content = entry.find("content"), *const id = entry.find("id");
            if (!content || !content->string() || content->string()->empty() || !id ||
                content->string()->size() > kMostTokenBytes)
                return corrupt("an entry of added_tokens has no content or no id");
            TRY_(place(*content->string(), *id, "added_tokens"));
            const Json *const special = entry.find("special");
            if (!m_added.insert(*content->string()).second)
                return corrupt(
                    format("added_tokens has “%s” twice", printable(*content->string(), 40).c_str()));
            auto &list = special && special->boolOr(false) ? m_result.special : m_result.found;
            list.push_back(TokenId(*id->integer()));
        }
        return {};
    }

    Result<> readMerges(const Json *merges)
    {
        if (!merges || !merges->array())
            return corrupt("the field model.merges is missing");
        for (const Json &merge : *merges->array()) {
            if (const std::string *const text = merge.string()) {
                TRY_(addMerge(*text));
                continue;
            }
            std::string_view left, right;
            if (merge.array() && merge.array()->size() == 2 && (*merge.array())[0].string() &&
                (*merge.array())[1].string()) {
                left = *(*merge.array())[0].string();
                right = *(*merge.array())[1].string();
            }
            TRY_(addMerge(left, right));
        }
        return {};
    }

    Result<> addMerge(std::string_view left, std::string_view right)
    {
        const auto a = m_alphabet.decode(left), b = m_alphabet.decode(right);
        const auto rank = std::uint32_t(m_result.merges.size());
        const auto known = [&](const std::optional<std::string> &bytes) {
            return bytes && !bytes->empty() && m_ids.contains(*bytes);
        };
        if (!known(a) || !known(b) || !m_ids.contains(*a + *b))
            return corrupt(
                format("the merge number %u, of “%s” and “%s”, does not lead from tokens to a token", rank,
                       printable(left, 40).c_str(), printable(right, 40).c_str()));
        const std::uint64_t key = std::uint64_t(m_ids[*a]) << 32 | std::uint32_t(m_ids[*b]);
        m_result.merges.emplace(key, BpeMerge{rank, m_ids[*a + *b]});
        return {};
    }

    // ByteLevel alone cuts as GPT-2 did; Qwen puts its own expression before it.
    Result<> readPreTokenizer(const Json *preTokenizer)
    {
        const std::string described = preTokenizer ? preTokenizer->dump() : "null";
        if (described.find("\"ByteLevel\"") == std::string::npos)
            return unsupported("the field pre_tokenizer is not ByteLevel");
        if (described.find("\"add_prefix_space\":true") != std::string::npos)
            return unsupported("the field pre_tokenizer asks for a space before every text");
        const bool split = described.find("\"Split\"") != std::string::npos;
        if (split && described.find("[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}|") == std::string::npos)
            return unsupported("the field pre_tokenizer cuts by an expression that Volary does not know");
        m_result.preTokenizer = split ? PreTokenizer::Qwen2 : PreTokenizer::Gpt2;
        return {};
    }

    // A vocab.json with merges.txt says nothing of how to cut: of the models that Volary runs only Qwen has
    // them.
    Result<> readVocabularyAndMerges(const Json &root)
    {
        TRY_(readVocabulary(&root, "vocab.json"));
        TRY(const std::string merges, readFile(m_folder / "merges.txt", kLargestMerges));
        std::string_view rest = merges;
        for (bool first = true; !rest.empty(); first = false) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            if (line.empty() || (first && line.starts_with("#version")))
                continue;
            TRY_(addMerge(line));
        }
        m_result.preTokenizer = PreTokenizer::Qwen2;
        m_result.composes = true;
        return {};
    }

    Result<> findSingleBytes()
    {
        for (int byte = 0; byte < kBytes; ++byte) {
            const auto found = m_ids.find(std::string(1, char(byte)));
            const bool inUtf8 = byte != 0xC0 && byte != 0xC1 && byte < 0xF5;
            if (found == m_ids.end() && inUtf8)
                return corrupt(
                    format("the vocabulary has no token for the single byte %02X, so that some texts "
                           "would have no tokens",
                           unsigned(byte)));
            m_result.ofByte.push_back(found == m_ids.end() ? kNoByte : found->second);
        }
        return {};
    }

    std::filesystem::path m_folder;
    ByteAlphabet m_alphabet;
    Ids m_ids;
    std::unordered_set<std::string> m_added;
    BpeVocabulary m_result;
};

} // namespace

Result<BpeVocabulary> makeBpeVocabulary(const BpeLists &lists)
{
    return Reader({}).read(lists);
}

Result<BpeVocabulary> parseBpeVocabulary(std::string_view content, const std::filesystem::path &folder)
{
    return Reader(folder).read(content);
}

} // namespace volary
