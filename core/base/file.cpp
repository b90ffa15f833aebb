#include "core/base/file.h"

#include "core/base/text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace volary {
namespace {

std::string shown(const std::filesystem::path &path)
{
    return printable(path.filename().empty() ? path.native() : path.filename().native());
}

Error systemError(int number, const std::string &task)
{
    const std::string what = task + ": " + std::strerror(number) + ".";
    switch (number) {
    case ENOENT:
    case ENOTDIR: return {ErrorCode::NotFound, what, "Check whether it was moved or renamed."};
    case EACCES:
    case EPERM: return {ErrorCode::Io, what, "Check the permissions of the file and its folder."};
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {ErrorCode::Io, what, "Free some space, or choose another folder."};
    default: return {ErrorCode::Io, what, {}};
    }
}

// Closes on every way out.
class Descriptor {
public:
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    int number() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }

private:
    int m_number;
};

std::optional<int> writeAll(int descriptor, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes = bytes.subspan(std::size_t(written));
    }
    return std::nullopt;
}

// A new name in a folder survives a power cut only after the folder itself was synced.
Result<> syncFolder(const std::filesystem::path &folder)
{
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() < 0)
        return systemError(errno, "The folder of a saved file could not be opened");
    // Some network file systems cannot sync folders and say EINVAL: nothing more can be done there.
    if (::fsync(opened.number()) != 0 && errno != EINVAL)
        return systemError(errno, "The folder of a saved file could not be synced");
    return {};
}

// A new file beside `path`, whose name is written to `beside`. Created with the usual permissions, of which
// the system takes away what the user's umask says.
Descriptor createBeside(const std::filesystem::path &path, std::string &beside)
{
    std::random_device random;
    for (;;) {
        beside = path.native() + format(".%08x", random());
        const int number = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (number >= 0 || errno != EEXIST)
            return Descriptor(number);
    }
}

// A file that replaces another keeps its permissions.
bool takePermissions(int number, const std::filesystem::path &from)
{
    struct stat old;
    return ::stat(from.c_str(), &old) != 0 || ::fchmod(number, old.st_mode & 07777) == 0;
}

// `fill` writes the content, or gives the number of a system error, or an error of its own.
Result<> replaceFile(const std::filesystem::path &path,
                     const std::function<Result<std::optional<int>>(int descriptor)> &fill)
{
    const std::string task = shown(path) + " could not be saved";
    std::string beside;
    Descriptor file = createBeside(path, beside);
    if (file.number() < 0)
        return systemError(errno, task);

    const auto abandon = [&](int number) -> Error {
        ::unlink(beside.c_str());
        return systemError(number, task);
    };
    auto filled = fill(file.number());
    if (!filled) {
        ::unlink(beside.c_str());
        return std::move(filled).error();
    }
    if (filled.value())
        return abandon(*filled.value());
    if (!takePermissions(file.number(), path) || ::fsync(file.number()) != 0)
        return abandon(errno);
    if (::close(file.release()) != 0 || ::rename(beside.c_str(), path.c_str()) != 0)
        return abandon(errno);
    return syncFolder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

} // namespace

InputFile::InputFile(int descriptor, std::uint64_t bytes, std::filesystem::path path)
    : m_descriptor(descriptor), m_bytes(bytes), m_path(std::move(path))
{}

InputFile::InputFile(InputFile &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_bytes(other.m_bytes),
      m_path(std::move(other.m_path))
{}

InputFile &InputFile::operator=(InputFile &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_path, other.m_path);
    return *this;
}

InputFile::~InputFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Result<InputFile> InputFile::open(const std::filesystem::path &path)
{
    // Without O_NONBLOCK, opening a pipe would wait for a writer that may never come.
    Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (opened.number() < 0)
        return systemError(errno, shown(path) + " could not be opened");
    struct stat status;
    if (::fstat(opened.number(), &status) != 0)
        return systemError(errno, shown(path) + " could not be examined");
    if (S_ISDIR(status.st_mode))
        return Error{ErrorCode::Invalid, shown(path) + " is a folder, not a file.",
                     "Choose a file inside it."};
    if (!S_ISREG(status.st_mode))
        return Error{ErrorCode::Invalid, shown(path) + " is a pipe or a device, not a regular file.",
                     "Copy its content into a file first."};
    return InputFile(opened.release(), std::uint64_t(status.st_size), path);
}

Result<> InputFile::read(std::uint64_t offset, std::span<std::byte> to) const
{
    while (!to.empty()) {
        const ssize_t count = offset > std::uint64_t(INT64_MAX)
                                  ? 0
                                  : ::pread(m_descriptor, to.data(), to.size(), off_t(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(errno, shown(m_path) + " could not be read");
        if (count == 0)
            return Error{ErrorCode::Corrupt,
                         shown(m_path) + " ends before byte " + formatCount(offset) + ", where " +
                             formatBytes(to.size()) + " more should follow.",
                         "Check whether it is still being copied, or fetch it again."};
        offset += std::uint64_t(count);
        to = to.subspan(std::size_t(count));
    }
    return {};
}

Result<std::string> readFile(const std::filesystem::path &path, std::uint64_t limit)
{
    TRY(const InputFile file, InputFile::open(path));
    if (file.bytes() > limit)
        return Error{ErrorCode::Invalid,
                     shown(path) + " has " + formatBytes(file.bytes()) + "; at most " + formatBytes(limit) +
                         " are expected here.",
                     "Check whether this is the right file."};
    std::string content(std::size_t(file.bytes()), '\0');
    TRY_(file.read(0, std::as_writable_bytes(std::span(content))));
    return content;
}

Result<> writeFileAtomically(const std::filesystem::path &path, std::span<const std::byte> bytes)
{
    return writeFileAtomically(path, std::span(&bytes, 1));
}

Result<> writeFileAtomically(const std::filesystem::path &path,
                             std::span<const std::span<const std::byte>> pieces)
{
    return replaceFile(path, [&](int file) -> Result<std::optional<int>> {
        for (const auto piece : pieces)
            if (const auto failed = writeAll(file, piece))
                return failed;
        return std::optional<int>();
    });
}

Result<> writeFileAtomically(const std::filesystem::path &path,
                             const std::function<Result<std::optional<std::vector<std::byte>>>()> &next)
{
    return replaceFile(path, [&](int file) -> Result<std::optional<int>> {
        while (true) {
            TRY(const auto piece, next());
            if (!piece)
                return std::optional<int>();
            if (const auto failed = writeAll(file, *piece))
                return failed;
        }
    });
}

} // namespace volary
