// The fuzzer's bytes as a file. They live in memory only: a fuzzer that writes files spends its time on the
// disk.
#pragma once

#include "core/base/check.h"
#include "core/base/result.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace volary::test {

template <typename T>
void checkRefusal(const Result<T> &result)
{
    VOLARY_CHECK(result || !result.error().what.empty(), "a refusal says why");
}

template <typename Use>
void withFile(std::string_view content, const Use &use)
{
    const int memory = ::memfd_create("volary-fuzz", MFD_CLOEXEC);
    VOLARY_CHECK(memory >= 0, "the system provides files in memory");
    VOLARY_CHECK(::write(memory, content.data(), content.size()) == ssize_t(content.size()),
                 "a file in memory takes all bytes");
    use(std::filesystem::path("/proc/self/fd/" + std::to_string(memory)));
    ::close(memory);
}

// A folder of this process that ends with it. In memory, where the system has such a place.
class ScratchFolder {
public:
    ScratchFolder()
    {
        std::error_code error;
        const bool memory = std::filesystem::is_directory("/dev/shm", error);
        std::string name = std::string(memory ? "/dev/shm" : "/tmp") + "/volary-fuzz-XXXXXX";
        VOLARY_CHECK(::mkdtemp(name.data()), "a folder can be made");
        m_path = name;
    }
    ~ScratchFolder()
    {
        std::error_code error;
        std::filesystem::remove_all(m_path, error);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;

    std::filesystem::path write(const char *name, std::string_view content) const
    {
        std::ofstream file(m_path / name, std::ios::binary | std::ios::trunc);
        file.write(content.data(), std::streamsize(content.size()));
        VOLARY_CHECK(file.good(), "a file in memory takes all bytes");
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

} // namespace volary::test
