// The state of one sequence on a device.
#pragma once

#include "core/base/result.h"
#include "core/models/state_spec.h"
#include "core/session/snapshot_image.h"
#include "core/tensor/backend.h"

#include <memory>
#include <span>
#include <vector>

namespace volary {

// The tensors of a state spec for one sequence: the conversation itself, as a value that can be cloned.
// Tensors of fixed size lie in one piece of device memory; each tensor that grows by a row per token has a
// piece of its own with room for more. Move-only, so that nothing is copied by accident. The backend must
// outlive it.
class State {
public:
    // A fresh start: zeros (or what the spec says instead), and no rows.
    static Result<State> create(Backend &backend, std::span<const StateTensor> spec);

    // In the order of the spec. The first extent of a growing tensor is the number of rows that it has room
    // for.
    std::span<const Tensor> tensors() const { return m_tensors; }
    std::span<const StateTensor> spec() const { return m_spec; }

    std::int64_t length() const { return m_length; } // tokens read, and rows of every growing tensor
    std::size_t bytes() const;                       // in use: of the fixed tensors and the rows
    std::size_t derivedBytes() const;                // in use: of derived rows, a part of bytes()

    // Derived tensors are computed from the others; after upload() they lag behind until they are rebuilt.
    std::int64_t derivedLength() const { return m_derivedLength; }
    // The first position whose derived rows are kept; 0 unless the spec bounds their number (mostRows).
    std::int64_t keptFrom() const { return m_keptFrom; }

    // What a run needs: room for `rows` more rows before it, and the count of them after it.
    Result<> reserve(std::int64_t rows);
    void advance(std::int64_t rows);
    // Rebuilding: from no rows and zeros on, until derivedLength() is length().
    Result<> forgetDerived();
    void advanceDerived(std::int64_t rows);

    Result<State> clone() const;

    // A position of this state to come back to. Rows are only ever added, so that of the growing tensors
    // nothing but their length has to be remembered: marking costs a copy of the fixed tensors.
    struct Mark {
        std::shared_ptr<Buffer> fixed;
        std::int64_t length = 0;
        std::int64_t derivedLength = 0;
    };
    Result<Mark> mark() const;
    Result<> updateMark(Mark &mark) const; // reuses its memory
    Result<> returnTo(const Mark &mark);   // made of this state, at or before its present length

    // Everything but derived tensors.
    Result<std::vector<TensorImage>> download() const;
    // Every tensor of the spec that is not derived must be there with its type, shape and layout, all growing
    // ones with the same number of rows; the error names the first that is not, and then nothing has changed.
    Result<> upload(std::span<const TensorImage> images);

private:
    State(Backend &backend, std::span<const StateTensor> spec) : m_backend(&backend), m_spec(spec) {}

    Result<> allocate();
    // Room for rows up to `end` in every tensor that grows; bounded ones then begin at position `from`.
    Result<> makeRoom(std::int64_t from, std::int64_t end);
    std::int64_t firstKept(std::int64_t length, std::int64_t end) const;
    Result<> setToInitial(std::size_t tensor);
    Result<> copyFixed(Buffer &to, const Buffer &from) const;
    Result<std::int64_t> checkImages(std::span<const TensorImage> images) const; // their number of rows

    Backend *m_backend;
    std::span<const StateTensor> m_spec; // the model's
    std::vector<Tensor> m_tensors;
    std::shared_ptr<Buffer> m_fixed;
    std::int64_t m_length = 0;
    std::int64_t m_derivedLength = 0;
    std::int64_t m_keptFrom = 0;
};

} // namespace volary
