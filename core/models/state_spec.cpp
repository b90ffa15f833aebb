#include "core/models/state_spec.h"

#include "core/base/check.h"

namespace volary {

std::string_view name(StateRole role)
{
    switch (role) {
    case StateRole::AttentionShift: return "attention-shift";
    case StateRole::FeedForwardShift: return "feed-forward-shift";
    case StateRole::Wkv: return "wkv";
    case StateRole::Numerator: return "numerator";
    case StateRole::Denominator: return "denominator";
    case StateRole::Maximum: return "maximum";
    }
    VOLARY_CHECK(false, "unknown state role");
}

} // namespace volary
