// A conversation at rest: everything needed to go on from here as if the program had never stopped.
#pragma once

#include "core/models/state_spec.h"
#include "core/session/sampler.h"
#include "core/text/tokenizer.h"

#include <cstddef>
#include <cstdint>
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

enum class StateForm : std::uint8_t { Exact, Half, Int8 };

// How the numbers of a state are stored, and what that cost: the norm of the difference, relative to the norm
// of the exact numbers, over all that was rounded, and of the worst tensor.
struct StoredForm {
    StateForm form = StateForm::Exact;
    double error = 0;
    double worst = 0;

    bool operator==(const StoredForm &) const = default;
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
    // Numbers of another form than Exact were rounded to it. Once such an image is read from a file, its
    // `beginning` is one of its own: what follows is never taken for what the exact state leads to.
    StoredForm stored = {};
};

} // namespace volary
