// Reading tensors from model files of any format.
//
// Every file is hostile until checked: no count, length, offset or shape is used before it was compared with
// the real file size in arithmetic that cannot overflow; memory stays proportional to the header; nothing is
// executed.
#pragma once

#include "core/base/result.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct TensorInfo {
    std::string name;
    DType type;
    Shape shape; // slowest dimension first, whatever the file's own order
    std::size_t bytes() const { return bytesOf(type, shape.elements()); }
};

// An open, validated model file. Reading uses positioned reads, so a file that shrinks meanwhile gives an
// Error and not a signal. Not thread-safe.
class TensorFile {
public:
    virtual ~TensorFile() = default;

    virtual std::string_view format() const = 0;             // "safetensors", "pth", "gguf", "rwkv.cpp"
    virtual std::span<const TensorInfo> tensors() const = 0; // in file order

    // The values of tensors()[index], row-major and contiguous. `to` has exactly its bytes().
    virtual Result<> read(std::size_t index, std::span<std::byte> to) const = 0;

    // Text the file carries beside its tensors (safetensors' __metadata__, header fields of rwkv.cpp).
    virtual const std::map<std::string, std::string> &metadata() const = 0;

    const std::filesystem::path &path() const { return m_path; }

protected:
    explicit TensorFile(std::filesystem::path path) : m_path(std::move(path)) {}

private:
    std::filesystem::path m_path;
};

// Recognises the format by content, never by name. Errors name the file, the field that is wrong and what to
// do.
Result<std::unique_ptr<TensorFile>> openTensorFile(const std::filesystem::path &path);

} // namespace volary
