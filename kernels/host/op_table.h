// The functions of a backend that computes in host memory, one per op.
#pragma once

#include "core/tensor/ops/activate.h"
#include "core/tensor/ops/at_most.h"
#include "core/tensor/ops/attention.h"
#include "core/tensor/ops/bonus7.h"
#include "core/tensor/ops/decay6.h"
#include "core/tensor/ops/decay7.h"
#include "core/tensor/ops/elementwise.h"
#include "core/tensor/ops/embed.h"
#include "core/tensor/ops/group_norm.h"
#include "core/tensor/ops/last_rows.h"
#include "core/tensor/ops/layer_norm.h"
#include "core/tensor/ops/lerp.h"
#include "core/tensor/ops/linear.h"
#include "core/tensor/ops/normalize_heads.h"
#include "core/tensor/ops/repeat_heads.h"
#include "core/tensor/ops/rms_norm.h"
#include "core/tensor/ops/rope.h"
#include "core/tensor/ops/row_matrix.h"
#include "core/tensor/ops/scale_key7.h"
#include "core/tensor/ops/token_shift.h"
#include "core/tensor/ops/wkv4.h"
#include "core/tensor/ops/wkv5.h"
#include "core/tensor/ops/wkv7.h"

#include <functional>

namespace volary {

// Splits work over threads. Parts never depend on each other, so results do not depend on how many threads
// there are.
class Parallel {
public:
    virtual ~Parallel() = default;
    // Calls body(begin, end) for ranges that together cover 0 .. count-1, each at least `grain` long (but the
    // last).
    virtual void forRanges(int count, int grain, const std::function<void(int, int)> &body) = 0;
};

struct OpTable {
    void (*embed)(const EmbedArgs &, Parallel &);
    void (*layerNorm)(const LayerNormArgs &, Parallel &);
    void (*tokenShift)(const TokenShiftArgs &, Parallel &);
    void (*lerp)(const LerpArgs &, Parallel &);
    void (*linear)(const LinearArgs &, Parallel &);
    void (*activate)(const ActivateArgs &, Parallel &);
    void (*add)(const ElementwiseArgs &, Parallel &);
    void (*mul)(const ElementwiseArgs &, Parallel &);
    void (*decay6)(const Decay6Args &, Parallel &);
    void (*decay7)(const Decay7Args &, Parallel &);
    void (*normalizeHeads)(const NormalizeHeadsArgs &, Parallel &);
    void (*scaleKey7)(const ScaleKey7Args &, Parallel &);
    void (*rowMatrix)(const RowMatrixArgs &, Parallel &);
    void (*wkv4)(const Wkv4Args &, Parallel &);
    void (*wkv5)(const Wkv5Args &, Parallel &);
    void (*wkv7)(const Wkv7Args &, Parallel &);
    void (*groupNorm)(const GroupNormArgs &, Parallel &);
    void (*bonus7)(const Bonus7Args &, Parallel &);
    void (*rmsNorm)(const RmsNormArgs &, Parallel &);
    void (*atMost)(const AtMostArgs &, Parallel &);
    void (*repeatHeads)(const RepeatHeadsArgs &, Parallel &);
    void (*rope)(const RopeArgs &, Parallel &);
    void (*attention)(const AttentionArgs &, Parallel &);
    void (*keepRows)(const KeepRowsArgs &);
    void (*lastRows)(const LastRowsArgs &, Parallel &);
};

} // namespace volary
