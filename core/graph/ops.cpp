#include "core/graph/ops.h"

#include "core/base/check.h"
#include "core/graph/layout.h"
#include "core/tensor/ops/attention.h"

#include <algorithm>

namespace volary {

Ops::Ops(int rows, int sequences, Want want, std::vector<StateSlot> states)
    : m_plan(std::make_unique<Plan>()), m_states(std::move(states))
{
    VOLARY_CHECK(sequences >= 1 && rows >= sequences, "every sequence advances by at least one row");
    m_plan->rows = rows;
    m_plan->sequences = sequences;
    m_plan->want = want;
}

Value Ops::newActivation(Shape shape)
{
    m_plan->values.push_back({.kind = PlanValue::Kind::Activation, .type = DType::F32, .shape = shape});
    return {ValueId(m_plan->values.size() - 1)};
}

ValueId Ops::weight(const Tensor &tensor)
{
    const auto same = [&](const Tensor &known) {
        return known.buffer == tensor.buffer && known.offset == tensor.offset && known.shape == tensor.shape;
    };
    const auto found = std::ranges::find_if(m_plan->weights, same);
    const int index = int(found - m_plan->weights.begin());
    if (found == m_plan->weights.end())
        m_plan->weights.push_back(tensor);
    m_plan->values.push_back(
        {.kind = PlanValue::Kind::Weight, .type = tensor.type, .shape = tensor.shape, .index = index});
    return ValueId(m_plan->values.size() - 1);
}

ValueId Ops::state(int index)
{
    const StateSlot &slot = m_states.at(std::size_t(index));
    m_plan->values.push_back(
        {.kind = PlanValue::Kind::State, .type = slot.type, .shape = slot.shape, .index = index});
    return ValueId(m_plan->values.size() - 1);
}

PlanOp &Ops::append(OpKind kind, std::initializer_list<ValueId> inputs, Value output)
{
    PlanOp op{.kind = kind};
    std::ranges::copy(inputs, op.inputs.begin());
    op.output = output.id;
    m_plan->ops.push_back(op);
    return m_plan->ops.back();
}

Value Ops::embed(const Tensor &table)
{
    VOLARY_CHECK(table.shape.rank() == 2, "an embedding is [V, C]");
    const Value out = newActivation({m_plan->rows, table.shape[1]});
    append(OpKind::Embed, {weight(table)}, out);
    return out;
}

Value Ops::layerNorm(Value x, const Tensor &scale, const Tensor &shift, float epsilon)
{
    VOLARY_CHECK(scale.shape.elements() == shape(x)[1] && shift.shape.elements() == shape(x)[1],
                 "layerNorm scales every channel");
    const Value out = newActivation(shape(x));
    append(OpKind::LayerNorm, {x.id, weight(scale), weight(shift)}, out).epsilon = epsilon;
    return out;
}

Value Ops::tokenShift(Value x, int stateIndex)
{
    const ValueId slot = state(stateIndex);
    VOLARY_CHECK(m_plan->values[std::size_t(slot)].shape.elements() == shape(x)[1],
                 "tokenShift keeps one row");
    const Value out = newActivation(shape(x));
    append(OpKind::TokenShift, {x.id}, out).states[0] = slot;
    return out;
}

Value Ops::lerp(Value x, Value y, const Tensor &mix)
{
    VOLARY_CHECK(shape(x) == shape(y) && mix.shape.elements() == shape(x)[1], "lerp mixes equal shapes");
    const Value out = newActivation(shape(x));
    append(OpKind::Lerp, {x.id, y.id, weight(mix)}, out);
    return out;
}

Value Ops::lerp(Value x, Value y, Value mix)
{
    VOLARY_CHECK(shape(x) == shape(y) && shape(x) == shape(mix), "lerp mixes equal shapes");
    const Value out = newActivation(shape(x));
    append(OpKind::Lerp, {x.id, y.id, mix.id}, out);
    return out;
}

Value Ops::linear(const Tensor &w, Value x)
{
    VOLARY_CHECK(w.shape.rank() == 2 && w.shape[1] == shape(x)[1], "linear needs [O, I] and [R, I]");
    const Value out = newActivation({shape(x)[0], w.shape[0]});
    append(OpKind::Linear, {weight(w), x.id}, out);
    return out;
}

Value Ops::activate(Activation activation, Value x)
{
    const Value out = newActivation(shape(x));
    append(OpKind::Activate, {x.id}, out).activation = activation;
    return out;
}

Value Ops::elementwise(OpKind kind, Value a, ValueId b, bool broadcast)
{
    const Shape &other = m_plan->values[std::size_t(b)].shape;
    VOLARY_CHECK(broadcast ? other.elements() == shape(a)[1] : other == shape(a),
                 "elementwise ops need equal shapes");
    const Value out = newActivation(shape(a));
    append(kind, {a.id, b}, out);
    return out;
}

Value Ops::add(Value a, Value b)
{
    return elementwise(OpKind::Add, a, b.id, false);
}
Value Ops::add(Value a, const Tensor &b)
{
    return elementwise(OpKind::Add, a, weight(b), true);
}
Value Ops::mul(Value a, Value b)
{
    return elementwise(OpKind::Mul, a, b.id, false);
}
Value Ops::mul(Value a, const Tensor &b)
{
    return elementwise(OpKind::Mul, a, weight(b), true);
}

Value Ops::decay6(Value x)
{
    const Value out = newActivation(shape(x));
    append(OpKind::Decay6, {x.id}, out);
    return out;
}

Value Ops::decay7(Value x)
{
    const Value out = newActivation(shape(x));
    append(OpKind::Decay7, {x.id}, out);
    return out;
}

Value Ops::normalizeHeads(Value x, int heads)
{
    VOLARY_CHECK(shape(x)[1] % heads == 0, "channels divide into heads");
    const Value out = newActivation(shape(x));
    append(OpKind::NormalizeHeads, {x.id}, out).heads = heads;
    return out;
}

Value Ops::rowMatrix(Value x, Value matrices)
{
    const std::int64_t inputs = shape(x)[1];
    VOLARY_CHECK(shape(matrices)[0] == shape(x)[0] && shape(matrices)[1] % inputs == 0,
                 "rowMatrix needs a matrix for every row");
    const Value out = newActivation({shape(x)[0], shape(matrices)[1] / inputs});
    append(OpKind::RowMatrix, {x.id, matrices.id}, out);
    return out;
}

Value Ops::scaleKey7(Value k, Value a, const Tensor &rate)
{
    VOLARY_CHECK(shape(k) == shape(a) && rate.shape.elements() == shape(k)[1],
                 "scaleKey7 needs equal shapes");
    const Value out = newActivation(shape(k));
    append(OpKind::ScaleKey7, {k.id, a.id, weight(rate)}, out);
    return out;
}

Value Ops::wkv4(Value k, Value v, const Tensor &logDecay, const Tensor &bonus,
                const std::array<int, 3> &stateIndices)
{
    const std::int64_t width = shape(k)[1];
    VOLARY_CHECK(shape(v) == shape(k) && logDecay.shape.elements() == width &&
                     bonus.shape.elements() == width,
                 "wkv4 decays every channel");
    std::array<ValueId, PlanOp::kMaxStates> slots;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        slots[i] = state(stateIndices[i]);
        VOLARY_CHECK(m_plan->values[std::size_t(slots[i])].shape.elements() == width, "wkv4 keeps [C]");
    }
    const Value out = newActivation(shape(k));
    append(OpKind::Wkv4, {k.id, v.id, weight(logDecay), weight(bonus)}, out).states = slots;
    return out;
}

