// Books in EPUB 2 and 3: a zip archive with XHTML inside.
#pragma once

#include "core/base/result.h"
#include "core/documents/html.h"

#include <filesystem>
#include <stop_token>

namespace volary {

// The chapters in the order of the book's spine, each read as XHTML. A chapter without a heading of its own
// counts as one by its place ("Part 3"). Source: EPUB 3.3, OCF container and package document.
Result<PlainText> readEpub(const std::filesystem::path &path, std::stop_token stop = {});

} // namespace volary
