// The one kind of pickle that Volary reads: a map from names to tensors, as torch.save writes a state
// dictionary.
//
// A pickle is a program for a small stack machine that may call anything. This machine knows no call but the
// few that build tensors, and those only as data: nothing is imported, nothing is executed, and any other
// opcode or name is refused by its name.
#pragma once

#include "core/base/result.h"
#include "core/tensor/dtype.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace volary {

// A view into a storage entry of the archive; offset and strides count elements.
struct PickledTensor {
    std::string name;
    std::string storage; // key: the data are in ROOT/data/KEY
    DType type;
    std::int64_t storageElements;
    std::int64_t offset;
    std::vector<std::int64_t> extents;
    std::vector<std::int64_t> strides;
};

// In the order of the file. Values that are no tensors are passed over; a map nested under a single key such
// as "state_dict" is taken when it is the only one.
Result<std::vector<PickledTensor>> readPickle(std::span<const std::byte> bytes);

} // namespace volary
