// The directory of a ZIP archive: what PyTorch writes with its entries stored plainly, and what carries
// books.
#pragma once

#include "core/base/file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace volary {

struct ZipEntry {
    std::string name;
    std::uint64_t offset; // of the data, from the start of the file
    std::uint64_t stored; // bytes in the file
    std::uint64_t bytes;  // of the entry itself, as the directory claims
    bool deflated = false;
};

enum class ZipEntries : std::uint8_t { Stored, StoredOrDeflated }; // what a reader can deal with

// Reads the central directory (ZIP64 too) and every local header, and checks that the entries are of the
// given kinds, unencrypted, named harmlessly and uniquely, inside the file and apart from each other. Source:
// PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
Result<std::vector<ZipEntry>> readZipDirectory(const InputFile &file, ZipEntries kinds = ZipEntries::Stored);

} // namespace volary
