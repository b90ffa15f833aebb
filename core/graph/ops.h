// The recorder that an architecture writes its equations into.
#pragma once

#include "core/tensor/plan.h"

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace volary {

// An activation in a plan that is being recorded. Copy freely; it is only an index.
struct Value {
    ValueId id = -1;
    explicit operator bool() const { return id >= 0; }
};

struct StateSlot {
    DType type;
    Shape shape; // for one sequence
    bool derived = false;
};

class Ops;

// Records keys and values [R, K N] for the rows that it is called with: see RebuiltTile.
using RecordTile = std::function<std::pair<Value, Value>(Ops &op)>;

// Records a plan. Each call appends one op and returns its result; nothing is computed yet. Shapes are
// checked as they come: a mismatch is a mistake in the architecture's file and stops the program, because the
// shapes of weights were compared with the architecture's table when they were loaded.
class Ops {
public:
    // `states` in the order of the model's state spec.
    Ops(int rows, int sequences, Want want, std::vector<StateSlot> states);

    int rows() const { return m_plan->rows; }
    int sequences() const { return m_plan->sequences; }
    Want want() const { return m_plan->want; }

    Value embed(const Tensor &table); // [V, C] -> [R, C]
    Value layerNorm(Value x, const Tensor &scale, const Tensor &shift, float epsilon);
    Value tokenShift(Value x, int state);            // state: [C]
    Value lerp(Value x, Value y, const Tensor &mix); // mix: [C]
    Value lerp(Value x, Value y, Value mix);         // mix: [R, C]
    Value linear(const Tensor &weight, Value x);     // [O, I], [R, I] -> [R, O]
    Value activate(Activation activation, Value x);
    Value add(Value a, Value b);
    Value add(Value a, const Tensor &b); // b: [C]
    Value mul(Value a, Value b);
    Value mul(Value a, const Tensor &b); // b: [C]
    Value decay6(Value x);
    Value decay7(Value x);
    Value normalizeHeads(Value x, int heads);
    Value scaleKey7(Value k, Value a, const Tensor &rate);
    Value rowMatrix(Value x, Value matrices); // [R, I], [R, I O] -> [R, O]
    // States: numerator, denominator and maximum, each [C]; logDecay and bonus: [C].
    Value wkv4(Value k, Value v, const Tensor &logDecay, const Tensor &bonus,
               const std::array<int, 3> &states);
    // bonus: [C]; state: [H, N, N]; decay: [C] for all rows, or [R, C].
    Value wkv5(Value r, const Tensor &decay, Value k, Value v, const Tensor &bonus, int state);
    Value wkv5(Value r, Value decay, Value k, Value v, const Tensor &bonus, int state);
    Value wkv7(Value r, Value w, Value k, Value v, Value kappa, Value a, int state); // state: [H, N, N]
    Value groupNorm(Value x, const Tensor &scale, const Tensor &shift, int heads, float epsilon);
    Value bonus7(Value r, Value k, Value v, const Tensor &weight); // weight: [H, N]
    Value rmsNorm(Value x, float epsilon);                         // epsilon beside the root
    Value rmsNorm(Value x, const Tensor &scale, float epsilon);    // epsilon in the root; scale: [C]
    Value atMost(Value x, float bound);
    enum class Pairs : bool { Neighbours, Halves };
    Value rope(Value x, int heads, double base, Pairs pairs);
    Value repeatHeads(Value x, int headsGiven, int heads); // [R, K N] -> [R, H N]
    void keepTokens(int state);                            // state: [.., 1] int32
    void keepRows(Value x, int state);                     // state: [.., C]
    Value keptRows(int state);                             // [R, C], of this run's positions
    // states: [.., K N]; as many heads of keys and values as of queries, or a part of them
    Value attention(Value q, int keys, int values, int heads);
    // The same where rows may have to be rebuilt, from the tokens in the state `tokenIds` on.
    Value attention(Value q, int keys, int values, int heads, int tokenIds, const RecordTile &rebuild);
    // The last `count` rows. Only where one sequence is advanced, so that every row keeps its position.
    Value window(Value x, int count);
    Value lastRows(Value x); // [R, C] -> [B, C]

    // What enters and leaves the attentions that are recorded from now on can be read after a run.
    void keepAttention() { m_keepsAttention = true; }

    // Ends the recording of everything but the states. `hidden` are the normalised rows that enter the head.
    void result(Value hidden, Value logits);

    // Lays out the memory. Requires result() unless only the states are wanted; call once.
    std::shared_ptr<const Plan> finish();

private:
    const Shape &shape(Value value) const { return m_plan->values[std::size_t(value.id)].shape; }
    Value newActivation(Shape shape);
    ValueId weight(const Tensor &tensor);
    ValueId state(int index);
    ValueId growingState(int index, std::int64_t width);
    PlanOp &append(OpKind kind, std::initializer_list<ValueId> inputs, Value output);
    Value elementwise(OpKind kind, Value a, ValueId b, bool broadcast);
    Value recordWkv5(Value r, ValueId decay, Value k, Value v, const Tensor &bonus, int state);

    std::unique_ptr<Plan> m_plan;
    std::vector<StateSlot> m_states;
    bool m_keepsAttention = false;
};

} // namespace volary
