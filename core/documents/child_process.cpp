#include "core/documents/child_process.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace volary {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCouldNotStart = 127;
constexpr auto kLookAround = std::chrono::milliseconds(50);

void limit(int what, rlim_t value)
{
    const rlimit bounds{value, value};
    ::setrlimit(static_cast<__rlimit_resource>(what), &bounds);
}

// Between fork and exec only calls that are safe in a signal handler are allowed: the other threads are gone,
// and whatever they had locked stays locked.
[[noreturn]] void becomeProgram(int output, const char *program, char *const *arguments,
                                char *const *environment, const ChildLimits &limits)
{
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_AS, limits.memoryBytes);
    limit(RLIMIT_CPU, rlim_t(limits.time.count() / 1000 + 1));
    limit(RLIMIT_FSIZE, 0); // it has a pipe to write to, and that is all
    limit(RLIMIT_CORE, 0);
    ::execve(program, arguments, environment);
    ::_exit(kCouldNotStart);
}

std::vector<char *> pointersTo(std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// A running child; killed when nobody waited for it.
class Child {
public:
    Child(pid_t process, int output) : m_process(process), m_output(output) {}
    ~Child()
    {
        ::close(m_output);
        if (m_process > 0) {
            ::kill(m_process, SIGKILL);
            wait();
        }
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    int output() const { return m_output; }
    int wait()
    {
        int status = 0;
        while (::waitpid(m_process, &status, 0) < 0 && errno == EINTR) {
        }
        m_process = -1;
        return status;
    }

private:
    pid_t m_process;
    int m_output;
};

// Everything the child says, to the end.
Result<std::string> readAll(const Child &child, const std::string &name, const ChildLimits &limits,
                            const std::stop_token &stop)
{
    const auto deadline = Clock::now() + limits.time;
    std::string output;
    std::array<char, 64u << 10> piece;
    for (;;) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Opening the document was cancelled.", ""};
        if (Clock::now() >= deadline)
            return Error{ErrorCode::Unsupported,
                         format("%s took longer than %lld seconds and was ended.", name.c_str(),
                                static_cast<long long>(limits.time.count() / 1000)),
                         "The file may be damaged, or too large."};
        pollfd waiting{child.output(), POLLIN, 0};
        if (::poll(&waiting, 1, int(kLookAround.count())) <= 0)
            continue;
        const ssize_t count = ::read(child.output(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return output;
        output.append(piece.data(), std::size_t(count));
        if (output.size() > limits.outputBytes)
            return Error{ErrorCode::Unsupported,
                         format("%s gives more than %s of text.", name.c_str(),
                                formatBytes(limits.outputBytes).c_str()),
                         "Split the document."};
    }
}

} // namespace

std::optional<std::filesystem::path> findProgram(std::string_view name)
{
    const char *path = std::getenv("PATH");
    std::string_view folders = path ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!folders.empty()) {
        const std::string_view folder = folders.substr(0, folders.find(':'));
        folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
        const auto program = std::filesystem::path(folder) / name;
        if (program.is_absolute() && ::access(program.c_str(), X_OK) == 0)
            return program;
    }
    return std::nullopt;
}

Result<std::string> runChild(const std::filesystem::path &program, const std::vector<std::string> &arguments,
                             const ChildLimits &limits, std::stop_token stop)
{
    const std::string name = printable(program.filename().native());
    std::vector<std::string> words{program.native()}, environment{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const std::vector<char *> argumentPointers = pointersTo(words),
                              environmentPointers = pointersTo(environment);
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return Error{ErrorCode::Io,
                     format("%s could not be started: %s.", name.c_str(), std::strerror(errno)), ""};
    const pid_t process = ::fork();
    if (process == 0)
        becomeProgram(pipe[1], program.c_str(), argumentPointers.data(), environmentPointers.data(), limits);
    const int failure = errno;
    ::close(pipe[1]);
    Child child(process, pipe[0]);
    if (process < 0)
        return Error{ErrorCode::Io,
                     format("%s could not be started: %s.", name.c_str(), std::strerror(failure)), ""};

    TRY(std::string output, readAll(child, name, limits, stop));
    const int status = child.wait();
    if (WIFSIGNALED(status))
        return Error{ErrorCode::Corrupt, format("%s broke off on this file.", name.c_str()),
                     "The file may be damaged."};
    if (WEXITSTATUS(status) != 0)
        return Error{ErrorCode::Corrupt,
                     format("%s could not read this file (status %d).", name.c_str(), WEXITSTATUS(status)),
                     "The file may be damaged or locked by a password."};
    return output;
}

} // namespace volary
