// One writer at a time: a lock file beside the library.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <utility>

namespace volary {

// Holds an flock on the file. The kernel releases it when the holder ends, however it ends, so a lock that
// was left behind never needs to be removed; the file itself stays, because removing it would race with the
// next holder.
class LockFile {
public:
    // Fails with ErrorCode::Busy while somebody else (another process, or this one) holds it. `what` names
    // the thing that is protected.
    static Result<LockFile> acquire(const std::filesystem::path &path, const std::filesystem::path &what);
    LockFile(LockFile &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    LockFile &operator=(LockFile &&other) noexcept
    {
        std::swap(m_descriptor, other.m_descriptor);
        return *this;
    }
    ~LockFile();

private:
    explicit LockFile(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor;
};

} // namespace volary
