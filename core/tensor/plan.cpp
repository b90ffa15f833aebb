#include "core/tensor/plan.h"

#include "core/base/check.h"

namespace volary {

std::string_view name(OpKind kind)
{
    switch (kind) {
    case OpKind::Embed: return "embed";
    case OpKind::LayerNorm: return "layerNorm";
    case OpKind::TokenShift: return "tokenShift";
    case OpKind::Lerp: return "lerp";
    case OpKind::Linear: return "linear";
    case OpKind::Activate: return "activate";
    case OpKind::Add: return "add";
    case OpKind::Mul: return "mul";
    case OpKind::Decay6: return "decay6";
    case OpKind::Decay7: return "decay7";
    case OpKind::NormalizeHeads: return "normalizeHeads";
    case OpKind::ScaleKey7: return "scaleKey7";
    case OpKind::RowMatrix: return "rowMatrix";
    case OpKind::Wkv4: return "wkv4";
    case OpKind::Wkv5: return "wkv5";
    case OpKind::Wkv7: return "wkv7";
    case OpKind::GroupNorm: return "groupNorm";
    case OpKind::Bonus7: return "bonus7";
    case OpKind::RmsNorm: return "rmsNorm";
    case OpKind::AtMost: return "atMost";
    case OpKind::Rope: return "rope";
    case OpKind::RepeatHeads: return "repeatHeads";
    case OpKind::KeepTokens: return "keepTokens";
    case OpKind::KeepRows: return "keepRows";
    case OpKind::KeptRows: return "keptRows";
    case OpKind::Attention: return "attention";
    case OpKind::Window: return "window";
    case OpKind::LastRows: return "lastRows";
    }
    VOLARY_CHECK(false, "unknown op");
}

} // namespace volary
