// Which tensors a snapshot holds, and where their bytes lie in its streams.
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot_image.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

// Streams of a snapshot: 0 holds the token ids, 1 the tensors that change as a whole, one behind the other,
// and each tensor that grows by a row per token has a stream of its own, from 2 on.
constexpr int kTokenStream = 0;
constexpr int kFixedStream = 1;
constexpr int kFirstGrowingStream = 2;

struct TensorPlace {
    StateTensor spec;
    int stream = kFixedStream;
    std::uint64_t offset = 0; // in its stream
    std::uint64_t bytes = 0;  // in the form it is stored in
};

struct Manifest {
    std::vector<TensorPlace> tensors; // in the order of the model's state spec
    int streams = kFirstGrowingStream;
    std::uint64_t stateBytes = 0;
    std::string beginning; // SnapshotImage::beginning
    StoredForm stored;     // SnapshotImage::stored

    static Manifest of(const SnapshotImage &image);

    // The bytes of each tensor as they are stored; those of exact ones are shared with the image.
    std::vector<std::shared_ptr<const std::vector<std::byte>>> packed(const SnapshotImage &image) const;

    std::string toJson() const;
    // Refuses what this program cannot read, and places that do not follow from the shapes; so no size that
    // comes from a file is used before it was checked.
    static Result<Manifest> fromJson(std::string_view json);
};

// The beginning of what goes on from a state that was rounded: its own, told from all others by `content`.
std::string beginningAfter(const Manifest &manifest, std::span<const std::byte> content);

} // namespace volary
