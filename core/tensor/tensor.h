// Buffers own memory on one device; tensors are views into them.
#pragma once

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#include <cstddef>
#include <memory>

namespace volary {

// Owned memory on one device, made by a Backend. The only owner of device memory; it does not know what is in
// it.
class Buffer {
public:
    virtual ~Buffer() = default;
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    std::size_t bytes() const { return m_bytes; }

    // The memory itself when the host can address it, else null.
    virtual std::byte *host() = 0;

protected:
    explicit Buffer(std::size_t bytes) : m_bytes(bytes) {}

private:
    std::size_t m_bytes;
};

// A contiguous, row-major view: number type, shape, and where it lies. Shares the ownership of its buffer, so
// a tensor that someone holds is always valid.
struct Tensor {
    DType type = DType::F32;
    Shape shape;
    std::shared_ptr<Buffer> buffer;
    std::size_t offset = 0; // bytes from the start of the buffer

    explicit operator bool() const { return buffer != nullptr; }
    std::size_t bytes() const { return bytesOf(type, shape.elements()); }
    std::byte *host() const { return buffer->host() + offset; }
};

} // namespace volary
