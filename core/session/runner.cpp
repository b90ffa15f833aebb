#include "core/session/runner.h"

#include "core/base/check.h"
#include "core/base/text.h"

#include <algorithm>

namespace volary {

namespace {
// Decoding, full chunks, and the rests of a few prompts; a plan of 24 layers is about 100 KB.
constexpr std::size_t kKeptPrograms = 8;
} // namespace

Result<Program *> Runner::programFor(Task task, int rows, int sequences, Want want)
{
    const auto fits = [&](const KnownProgram &known) {
        const Plan &plan = known.program->plan();
        return known.task == task && plan.rows == rows && plan.sequences == sequences && plan.want == want;
    };
    const auto known = std::ranges::find_if(m_programs, fits);
    if (known != m_programs.end()) {
        m_programs.splice(m_programs.begin(), m_programs, known);
        return m_programs.front().program.get();
    }
    std::vector<StateSlot> slots;
    for (const StateTensor &tensor : m_model.stateSpec())
        slots.push_back({tensor.type, tensor.shape, tensor.derived});
    Ops op(rows, sequences, want, std::move(slots));
    if (task == Task::Probe)
        op.keepAttention();
    if (task == Task::Rebuild)
        m_model.recordRebuild(op);
    else
        m_model.record(op);
    TRY(auto program, m_backend.prepare(op.finish()));
    m_programs.push_front({task, std::move(program)});
    if (m_programs.size() > kKeptPrograms)
        m_programs.pop_back();
    return m_programs.front().program.get();
}

Result<> Runner::checkTokens(std::span<const TokenId> tokens) const
{
    const int vocabulary = m_model.info().vocabulary;
    const auto bad = std::ranges::find_if(tokens, [&](TokenId id) { return id < 0 || id >= vocabulary; });
    if (bad == tokens.end())
        return {};
    return Error{ErrorCode::Invalid,
                 format("The token %d does not exist: this model has %d, from 0 to %d.", *bad, vocabulary,
                        vocabulary - 1),
                 "Check that the tokens come from this model's tokenizer."};
}

Result<> Runner::execute(Program &program, std::span<const SequenceInput> inputs,
                         std::span<const std::int64_t> positions)
{
    std::vector<TokenId> tokens;
    std::vector<std::int32_t> firstRow{0};
    std::vector<std::span<const Tensor>> states;
    std::vector<std::int64_t> keptFrom;
    for (const SequenceInput &input : inputs) {
        tokens.insert(tokens.end(), input.tokens.begin(), input.tokens.end());
        firstRow.push_back(std::int32_t(tokens.size()));
        states.push_back(input.state->tensors());
        keptFrom.push_back(input.state->keptFrom());
    }
    return m_backend.run(program, {.tokens = tokens,
                                   .firstRow = firstRow,
                                   .states = states,
                                   .positions = positions,
                                   .keptFrom = keptFrom});
}

Result<> Runner::rebuild(State &state)
{
    if (state.derivedLength() == state.length())
        return {};
    const auto ids = std::ranges::find(state.spec(), StateRole::TokenIds, &StateTensor::role);
    VOLARY_CHECK(ids != state.spec().end(), "derived tensors come from tokens");
    const Tensor &kept = state.tensors()[std::size_t(ids - state.spec().begin())];
    std::vector<TokenId> tokens(static_cast<std::size_t>(state.length()));
    TRY_(m_backend.download(std::as_writable_bytes(std::span(tokens)), *kept.buffer, kept.offset));
    TRY_(checkTokens(tokens));
    while (state.derivedLength() < state.length()) {
        const std::int64_t position = state.derivedLength();
        const auto rows = std::min<std::int64_t>(state.length() - position, rowsAtOnce());
        const SequenceInput input{std::span(tokens).subspan(std::size_t(position), std::size_t(rows)),
                                  &state};
        TRY(Program * program, programFor(Task::Rebuild, int(rows), 1, Want::StateOnly));
        TRY_(execute(*program, {&input, 1}, {&position, 1}));
        state.advanceDerived(rows);
    }
    return {};
}

Result<State> Runner::newState() const
{
    TRY(State state, State::create(m_backend, m_model.stateSpec()));
    if (!m_initial.tensors.empty())
        TRY_(state.upload(m_initial.tensors));
    return state;
}

Result<> Runner::startFrom(const TensorFile &file)
{
    TRY(const State fresh, State::create(m_backend, m_model.stateSpec()));
    TRY(m_initial, readInitialState(file, fresh));
    return {};
}

Result<> Runner::run(std::span<const SequenceInput> inputs, Want want)
{
    return runAs(Task::Run, inputs, want);
}

Result<std::vector<AttentionProbe>> Runner::probe(TokenId token, State &state)
{
    const SequenceInput input{{&token, 1}, &state};
    TRY_(runAs(Task::Probe, {&input, 1}, Want::LastLogits));
    const Plan &plan = m_last->plan();
    std::vector<AttentionProbe> probes;
    for (const PlanOp &op : plan.ops) {
        if (op.kind != OpKind::Attention)
            continue;
        const auto numbers = [&](ValueId id) {
            return std::size_t(plan.values[std::size_t(id)].shape.elements());
        };
        const auto stateOf = [&](ValueId id) { return plan.values[std::size_t(id)].index; };
        AttentionProbe probe{.keys = stateOf(op.states[0]),
                             .values = stateOf(op.states[1]),
                             .heads = op.heads,
                             .keyHeads = op.keyHeads,
                             .query = std::vector<float>(numbers(op.inputs[0])),
                             .read = std::vector<float>(numbers(op.output))};
        TRY_(m_backend.read(*m_last, op.inputs[0], probe.query));
        TRY_(m_backend.read(*m_last, op.output, probe.read));
        probes.push_back(std::move(probe));
    }
    return probes;
}

Result<> Runner::runAs(Task task, std::span<const SequenceInput> inputs, Want want)
{
    m_last = nullptr;
    std::size_t rows = 0;
    std::vector<std::int64_t> positions;
    for (const SequenceInput &input : inputs) {
        VOLARY_CHECK(!input.tokens.empty(), "every sequence advances by at least one token");
        TRY_(checkTokens(input.tokens));
        rows += input.tokens.size();
        TRY_(rebuild(*input.state));
        TRY_(input.state->reserve(std::int64_t(input.tokens.size())));
        positions.push_back(input.state->length());
    }
    VOLARY_CHECK(rows <= std::size_t(rowsAtOnce()), "longer inputs are cut by the caller");
    TRY(Program * program, programFor(task, int(rows), int(inputs.size()), want));
    TRY_(execute(*program, inputs, positions));
    for (const SequenceInput &input : inputs)
        input.state->advance(std::int64_t(input.tokens.size()));
    m_last = program;
    return {};
}

Result<> Runner::readLogits(std::span<float> to)
{
    VOLARY_CHECK(m_last && m_last->plan().logits >= 0, "the last run computed logits");
    return m_backend.read(*m_last, m_last->plan().logits, to);
}

Result<> Runner::readHidden(std::span<float> to)
{
    VOLARY_CHECK(m_last && m_last->plan().hidden >= 0, "the last run computed a head");
    return m_backend.read(*m_last, m_last->plan().hidden, to);
}

} // namespace volary
