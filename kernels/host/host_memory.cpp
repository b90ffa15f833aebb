#include "kernels/host/host_memory.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace volary {

namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t(2) << 20;

std::size_t roundUp(std::size_t bytes, std::size_t to)
{
    return (bytes + to - 1) / to * to;
}

} // namespace

HostMemory::HostMemory(std::size_t bytes)
{
    if (bytes > SIZE_MAX - 2 * kHugePage)
        return;
    if (bytes < 2 * kHugePage) {
        const std::size_t padded = roundUp(bytes == 0 ? 1 : bytes, kAlignment);
        m_data = static_cast<std::byte *>(std::aligned_alloc(kAlignment, padded));
        if (m_data)
            std::memset(m_data, 0, padded);
        return;
    }
    // One page more than needed, so that the data can begin where a huge page does. Pages are zeroed by the
    // system when they are first touched.
    const std::size_t size = roundUp(bytes, kHugePage) + kHugePage;
    void *mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return;
    m_mapping = mapping;
    m_mapped = size;
    const auto from = reinterpret_cast<std::uintptr_t>(mapping);
    m_data = static_cast<std::byte *>(mapping) + (roundUp(from, kHugePage) - from);
    ::madvise(m_data, roundUp(bytes, kHugePage), MADV_HUGEPAGE); // a wish: without it all is as before
}

HostMemory::~HostMemory()
{
    if (m_mapping)
        ::munmap(m_mapping, m_mapped);
    else
        std::free(m_data);
}

HostMemory::HostMemory(HostMemory &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_mapping(std::exchange(other.m_mapping, nullptr)),
      m_mapped(std::exchange(other.m_mapped, 0))
{}

} // namespace volary
