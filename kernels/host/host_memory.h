// Memory that kernels stream through.
#pragma once

#include <cstddef>

namespace volary {

// Zeroed memory, aligned to a cache line at least. Large pieces ask the system for huge pages: with pages of
// 4 KiB a core spends a good part of a pass over the weights looking addresses up, the more so in a virtual
// machine, where every look-up is two.
class HostMemory {
public:
    HostMemory() = default;
    explicit HostMemory(std::size_t bytes); // data() is null when the system refuses them
    ~HostMemory();
    HostMemory(HostMemory &&other) noexcept;
    HostMemory &operator=(HostMemory &&) = delete;

    std::byte *data() const { return m_data; }

private:
    std::byte *m_data = nullptr;
    void *m_mapping = nullptr; // null for small pieces
    std::size_t m_mapped = 0;
};

} // namespace volary
