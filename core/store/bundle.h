// One snapshot as one file, to be shared. Byte for byte in docs/formats.md.
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot_image.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace volary {

struct Bundle {
    std::string name; // given by whoever made it, may be empty
    SnapshotImage image;
};

// Replaces the file as a whole or leaves it as it was.
Result<> writeBundle(const std::filesystem::path &path, const SnapshotImage &image, std::string_view name);

// Refuses what is no bundle (ErrorCode::Invalid), newer than this program (Unsupported) or damaged (Corrupt).
// Every size is compared with the file before memory is reserved, every section with its hash.
Result<Bundle> readBundle(const std::filesystem::path &path);

} // namespace volary
