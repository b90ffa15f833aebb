// One entry of a zip archive, unpacked.
#pragma once

#include "core/io/zip.h"

#include <string>

namespace volary {

// Refuses entries that are, or claim to be, longer than `limit`, and those whose length differs from what the
// archive's directory says: memory never exceeds that.
Result<std::string> readZipEntry(const InputFile &file, const ZipEntry &entry, std::uint64_t limit);

} // namespace volary
