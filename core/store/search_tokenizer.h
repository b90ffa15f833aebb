// How text is cut into words for full-text search.
#pragma once

#include "core/store/sqlite.h"

namespace volary {

// Makes the tokenizer "volary" known to a connection: words as Unicode defines them, without case and
// diacritics, and every Han, kana and Hangul character as a word of its own. Those scripts put no spaces
// between words; searching for neighbouring characters finds any part of a sentence, even a single character,
// which an index of trigrams cannot.
Result<> addSearchTokenizer(const sqlite::Database &database);

} // namespace volary
