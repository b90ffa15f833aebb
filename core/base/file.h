// Files: positioned reads with bounds, and writes that are either whole or absent.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace volary {

// A regular file opened for reading. Refuses folders, pipes and devices. Reads never go through a mapping: a
// file that shrinks while it is open gives an Error instead of a signal.
class InputFile {
public:
    static Result<InputFile> open(const std::filesystem::path &path);
    InputFile(InputFile &&other) noexcept;
    InputFile &operator=(InputFile &&other) noexcept;
    ~InputFile();

    std::uint64_t bytes() const { return m_bytes; } // when it was opened
    const std::filesystem::path &path() const { return m_path; }

    // Fills `to` from `offset`. An Error when the file ends earlier.
    Result<> read(std::uint64_t offset, std::span<std::byte> to) const;

private:
    InputFile(int descriptor, std::uint64_t bytes, std::filesystem::path path);

    int m_descriptor = -1;
    std::uint64_t m_bytes = 0;
    std::filesystem::path m_path;
};

// The whole file as bytes in a string; refuses files above `limit`.
Result<std::string> readFile(const std::filesystem::path &path, std::uint64_t limit);

// Writes beside the target, syncs, and renames: the target has its old or its new content, never a part.
Result<> writeFileAtomically(const std::filesystem::path &path, std::span<const std::byte> bytes);
// The same with pieces one behind the other.
Result<> writeFileAtomically(const std::filesystem::path &path,
                             std::span<const std::span<const std::byte>> pieces);
// The same with pieces that are made one after the other; nothing ends the file. An error of `next` leaves
// the target as it was.
Result<> writeFileAtomically(const std::filesystem::path &path,
                             const std::function<Result<std::optional<std::vector<std::byte>>>()> &next);

} // namespace volary
