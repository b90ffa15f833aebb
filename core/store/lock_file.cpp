#include "core/store/lock_file.h"

#include "core/base/text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace volary {

Result<LockFile> LockFile::acquire(const std::filesystem::path &path, const std::filesystem::path &what)
{
    const std::string name = printable(what.native(), 300);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return Error{ErrorCode::Io,
                     format("%s cannot be opened for writing: %s.", name.c_str(), std::strerror(errno)),
                     "Allow writing to its folder, or open the library read-only."};

    LockFile lock(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EWOULDBLOCK)
            return Error{
                ErrorCode::Busy, format("%s is open in another window of Volary.", name.c_str()),
                "Go on in that window, or close it. Until then the library can be read here, not changed."};
        return Error{ErrorCode::Io, format("%s cannot be locked: %s.", name.c_str(), std::strerror(errno)),
                     "Keep the library on a local disk: some network folders have no locks."};
    }
    return lock;
}

LockFile::~LockFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

} // namespace volary
