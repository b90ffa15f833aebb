// Matrix products of many rows, on tensor cores.
#pragma once

#include "kernels/cuda/fused.h"

namespace volary::cuda {

// From so many rows on tensor cores are worth their tiles of 128. Fewer rows, such as those of a batch, are
// summed in another order (linear.cuh), the one that decoding has.
constexpr int kManyRows = 96;

// What a product takes of ProductsArgs::scratch.
std::size_t splitBytes(int rows, int inputs);

// False, with nothing done, where the device or the shapes do not allow it.
template <typename T>
bool multiplyMany(const ProductsArgs &, cudaStream_t);

} // namespace volary::cuda
