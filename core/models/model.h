// What an architecture offers to the rest of the engine.
#pragma once

#include "core/base/result.h"
#include "core/graph/ops.h"
#include "core/models/model_info.h"
#include "core/models/state_spec.h"

#include <memory>
#include <span>
#include <vector>

namespace volary {

// A loaded model: config, weights on a device, a declared state, and equations. Immutable.
class Model {
public:
    virtual ~Model() = default;

    const ModelInfo &info() const { return m_info; }
    std::span<const StateTensor> stateSpec() const { return m_stateSpec; }

    // Writes the equations for the rows and sequences that `op` was made for, and returns through
    // op.finish(logits, hidden). The state tensors are op.state(i), in the order of stateSpec().
    virtual void record(Ops &op) const = 0;

    // Writes the equations that rebuild the derived tensors of the state, for rows whose other tensors are
    // there. Recorded for one sequence, with Want::StateOnly; called only where the state has derived
    // tensors.
    virtual void recordRebuild(Ops &op) const;

    // How many rows must follow those of a Passing run for everything that it left out to be right again.
    virtual int lookback() const { return 0; }

protected:
    ModelInfo m_info;
    std::vector<StateTensor> m_stateSpec;
};

} // namespace volary