Value Ops::wkv5(Value r, const Tensor &decay, Value k, Value v, const Tensor &bonus, int stateIndex)
{
    VOLARY_CHECK(decay.shape.elements() == shape(r)[1], "wkv5 decays every channel");
    return recordWkv5(r, weight(decay), k, v, bonus, stateIndex);
}

Value Ops::wkv5(Value r, Value decay, Value k, Value v, const Tensor &bonus, int stateIndex)
{
    VOLARY_CHECK(shape(decay) == shape(r), "wkv5 decays every channel of every row");
    return recordWkv5(r, decay.id, k, v, bonus, stateIndex);
}

Value Ops::recordWkv5(Value r, ValueId decay, Value k, Value v, const Tensor &bonus, int stateIndex)
{
    const ValueId slot = state(stateIndex);
    const Shape s = m_plan->values[std::size_t(slot)].shape;
    VOLARY_CHECK(s.rank() == 3 && s[1] == s[2] && s[0] * s[1] == shape(r)[1], "wkv5 keeps [H, N, N]");
    VOLARY_CHECK(shape(k) == shape(r) && shape(v) == shape(r) && bonus.shape.elements() == shape(r)[1],
                 "wkv5 needs equal shapes");
    const Value out = newActivation(shape(r));
    PlanOp &op = append(OpKind::Wkv5, {r.id, decay, k.id, v.id, weight(bonus)}, out);
    op.states[0] = slot;
    op.heads = int(s[0]);
    return out;
}

