// Models in several files, as Hugging Face transformers writes them.
#pragma once

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/io/safetensors_writer.h"
#include "core/io/tensor_file.h"

#include <filesystem>
#include <string>
#include <vector>

namespace volary::test {

inline std::string shardName(std::size_t number, std::size_t count)
{
    const auto digits = [](std::size_t n) {
        const std::string text = std::to_string(n);
        return std::string(5 - text.size(), '0') + text;
    };
    return "model-" + digits(number) + "-of-" + digits(count) + ".safetensors";
}

inline Result<> writeText(const std::filesystem::path &path, std::string_view text)
{
    return writeFileAtomically(path, std::as_bytes(std::span(text)));
}

// Deals the tensors of `from` out to `count` shards in `folder`. Returns the index.
inline Result<std::filesystem::path> writeShards(const std::filesystem::path &from,
                                                 const std::filesystem::path &folder, std::size_t count)
{
    TRY(const auto file, openTensorFile(from));
    const auto tensors = file->tensors();
    std::vector<std::vector<std::byte>> values(tensors.size());
    std::vector<std::vector<TensorToWrite>> shards(count);
    Json::Object map;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        values[i].resize(tensors[i].bytes());
        TRY_(file->read(i, values[i]));
        shards[i % count].push_back({tensors[i].name, tensors[i].type, tensors[i].shape, values[i]});
        map.emplace(tensors[i].name, shardName(i % count + 1, count));
    }
    for (std::size_t s = 0; s < count; ++s) {
        TRY_(writeSafetensors(folder / shardName(s + 1, count), shards[s], {{"format", "pt"}}));
    }
    const std::filesystem::path index = folder / "model.safetensors.index.json";
    TRY_(writeText(
        index,
        Json(Json::Object{{"metadata", Json::Object{{"total_size", 0}}}, {"weight_map", map}}).dumpPretty()));
    return index;
}

} // namespace volary::test
