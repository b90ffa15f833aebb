// The whole boundary between the engine and a device.
#pragma once

#include "core/base/result.h"
#include "core/tensor/device.h"
#include "core/tensor/plan.h"

#include <memory>
#include <span>

namespace volary {

// A plan made runnable by one backend; must not outlive it.
class Program {
public:
    virtual ~Program() = default;
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;

    const Plan &plan() const { return *m_plan; }

protected:
    explicit Program(std::shared_ptr<const Plan> plan) : m_plan(std::move(plan)) {}

private:
    std::shared_ptr<const Plan> m_plan;
};

// Makes buffers, moves bytes, turns plans into programs and runs them. Knows nothing of models, sessions or
// files. Used by one thread at a time (the engine thread); whatever threads a backend uses inside are
// invisible outside.
class Backend {
public:
    virtual ~Backend() = default;

    virtual const Device &device() const = 0;

    // Whether `kind` runs here with weights of this type (ops without weights: any type).
    virtual bool supports(OpKind kind, DType weights) const = 0;

    // Fails with ErrorCode::OutOfMemory. The memory is zeroed.
    virtual Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) = 0;

    // Byte ranges must lie inside the buffer.
    virtual Result<> upload(Buffer &to, std::size_t offset, std::span<const std::byte> from) = 0;
    virtual Result<> download(std::span<std::byte> to, const Buffer &from, std::size_t offset) = 0;
    virtual Result<> copy(Buffer &to, std::size_t toOffset, const Buffer &from, std::size_t fromOffset,
                          std::size_t bytes) = 0;

    // Names the first op that is missing here; nothing ever falls back to another device in the middle of a
    // plan.
    virtual Result<std::unique_ptr<Program>> prepare(std::shared_ptr<const Plan> plan) = 0;

    // Runs in order and is finished on return. After an error the states bound to the run are undefined and
    // the caller restores them.
    virtual Result<> run(Program &program, const Bindings &bindings) = 0;

    // Copies a kept value (such as the logits) of the last run, which must have been of this program:
    // programs share their working memory. `to` has exactly the value's number of elements.
    virtual Result<> read(const Program &program, ValueId value, std::span<float> to) = 0;
};

} // namespace volary