Value Ops::wkv7(Value r, Value w, Value k, Value v, Value kappa, Value a, int stateIndex)
{
    const ValueId slot = state(stateIndex);
    const Shape &s = m_plan->values[std::size_t(slot)].shape;
    VOLARY_CHECK(s.rank() == 3 && s[1] == s[2] && s[0] * s[1] == shape(r)[1], "wkv7 keeps [H, N, N]");
    const int heads = int(s[0]);
    const Value out = newActivation(shape(r));
    PlanOp &op = append(OpKind::Wkv7, {r.id, w.id, k.id, v.id, kappa.id, a.id}, out);
    op.states[0] = slot;
    op.heads = heads;
    return out;
}

Value Ops::groupNorm(Value x, const Tensor &scale, const Tensor &shift, int heads, float epsilon)
{
    VOLARY_CHECK(shape(x)[1] % heads == 0 && scale.shape.elements() == shape(x)[1],
                 "groupNorm scales every channel");
    const Value out = newActivation(shape(x));
    PlanOp &op = append(OpKind::GroupNorm, {x.id, weight(scale), weight(shift)}, out);
    op.heads = heads;
    op.epsilon = epsilon;
    return out;
}

Value Ops::bonus7(Value r, Value k, Value v, const Tensor &w)
{
    VOLARY_CHECK(w.shape.rank() == 2 && w.shape.elements() == shape(r)[1], "bonus7 weighs [H, N]");
    const Value out = newActivation(shape(v));
    append(OpKind::Bonus7, {r.id, k.id, v.id, weight(w)}, out).heads = int(w.shape[0]);
    return out;
}

ValueId Ops::growingState(int index, std::int64_t width)
{
    const ValueId slot = state(index);
    const Shape &s = m_plan->values[std::size_t(slot)].shape;
    VOLARY_CHECK(s.rank() == 2 && s[0] == 0 && s[1] == width, "a row per token has the width of its state");
    return slot;
}

Value Ops::rmsNorm(Value x, float epsilon)
{
    const Value out = newActivation(shape(x));
    append(OpKind::RmsNorm, {x.id}, out).epsilon = epsilon;
    return out;
}

Value Ops::rmsNorm(Value x, const Tensor &scale, float epsilon)
{
    const Value normalised = newActivation(shape(x));
    append(OpKind::RmsNorm, {x.id}, normalised).epsilonInRoot = epsilon;
    return mul(normalised, scale);
}

Value Ops::atMost(Value x, float bound)
{
    const Value out = newActivation(shape(x));
    append(OpKind::AtMost, {x.id}, out).bound = bound;
    return out;
}

Value Ops::repeatHeads(Value x, int headsGiven, int heads)
{
    VOLARY_CHECK(heads % headsGiven == 0 && shape(x)[1] % headsGiven == 0, "heads divide into groups");
    const Value out = newActivation({shape(x)[0], shape(x)[1] / headsGiven * heads});
    append(OpKind::RepeatHeads, {x.id}, out).heads = heads;
    return out;
}

