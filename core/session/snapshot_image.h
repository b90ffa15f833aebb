// A conversation at rest: everything needed to go on from here as if the program had never stopped.
#pragma once

#include "core/models/state_spec.h"
#include "core/session/sampler.h"
#include "core/text/tokenizer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace volary {

// Which model a state belongs to. Two states are exchangeable only when all of these agree; the numeric
// profile alone may differ, and then the continuation is usable but not reproducible to the bit.
struct ModelIdentity {
    std::string fingerprint;    // SHA-256 over architecture and every tensor as stored, in hexadecimal
    std::string architecture;   // "rwkv7"
    std::string name;           // for people
    std::string tokenizer;      // Tokenizer::identity()
    std::string numericProfile; // Device::numericProfile

    bool operator==(const ModelIdentity &) const = default;
};

struct TensorImage {
    StateTensor spec;
    // The shape's elements in spec.type, row-major, little-endian.
    std::shared_ptr<const std::vector<std::byte>> bytes;
};

// Invariant: the state has consumed every token but the last; the last is pending. Restoring feeds the
// pending token first, so no logits need to be stored, and continuing is exact. tokens is empty only for a
// fresh start.
//
// Immutable once made; shared between threads as shared_ptr<const SnapshotImage>.
struct SnapshotImage {
    ModelIdentity model;
    std::vector<TokenId> tokens;
    std::vector<TensorImage> state; // in the order of the model's state spec
    SamplerState sampler;
    // Which tuned state it began with (InitialState::fingerprint); empty: as the model does. The same tokens
    // lead to the same state only from the same beginning.
    std::string beginning = {};
};

} // namespace volary
