#include "core/text/tokenizer_search.h"

#include "core/base/text.h"

#include <algorithm>
#include <optional>

namespace volary {

namespace fs = std::filesystem;

namespace {

constexpr int kWorldRowsMin = 65530; // the ids in use; embeddings are padded up to the next power of two
constexpr int kWorldRowsMax = 65536;
constexpr int kByteRows = 256;
constexpr std::string_view kSentencepieceName = "tokenizer.model";
constexpr std::string_view kBpeName = "tokenizer.json";
constexpr std::string_view kNeoxName = "20B_tokenizer.json";        // of RWKV-4 Pile models
constexpr std::string_view kVocabularyName = "vocab.json";          // with merges.txt
constexpr std::string_view kWorldName = "rwkv_vocab_v20230424.txt"; // the one in use since 2023

bool needsWorldVocabulary(int rows)
{
    return rows >= kWorldRowsMin && rows <= kWorldRowsMax;
}

// The tokenizers that are files of a fixed name.
std::optional<fs::path> findNamed(const fs::path &folder)
{
    for (const std::string_view name : {kSentencepieceName, kBpeName, kNeoxName, kVocabularyName}) {
        std::error_code ignored;
        const fs::path candidate = folder / name;
        if (fs::is_regular_file(candidate, ignored))
            return candidate;
    }
    return std::nullopt;
}

// The names end in a date, so the greatest name is the newest vocabulary. A folder that cannot be read has
// none.
std::optional<fs::path> findWorldVocabulary(const fs::path &folder)
{
    std::optional<fs::path> newest;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    while (!error && entry != fs::directory_iterator()) {
        const std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (name.starts_with("rwkv_vocab_v") && name.ends_with(".txt") && entry->is_regular_file(ignored))
            newest = std::max(newest, std::optional(entry->path()));
        entry.increment(error);
    }
    return newest;
}

std::optional<fs::path> findFile(const fs::path &home, std::span<const fs::path> extraFolders, int rows)
{
    if (!needsWorldVocabulary(rows)) {
        if (auto file = findNamed(home))
            return file;
        return findWorldVocabulary(home);
    }
    if (auto file = findWorldVocabulary(home))
        return file;
    if (auto file = findNamed(home))
        return file;
    for (const fs::path &folder : extraFolders)
        if (auto file = findWorldVocabulary(folder))
            return file;
    return std::nullopt;
}

Error missing(const fs::path &home, std::span<const fs::path> extraFolders, int rows)
{
    const bool isWorld = needsWorldVocabulary(rows);
    const std::string name =
        isWorld ? std::string(kWorldName) : std::string(kSentencepieceName) + " or " + std::string(kBpeName);
    std::string remedy = "Put " + name + " into " + printable(home.string(), 400);
    if (isWorld)
        for (const fs::path &folder : extraFolders)
            remedy += " or " + printable(folder.string(), 400);
    return {ErrorCode::NotFound,
            "The model has " + formatCount(std::uint64_t(std::max(rows, 0))) + " tokens, but its tokenizer " +
                name + " is missing.",
            remedy + "."};
}

} // namespace

Result<std::shared_ptr<const Tokenizer>>
findTokenizer(const fs::path &model, std::span<const fs::path> extraFolders, int vocabularyRows)
{
    std::error_code ignored;
    fs::path home = fs::is_directory(model, ignored) ? model : model.parent_path();
    if (home.empty())
        home = ".";
    const auto file = findFile(home, extraFolders, vocabularyRows);
    if (!file && vocabularyRows == kByteRows)
        return byteTokenizer();
    if (!file)
        return missing(home, extraFolders, vocabularyRows);

    TRY(auto tokenizer, openTokenizer(*file));
    if (tokenizer->vocabularySize() > vocabularyRows)
        return Error{ErrorCode::Mismatch,
                     format("The tokenizer %s has %d tokens, the model only %d.",
                            printable(file->filename().string()).c_str(), tokenizer->vocabularySize(),
                            vocabularyRows),
                     "Replace it with the tokenizer that belongs to the model."};
    return tokenizer;
}

} // namespace volary
