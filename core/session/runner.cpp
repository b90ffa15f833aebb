#include "core/session/runner.h"

#include "core/base/check.h"
#include "core/base/text.h"

#include <algorithm>

namespace volary {

namespace {
// Decoding, full chunks, and the rests of a few prompts; a plan of 24 layers is about 100 KB.
constexpr std::size_t kKeptPrograms = 8;
} // namespace

Result<Program *> Runner::programFor(int rows, int sequences, Want want)
{
    const auto fits = [&](const std::unique_ptr<Program> &program) {
        const Plan &plan = program->plan();
        return plan.rows == rows && plan.sequences == sequences && plan.want == want;
    };
    const auto known = std::ranges::find_if(m_programs, fits);
    if (known != m_programs.end()) {
        m_programs.splice(m_programs.begin(), m_programs, known);
        return m_programs.front().get();
    }
    std::vector<StateSlot> slots;
    for (const StateTensor &tensor : m_model.stateSpec())
        slots.push_back({tensor.type, tensor.shape});
    Ops op(rows, sequences, want, std::move(slots));
    m_model.record(op);
    TRY(auto program, m_backend.prepare(op.finish()));
    m_programs.push_front(std::move(program));
    if (m_programs.size() > kKeptPrograms)
        m_programs.pop_back();
    return m_programs.front().get();
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

Result<> Runner::run(std::span<const SequenceInput> inputs, Want want)
{
    std::vector<TokenId> tokens;
    std::vector<std::int32_t> firstRow{0};
    std::vector<std::span<const Tensor>> states;
    for (const SequenceInput &input : inputs) {
        VOLARY_CHECK(!input.tokens.empty(), "every sequence advances by at least one token");
        TRY_(checkTokens(input.tokens));
        tokens.insert(tokens.end(), input.tokens.begin(), input.tokens.end());
        firstRow.push_back(std::int32_t(tokens.size()));
        states.push_back(input.state->tensors());
    }
    VOLARY_CHECK(tokens.size() <= std::size_t(kMaxRows), "longer inputs are cut by the caller");
    m_last = nullptr;
    TRY(Program * program, programFor(int(tokens.size()), int(inputs.size()), want));
    TRY_(m_backend.run(*program, {.tokens = tokens, .firstRow = firstRow, .states = states}));
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