Value Ops::rope(Value x, int heads, double base, Pairs pairs)
{
    VOLARY_CHECK(shape(x)[1] % (2 * std::int64_t(heads)) == 0, "rope turns pairs of channels");
    const Value out = newActivation(shape(x));
    PlanOp &op = append(OpKind::Rope, {x.id}, out);
    op.heads = heads;
    op.base = base;
    op.halves = pairs == Pairs::Halves;
    return out;
}

void Ops::keepTokens(int stateIndex)
{
    const ValueId slot = growingState(stateIndex, 1);
    VOLARY_CHECK(m_plan->values[std::size_t(slot)].type == DType::I32, "tokens are int32");
    append(OpKind::KeepTokens, {}, {}).states[0] = slot;
}

void Ops::keepRows(Value x, int stateIndex)
{
    const ValueId slot = growingState(stateIndex, shape(x)[1]);
    PlanOp &op = append(OpKind::KeepRows, {x.id}, {});
    op.states[0] = slot;
    op.derived = m_states[std::size_t(stateIndex)].derived;
}

Value Ops::keptRows(int stateIndex)
{
    const std::int64_t width = m_states.at(std::size_t(stateIndex)).shape[1];
    const ValueId slot = growingState(stateIndex, width);
    const Value out = newActivation({m_plan->rows, width});
    append(OpKind::KeptRows, {}, out).states[0] = slot;
    return out;
}

Value Ops::attention(Value q, int keys, int values, int heads)
{
    const std::int64_t width = shape(q)[1];
    VOLARY_CHECK(width % heads == 0, "channels divide into heads");
    const std::int64_t keyWidth = m_states.at(std::size_t(keys)).shape[1], headSize = width / heads;
    VOLARY_CHECK(keyWidth % headSize == 0 && heads % (keyWidth / headSize) == 0, "heads divide into groups");
    const ValueId keySlot = growingState(keys, keyWidth), valueSlot = growingState(values, keyWidth);
    const Value out = newActivation(shape(q));
    PlanOp &op = append(OpKind::Attention, {q.id}, out);
    op.states[0] = keySlot;
    op.states[1] = valueSlot;
    op.heads = heads;
    op.keyHeads = int(keyWidth / headSize);
    if (m_keepsAttention) {
        m_plan->values[std::size_t(q.id)].kept = true;
        m_plan->values[std::size_t(out.id)].kept = true;
    }
    return out;
}

Value Ops::attention(Value q, int keys, int values, int heads, int tokenIds, const RecordTile &rebuild)
{
    Ops tile(kAttentionTile, 1, Want::StateOnly, m_states);
    const auto [k, v] = rebuild(tile);
    VOLARY_CHECK(tile.shape(k)[1] == m_states.at(std::size_t(keys)).shape[1] &&
                     tile.shape(k) == tile.shape(v),
                 "rebuilt rows are those that would have been kept");
    tile.m_plan->values[std::size_t(k.id)].kept = true;
    tile.m_plan->values[std::size_t(v.id)].kept = true;

    const Value out = attention(q, keys, values, heads);
    m_plan->ops.back().tile = int(m_plan->tiles.size());
    m_plan->tiles.push_back({tile.finish(), k.id, v.id, tokenIds});
    return out;
}

Value Ops::window(Value x, int count)
{
    VOLARY_CHECK(m_plan->sequences == 1 && count <= shape(x)[0], "a window ends with the only sequence");
    const Value out = newActivation({count, shape(x)[1]});
    append(OpKind::Window, {x.id}, out);
    return out;
}

Value Ops::lastRows(Value x)
{
    const Value out = newActivation({m_plan->sequences, shape(x)[1]});
    append(OpKind::LastRows, {x.id}, out);
    return out;
}

void Ops::result(Value hidden, Value logits)
{
    m_plan->hidden = hidden.id;
    m_plan->logits = logits.id;
    m_plan->values[std::size_t(hidden.id)].kept = true;
    m_plan->values[std::size_t(logits.id)].kept = true;
}

std::shared_ptr<const Plan> Ops::finish()
{
    VOLARY_CHECK(m_plan->want <= Want::StateOnly || m_plan->logits >= 0,
                 "a model must say what its logits are");
    layOut(*m_plan);
    return std::move(m_plan);
}

} // namespace volary
