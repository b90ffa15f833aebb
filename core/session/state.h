// The recurrent state of one sequence on a device.
#pragma once

#include "core/base/result.h"
#include "core/models/state_spec.h"
#include "core/session/snapshot_image.h"
#include "core/tensor/backend.h"

#include <memory>
#include <span>
#include <vector>

namespace volary {

// The tensors of a state spec for one sequence, in one piece of device memory: the conversation itself, as a
// value that can be cloned. Move-only, so that nothing is copied by accident. The backend must outlive it.
class State {
public:
    // A fresh start: zeros, or what the spec says instead.
    static Result<State> create(Backend &backend, std::span<const StateTensor> spec);

    std::span<const Tensor> tensors() const { return m_tensors; } // in the order of the spec
    std::span<const StateTensor> spec() const { return m_spec; }
    std::size_t bytes() const { return m_bytes; }

    Result<State> clone() const;
    Result<> copyFrom(const State &other); // of the same spec and backend

    Result<std::vector<TensorImage>> download() const;
    // Every tensor of the spec must be there with its type, shape and layout; the error names the first that
    // is not.
    Result<> upload(std::span<const TensorImage> images);

private:
    static Result<State> allocate(Backend &backend, std::span<const StateTensor> spec); // zeros
    State(Backend &backend, std::span<const StateTensor> spec, std::shared_ptr<Buffer> buffer);

    Backend *m_backend;
    std::span<const StateTensor> m_spec; // the model's
    std::vector<Tensor> m_tensors;
    std::shared_ptr<Buffer> m_buffer;
    std::size_t m_bytes = 0; // of the tensors, without padding
};

} // namespace volary
