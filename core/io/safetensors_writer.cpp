#include "core/io/safetensors_writer.h"

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/base/json.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace volary {
namespace {

std::string typeName(DType type)
{
    std::string text(name(type));
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    return text;
}

Json describe(const TensorToWrite &tensor, std::size_t begin)
{
    Json::Array shape;
    for (int i = 0; i < tensor.shape.rank(); ++i)
        shape.push_back(tensor.shape[i]);
    const std::size_t end = begin + tensor.bytes.size();
    return Json::Object{{"dtype", typeName(tensor.type)},
                        {"shape", std::move(shape)},
                        {"data_offsets", Json::Array{std::int64_t(begin), std::int64_t(end)}}};
}

} // namespace

Result<> writeSafetensors(const std::filesystem::path &path, std::span<const TensorToWrite> tensors,
                          const std::map<std::string, std::string> &metadata)
{
    Json::Object header;
    std::size_t dataBytes = 0;
    for (const auto &tensor : tensors) {
        VOLARY_CHECK(tensor.bytes.size() ==
                         std::size_t(tensor.shape.elements()) * bytesPerElement(tensor.type),
                     "a tensor's bytes must match its shape");
        VOLARY_CHECK(header.emplace(tensor.name, describe(tensor, dataBytes)).second,
                     "tensor names must differ");
        dataBytes += tensor.bytes.size();
    }
    if (!metadata.empty())
        header.emplace("__metadata__", Json::Object(metadata.begin(), metadata.end()));

    std::string text = Json(std::move(header)).dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t headerBytes = text.size();
    std::vector<std::byte> file(8 + text.size() + dataBytes);
    std::memcpy(file.data(), &headerBytes, 8);
    auto at = std::ranges::copy(std::as_bytes(std::span(text)), file.begin() + 8).out;
    for (const auto &tensor : tensors)
        at = std::ranges::copy(tensor.bytes, at).out;
    return writeFileAtomically(path, file);
}

} // namespace volary
