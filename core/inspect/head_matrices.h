// The matrices in a state, one per head.
#pragma once

#include "core/session/snapshot_image.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace volary {

struct HeadMatrix {
    std::string tensor; // "blocks.3.att.wkv"
    int layer = 0;
    int head = 0;
    std::size_t rows = 0, columns = 0;
    std::vector<float> numbers;      // [rows, columns], as stored
    std::string rowName, columnName; // "value", "key"; empty where a vector was cut into rows

    // Largest absolute finite number.
    float largest() const;
    double norm() const; // Frobenius
    // The absolute number that about one in a hundred reaches, by a sample: what a picture should show as
    // strong, whatever the few largest ones are.
    float strong() const;
};

// Every recurrent matrix of a state, by layer and head. RWKV-4 has none: its numerators, one vector per
// layer, are cut into rows of 64. What grows with the text is left out.
std::vector<HeadMatrix> headMatrices(std::span<const TensorImage> state);

} // namespace volary
