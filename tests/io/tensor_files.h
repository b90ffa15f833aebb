// Model files as bytes: to be damaged, written, opened and compared.
#pragma once

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/io/tensor_file.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace volary::test {

inline std::filesystem::path ioFile(const QString &name)
{
    return std::filesystem::path(VOLARY_TEST_DATA) / "io" / name.toStdString();
}

struct ReadTensor {
    DType type;
    Shape shape;
    std::vector<std::byte> bytes;
    bool operator==(const ReadTensor &) const = default;
};
using ReadTensors = std::map<std::string, ReadTensor>;

inline Result<ReadTensors> readAll(const std::filesystem::path &path)
{
    TRY(const auto file, openTensorFile(path));
    ReadTensors tensors;
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
        const TensorInfo &info = file->tensors()[i];
        ReadTensor tensor{info.type, info.shape, std::vector<std::byte>(info.bytes())};
        TRY_(file->read(i, tensor.bytes));
        tensors.emplace(info.name, std::move(tensor));
    }
    return tensors;
}

inline std::string contentOf(const std::filesystem::path &path)
{
    auto content = readFile(path, 16 << 20);
    return content ? std::move(content).value() : std::string();
}

// A file that changes from case to case. It lies in memory: thousands of cases would wait for the disk.
class Scratch {
public:
    Scratch() : m_descriptor(::memfd_create("volary-test", MFD_CLOEXEC)) {}
    ~Scratch() { ::close(m_descriptor); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

    Result<ReadTensors> readBack(std::string_view content) const
    {
        const bool written =
            ::ftruncate(m_descriptor, 0) == 0 &&
            ::pwrite(m_descriptor, content.data(), content.size(), 0) == ssize_t(content.size());
        VOLARY_CHECK(written, "a file in memory takes all bytes");
        return readAll(path());
    }

    // What the file is refused with; empty when it opens.
    QString refusal(std::string_view content) const
    {
        const auto tensors = readBack(content);
        return tensors ? QString() : QString::fromStdString(tensors.error().what);
    }

private:
    int m_descriptor;
};

template <typename T>
std::string withNumber(std::string content, std::size_t at, T value)
{
    std::memcpy(content.data() + at, &value, sizeof value);
    return content;
}

// What damaged counts, lengths and offsets hold in practice.
template <typename T>
std::vector<T> hostileNumbers(std::size_t fileBytes)
{
    return {T(0),
            T(1),
            T(-1),
            std::numeric_limits<T>::max(),
            T(std::numeric_limits<T>::max() / 2 + 1),
            T(fileBytes),
            T(fileBytes + 1)};
}

// While it lives, an allocation of more than `bytes` above today's size fails and ends the test program.
class MemoryBound {
public:
    explicit MemoryBound(std::uint64_t bytes)
    {
        ::getrlimit(RLIMIT_AS, &m_before);
        rlimit bound = m_before;
        bound.rlim_cur = addressSpace() + bytes;
        ::setrlimit(RLIMIT_AS, &bound);
    }
    ~MemoryBound() { ::setrlimit(RLIMIT_AS, &m_before); }
    MemoryBound(const MemoryBound &) = delete;
    MemoryBound &operator=(const MemoryBound &) = delete;

private:
    static std::uint64_t addressSpace()
    {
        unsigned long long pages = 0;
        if (std::FILE *statm = std::fopen("/proc/self/statm", "r")) {
            if (std::fscanf(statm, "%llu", &pages) != 1)
                pages = 0;
            std::fclose(statm);
        }
        return pages * 4096;
    }

    rlimit m_before{};
};

} // namespace volary::test
