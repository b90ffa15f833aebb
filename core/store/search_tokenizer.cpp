#include "core/store/search_tokenizer.h"

#include <sqlite3.h>

#include <memory>

namespace volary {

namespace {

using TokenSink = int (*)(void *context, int flags, const char *token, int bytes, int start, int end);

// What all instances share: FTS5's own tokenizer, which finds the words.
struct Words {
    fts5_tokenizer functions;
    void *context;
};

struct Instance {
    fts5_tokenizer functions;
    Fts5Tokenizer *words = nullptr;
};

bool standsAlone(char32_t c)
{
    return (c >= 0x2E80 && c <= 0x2FDF) || // radicals
           (c >= 0x3005 && c <= 0x3007) || // iteration mark, closing mark, zero
           (c >= 0x3040 && c <= 0x30FF) || // hiragana, katakana
           (c >= 0x3100 && c <= 0x31FF) || // bopomofo, Hangul letters, katakana extensions
           (c >= 0x3400 && c <= 0x4DBF) || // Han
           (c >= 0x4E00 && c <= 0x9FFF) || //
           (c >= 0xAC00 && c <= 0xD7AF) || // Hangul syllables
           (c >= 0xF900 && c <= 0xFAFF) || // compatibility Han
           (c >= 0x20000 && c <= 0x323AF); // Han, further planes
}

struct Character {
    char32_t code;
    int bytes;
};

// The character at `at`. Bytes that are no UTF-8 count as single characters of code 0: the text never stands
// alone.
Character characterAt(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    const int bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (bytes == 1 || at + std::size_t(bytes) > text.size())
        return {0, 1};
    char32_t code = first & (0x7Fu >> bytes);
    for (int i = 1; i < bytes; ++i) {
        if ((byte(std::size_t(i)) & 0xC0) != 0x80)
            return {0, 1};
        code = (code << 6) | (byte(std::size_t(i)) & 0x3Fu);
    }
    return {code, bytes};
}

// Passes words on with their place in the whole text.
struct Shifted {
    TokenSink sink;
    void *context;
    int start;
};

int passOn(void *context, int flags, const char *token, int bytes, int start, int end)
{
    const auto *shifted = static_cast<const Shifted *>(context);
    return shifted->sink(shifted->context, flags, token, bytes, shifted->start + start, shifted->start + end);
}

int tokenizeWords(const Instance &instance, void *context, int flags, std::string_view text, int start,
                  int end, TokenSink sink)
{
    if (start == end)
        return SQLITE_OK;
    Shifted shifted{sink, context, start};
    return instance.functions.xTokenize(instance.words, &shifted, flags, text.data() + start, end - start,
                                        passOn);
}

int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *bytes, int size, TokenSink sink)
{
    const auto &instance = *reinterpret_cast<const Instance *>(tokenizer);
    const std::string_view text(bytes ? bytes : "", bytes ? std::size_t(size) : 0);
    int wordsStart = 0;
    for (int at = 0; at < int(text.size());) {
        const Character character = characterAt(text, std::size_t(at));
        const int next = at + character.bytes;
        if (standsAlone(character.code)) {
            int code = tokenizeWords(instance, context, flags, text, wordsStart, at, sink);
            if (code == SQLITE_OK)
                code = sink(context, 0, text.data() + at, character.bytes, at, next);
            if (code != SQLITE_OK)
                return code;
            wordsStart = next;
        }
        at = next;
    }
    return tokenizeWords(instance, context, flags, text, wordsStart, int(text.size()), sink);
}

void destroy(Fts5Tokenizer *tokenizer)
{
    const std::unique_ptr<Instance> instance(reinterpret_cast<Instance *>(tokenizer));
    instance->functions.xDelete(instance->words);
}

int create(void *context, const char **, int, Fts5Tokenizer **made)
{
    const auto &words = *static_cast<const Words *>(context);
    const char *arguments[] = {"remove_diacritics", "2"};
    auto instance = std::make_unique<Instance>(Instance{words.functions});
    const int code = words.functions.xCreate(words.context, arguments, 2, &instance->words);
    if (code == SQLITE_OK)
        *made = reinterpret_cast<Fts5Tokenizer *>(instance.release());
    return code;
}

Result<fts5_api *> searchInterface(const sqlite::Database &database)
{
    fts5_api *api = nullptr;
    sqlite3_stmt *statement = nullptr;
    int code = sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &statement, nullptr);
    if (code != SQLITE_OK)
        return database.failure(code);
    sqlite3_bind_pointer(statement, 1, static_cast<void *>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
    code = sqlite3_finalize(statement);
    if (code != SQLITE_OK || !api)
        return database.failure(code != SQLITE_OK ? code : SQLITE_NOMEM);
    return api;
}

} // namespace

Result<> addSearchTokenizer(const sqlite::Database &database)
{
    TRY(fts5_api *const api, searchInterface(database));
    auto words = std::make_unique<Words>();
    int code = api->xFindTokenizer(api, "unicode61", &words->context, &words->functions);
    if (code != SQLITE_OK)
        return database.failure(code);
    fts5_tokenizer functions{create, destroy, tokenize};
    code = api->xCreateTokenizer(api, "volary", words.get(), &functions,
                                 [](void *context) { delete static_cast<Words *>(context); });
    if (code != SQLITE_OK)
        return database.failure(code);
    static_cast<void>(words.release()); // owned by the connection now
    return {};
}

} // namespace volary
