// The directory of a ZIP archive whose entries are stored, not compressed: what PyTorch writes.
#pragma once

#include "core/base/file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace volary {

struct ZipEntry {
    std::string name;
    std::uint64_t offset; // of the data, from the start of the file
    std::uint64_t bytes;
};

// Reads the central directory (ZIP64 too) and every local header, and checks that the entries are stored,
// unencrypted, named harmlessly and uniquely, inside the file and apart from each other. Source: PKWARE
// APPNOTE 6.3, sections 4.3 and 4.5.3.
Result<std::vector<ZipEntry>> readZipDirectory(const InputFile &file);

} // namespace volary
