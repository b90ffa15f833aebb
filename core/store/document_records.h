// What the library keeps of documents: the text once, and for each model that read it how far it came.
#pragma once

#include "core/documents/document.h"
#include "core/session/snapshot_image.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace volary {

using DocumentId = std::int64_t;
using ReadingId = std::int64_t;

// How far one model has read one document.
struct Reading {
    ReadingId id = 0;
    DocumentId document = 0;
    std::string fingerprint; // of the model
    std::string tokenizer;
    std::string modelName;
    std::int64_t tokens = 0;              // of the whole text
    std::int64_t position = 0;            // of these are read
    std::optional<std::int64_t> snapshot; // the state there
    std::int64_t updatedMs = 0;
    bool damaged = false; // read only: does not match its hash

    bool complete() const { return tokens > 0 && position == tokens; }
    bool isBy(const ModelIdentity &model) const
    {
        return fingerprint == model.fingerprint && tokenizer == model.tokenizer;
    }
};

struct StoredDocument {
    DocumentId id = 0;
    std::string title;
    std::string source; // name of the file it came from
    std::string format; // name(DocumentFormat)
    std::string notice; // what was guessed when it was opened
    std::string sha256; // of the text, hexadecimal
    std::int64_t bytes = 0;
    std::int64_t createdMs = 0;
    std::vector<Reading> readings; // the newest first
    bool damaged = false;          // read only: does not match its hash
};

struct Summary {
    // In place of a chapter's number.
    static constexpr int kWhole = -1;       // from the state at the end of the text
    static constexpr int kOfSummaries = -2; // of those of the chapters

    ReadingId reading = 0;
    int chapter = kWhole; // 0, 1, ...: of chaptersOf(sections)
    std::string title;    // of the chapter
    std::string text;
    std::int64_t createdMs = 0;
    bool damaged = false; // read only: does not match its hash
};

} // namespace volary
