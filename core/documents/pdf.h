// Text out of PDF, by the program pdftotext of poppler-utils in a process of its own.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <stop_token>
#include <string>

namespace volary {

// Whether this system has the program.
bool canReadPdf();

// NotFound, with the name of the package, where the program is missing. Scans hold no text: Unsupported.
Result<std::string> readPdf(const std::filesystem::path &path, std::stop_token stop = {});

} // namespace volary
