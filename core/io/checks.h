// Checks that all readers share. Errors say what is wrong; the caller adds the file's name.
#pragma once

#include "core/base/file.h"
#include "core/io/tensor_file.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

static_assert(std::endian::native == std::endian::little, "every format here is little-endian");

template <typename T>
T loadLittle(const std::byte *from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

Error corrupt(std::string what);
Error unsupported(std::string what, std::string remedy = {});

// The range [offset, offset + bytes) lies within `limit`.
constexpr bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint64_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

// A tensor whose byte count fits 64 bits, under a name that can be shown: printable UTF-8, at most 512 bytes.
Result<TensorInfo> checkedTensor(std::string_view name, DType type, const std::vector<std::int64_t> &extents);

Result<> refuseDuplicates(std::span<const TensorInfo> tensors);

Result<std::unique_ptr<TensorFile>> openSafetensors(InputFile file);
// The shards must lie beside the index.
Result<std::unique_ptr<TensorFile>> openShardedSafetensors(const InputFile &index);
Result<std::unique_ptr<TensorFile>> openRwkvCpp(InputFile file);
Result<std::unique_ptr<TensorFile>> openPth(InputFile file);
Result<std::unique_ptr<TensorFile>> openGguf(InputFile file);

} // namespace volary
