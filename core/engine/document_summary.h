// Summaries of a document, from the states that reading it left.
#pragma once

#include "core/engine/document_reading.h"

#include <filesystem>

namespace volary {

// Sends event::SummaryProgress and event::SummaryEnded; each summary is on disk before the next begins, and a
// stop keeps them. An Error: nothing was begun.
Result<> summariseDocument(LoadedModel &model, StoreThread &store, const command::SummariseDocument &command,
                           std::stop_token stop, const ReadingJob::Emit &emit);

// Markdown: the title, then the whole, then the chapters; of several models each for itself.
Result<> exportSummary(const StoredDocument &document, const std::vector<Summary> &summaries,
                       const std::filesystem::path &path);

} // namespace volary
