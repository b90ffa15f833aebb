// Writing a model as a GGUF file, quantised or as it is.
#pragma once

#include "core/base/json.h"
#include "core/io/gguf_writer.h"
#include "core/models/model_info.h"

#include <filesystem>
#include <functional>
#include <optional>

namespace volary {

struct GgufExport {
    std::string name;                              // for people
    std::optional<DType> type;                     // of the matrices; nothing: as stored
    Json settings;                                 // the config.json of the model; null: none
    GgufKeys vocabulary;                           // tokenizer.ggml.*
    std::function<bool(double fraction)> progress; // false cancels
};

// The type that a tensor gets: matrices called "*.weight" the wanted one where their rows are whole blocks of
// it (else Q8_0 where they are blocks of that), embedding and head of models with fewer than 6 bits a weight
// Q6_K or Q8_0. Factors of low rank become Q8_0 with the rest and stay floats where the rest has fewer bits;
// vectors and small tables stay floats.
DType exportedType(const TensorInfo &tensor, std::optional<DType> wanted);

// Models of RWKV-6, RWKV-7, ARWKV-7 and QRWKV6 get the names and the layout of llama.cpp, the others keep the
// official ones. `model` has official names; `info` is what opening it told. One tensor is in memory at a
// time.
Result<> exportGguf(const TensorFile &model, const ModelInfo &info, const std::filesystem::path &path,
                    const GgufExport &options);

} // namespace volary
