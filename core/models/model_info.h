// What a model is, in numbers.
#pragma once

#include <cstdint>
#include <string>

namespace volary {

struct ModelInfo {
    std::string architecture; // "rwkv7"
    std::string title;        // for people: "RWKV-7 “Goose”"
    int layers = 0;
    int width = 0;      // C
    int heads = 0;      // H; 0 in RWKV-4, which has none
    int headSize = 0;   // N
    int hidden = 0;     // F, width of the channel mix
    int vocabulary = 0; // V, rows of the embedding
    std::uint64_t parameters = 0;
};

} // namespace volary
