#include "core/session/state.h"

#include "core/base/check.h"
#include "core/base/text.h"

namespace volary {

namespace {

constexpr std::size_t kAlignment = 64;

std::size_t bytesOf(const StateTensor &tensor)
{
    return std::size_t(tensor.shape.elements()) * bytesPerElement(tensor.type);
}

std::size_t padded(std::size_t bytes)
{
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

} // namespace

State::State(Backend &backend, std::span<const StateTensor> spec, std::shared_ptr<Buffer> buffer)
    : m_backend(&backend), m_spec(spec), m_buffer(std::move(buffer))
{
    std::size_t offset = 0;
    for (const StateTensor &tensor : spec) {
        VOLARY_CHECK(tensor.growth == StateGrowth::Fixed,
                     "growing states come with the first model that has one");
        m_tensors.push_back({tensor.type, tensor.shape, m_buffer, offset});
        offset += padded(bytesOf(tensor));
        m_bytes += bytesOf(tensor);
    }
}

Result<State> State::allocate(Backend &backend, std::span<const StateTensor> spec)
{
    std::size_t bytes = 0;
    for (const StateTensor &tensor : spec)
        bytes += padded(bytesOf(tensor));
    TRY(auto buffer, backend.allocate(bytes));
    return State(backend, spec, std::move(buffer));
}

Result<State> State::create(Backend &backend, std::span<const StateTensor> spec)
{
    TRY(State state, allocate(backend, spec));
    for (std::size_t i = 0; i < spec.size(); ++i) {
        if (spec[i].initial == 0)
            continue;
        VOLARY_CHECK(spec[i].type == DType::F32, "only float32 states begin with other numbers than zero");
        const std::vector<float> numbers(std::size_t(spec[i].shape.elements()), spec[i].initial);
        TRY_(backend.upload(*state.m_buffer, state.m_tensors[i].offset, std::as_bytes(std::span(numbers))));
    }
    return state;
}

Result<State> State::clone() const
{
    TRY(State twin, allocate(*m_backend, m_spec));
    TRY_(twin.copyFrom(*this));
    return twin;
}

Result<> State::copyFrom(const State &other)
{
    VOLARY_CHECK(other.m_buffer->bytes() == m_buffer->bytes(), "states of one model have one size");
    return m_backend->copy(*m_buffer, 0, *other.m_buffer, 0, m_buffer->bytes());
}

Result<std::vector<TensorImage>> State::download() const
{
    std::vector<TensorImage> images;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        auto bytes = std::make_shared<std::vector<std::byte>>(m_tensors[i].bytes());
        TRY_(m_backend->download(*bytes, *m_tensors[i].buffer, m_tensors[i].offset));
        images.push_back({m_spec[i], std::move(bytes)});
    }
    return images;
}

Result<> State::upload(std::span<const TensorImage> images)
{
    if (images.size() != m_spec.size())
        return Error{
            ErrorCode::Mismatch,
            format("The saved state has %zu tensors, this model's has %zu.", images.size(), m_spec.size()),
            "Open the model that the state was saved with."};
    for (std::size_t i = 0; i < images.size(); ++i) {
        const StateTensor &saved = images[i].spec;
        const StateTensor &wanted = m_spec[i];
        if (saved != wanted || !images[i].bytes || images[i].bytes->size() != m_tensors[i].bytes())
            return Error{ErrorCode::Mismatch,
                         format("The saved state holds %s %s (%s), this model needs %s %s (%s).",
                                printable(saved.name).c_str(), saved.shape.text().c_str(),
                                printable(saved.layout).c_str(), wanted.name.c_str(),
                                wanted.shape.text().c_str(), wanted.layout.c_str()),
                         "Open the model that the state was saved with."};
    }
    for (std::size_t i = 0; i < images.size(); ++i)
        TRY_(m_backend->upload(*m_buffer, m_tensors[i].offset, *images[i].bytes));
    return {};
}

} // namespace volary
