// A state as a small picture, by which people know it again.
#pragma once

#include "core/session/snapshot_image.h"

#include <span>
#include <vector>

namespace volary {

// Layers from left to right, heads from top to bottom; each head is a square of cells, each cell the root
// mean square of its part of the head's matrix. RWKV-4, which has no matrices, shows its numerators.
struct StatePicture {
    int layers = 0, heads = 0;
    int cellsPerHead = 0;
    std::vector<float> cells; // [heads * cellsPerHead, layers * cellsPerHead]

    int width() const { return layers * cellsPerHead; }
    int height() const { return heads * cellsPerHead; }

    bool operator==(const StatePicture &) const = default;
};

// With as many cells per head as fit into `mostCells` on either side, between 1 and 16. Empty for a state
// without recurrent tensors.
StatePicture pictureOf(std::span<const TensorImage> state, int mostCells);

} // namespace volary
