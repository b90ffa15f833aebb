#include "core/store/files.h"

#include "core/base/text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace volary {

namespace fs = std::filesystem;

fs::path beside(const fs::path &path, std::string_view suffix)
{
    fs::path sibling = path;
    sibling += suffix;
    return sibling;
}

fs::path freeNameBeside(const fs::path &path, const std::string &suffix)
{
    fs::path name = beside(path, suffix);
    std::error_code ignored;
    for (int i = 2; fs::exists(name, ignored); ++i)
        name = beside(path, suffix + format("-%d", i));
    return name;
}

fs::path canonicalPath(const fs::path &path)
{
    std::error_code failure;
    fs::path found = fs::weakly_canonical(fs::absolute(path, failure), failure);
    return failure ? path : found;
}

Error fileTrouble(const char *task, const fs::path &path, const std::string &reason)
{
    return {ErrorCode::Io,
            format("%s %s failed: %s.", task, printable(path.native(), 300).c_str(), reason.c_str()),
            "Check the folder and its disk."};
}

Result<> syncToDisk(const fs::path &path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int failure = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (!synced)
        return fileTrouble("Writing", path, std::strerror(failure));
    return {};
}

Result<> moveIntoPlace(const fs::path &from, const fs::path &to)
{
    TRY_(syncToDisk(from));
    std::error_code failure;
    fs::rename(from, to, failure);
    if (failure)
        return fileTrouble("Writing", to, failure.message());
    return syncToDisk(to.parent_path());
}

void removeFile(const fs::path &path)
{
    std::error_code ignored; // a leftover that stays does no harm
    fs::remove(path, ignored);
}

bool hasNoLog(const fs::path &path)
{
    for (const char *suffix : {"-wal", "-journal"}) {
        std::error_code absent;
        if (fs::file_size(beside(path, suffix), absent) != 0 && !absent)
            return false;
    }
    return true;
}

} // namespace volary
