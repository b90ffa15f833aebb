#include "core/session/state.h"

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/tensor/ops/attention.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::int64_t kFirstRows = 256; // room that is made at first

bool grows(const StateTensor &tensor)
{
    return tensor.growth == StateGrowth::OneRowPerToken;
}

bool bounded(const StateTensor &tensor)
{
    return tensor.mostRows > 0;
}

std::size_t bytesOf(const StateTensor &tensor)
{
    return std::size_t(tensor.shape.elements()) * bytesPerElement(tensor.type);
}

std::size_t padded(std::size_t bytes)
{
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

Error doesNotFit(const StateTensor &saved, const StateTensor &wanted)
{
    return {ErrorCode::Mismatch,
            format("The saved state holds %s %s (%s), this model needs %s %s (%s).",
                   printable(saved.name).c_str(), saved.shape.text().c_str(), printable(saved.layout).c_str(),
                   wanted.name.c_str(), wanted.shape.text().c_str(), wanted.layout.c_str()),
            "Open the model that the state was saved with."};
}

} // namespace

Result<> State::allocate()
{
    std::size_t fixedBytes = 0;
    for (const StateTensor &tensor : m_spec)
        fixedBytes += grows(tensor) ? 0 : padded(bytesOf(tensor));
    TRY(m_fixed, m_backend->allocate(fixedBytes));
    std::size_t offset = 0;
    for (const StateTensor &tensor : m_spec) {
        if (grows(tensor)) {
            m_tensors.push_back({tensor.type, tensor.shape, nullptr, 0});
            continue;
        }
        m_tensors.push_back({tensor.type, tensor.shape, m_fixed, offset});
        offset += padded(bytesOf(tensor));
    }
    return {};
}

Result<> State::setToInitial(std::size_t index)
{
    const StateTensor &tensor = m_spec[index];
    if (tensor.initial == 0) {
        const std::vector<std::byte> zeros(bytesOf(tensor));
        return m_backend->upload(*m_fixed, m_tensors[index].offset, zeros);
    }
    VOLARY_CHECK(tensor.type == DType::F32, "only float32 states begin with other numbers than zero");
    const std::vector<float> numbers(std::size_t(tensor.shape.elements()), tensor.initial);
    return m_backend->upload(*m_fixed, m_tensors[index].offset, std::as_bytes(std::span(numbers)));
}

Result<State> State::create(Backend &backend, std::span<const StateTensor> spec)
{
    State state(backend, spec);
    TRY_(state.allocate());
    for (std::size_t i = 0; i < spec.size(); ++i) {
        if (!grows(spec[i]) && spec[i].initial != 0) // memory comes zeroed
            TRY_(state.setToInitial(i));
    }
    return state;
}

std::size_t State::bytes() const
{
    std::size_t sum = 0;
    for (const StateTensor &tensor : m_spec) {
        const std::int64_t rows = m_length - (bounded(tensor) ? m_keptFrom : 0);
        sum += grows(tensor) ? std::size_t(rows) * bytesPerRow(tensor) : bytesOf(tensor);
    }
    return sum;
}

std::size_t State::derivedBytes() const
{
    std::size_t sum = 0;
    for (const StateTensor &tensor : m_spec) {
        if (tensor.derived && grows(tensor))
            sum += std::size_t(m_length - (bounded(tensor) ? m_keptFrom : 0)) * bytesPerRow(tensor);
    }
    return sum;
}

// Where bounded tensors begin when rows are added up to `end`: at a tile, and not after `length`, because the
// rows of a run meet each other.
std::int64_t State::firstKept(std::int64_t length, std::int64_t end) const
{
    const auto most = std::ranges::find_if(m_spec, bounded);
    if (most == m_spec.end() || end <= most->mostRows)
        return 0;
    constexpr std::int64_t tile = kAttentionTile;
    return std::min(length / tile * tile, (end - most->mostRows + tile - 1) / tile * tile);
}

Result<> State::makeRoom(std::int64_t from, std::int64_t end)
{
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        if (!grows(m_spec[i]))
            continue;
        Tensor &tensor = m_tensors[i];
        const std::int64_t oldFrom = bounded(m_spec[i]) ? m_keptFrom : 0;
        const std::int64_t newFrom = bounded(m_spec[i]) ? from : 0;
        const std::int64_t room = tensor.buffer ? tensor.shape[0] : 0, needed = end - newFrom;
        const std::size_t rowBytes = bytesPerRow(m_spec[i]);
        const auto keptRows = std::size_t(std::max<std::int64_t>(m_length - newFrom, 0));
        const std::size_t skipped = std::size_t(newFrom - oldFrom) * rowBytes;
        if (room >= needed) {
            if (newFrom > oldFrom && keptRows > 0)
                TRY_(m_backend->copy(*tensor.buffer, 0, *tensor.buffer, skipped, keptRows * rowBytes));
            continue;
        }
        std::int64_t more = std::max({needed, 2 * room, kFirstRows});
        if (bounded(m_spec[i])) // doubling must not lead beyond the bound
            more = std::max(needed, std::min(more, m_spec[i].mostRows + 2 * std::int64_t(kAttentionTile)));
        TRY(auto buffer, m_backend->allocate(std::size_t(more) * rowBytes));
        if (tensor.buffer && keptRows > 0)
            TRY_(m_backend->copy(*buffer, 0, *tensor.buffer, skipped, keptRows * rowBytes));
        tensor = {tensor.type, withRows(m_spec[i].shape, more), std::move(buffer), 0};
    }
    m_keptFrom = from;
    return {};
}

Result<> State::reserve(std::int64_t rows)
{
    const std::int64_t end = m_length + rows;
    return makeRoom(std::max(m_keptFrom, firstKept(m_length, end)), end);
}

void State::advance(std::int64_t rows)
{
    VOLARY_CHECK(m_derivedLength == m_length, "derived rows are rebuilt before more are added");
    m_length += rows;
    m_derivedLength = m_length;
}

Result<> State::forgetDerived()
{
    // Rows are mixed with their predecessor: the tile before the first kept row is computed, and dropped.
    m_derivedLength = std::max<std::int64_t>(m_keptFrom - kAttentionTile, 0);
    for (std::size_t i = 0; i < m_spec.size(); ++i) {
        if (m_spec[i].derived && !grows(m_spec[i]))
            TRY_(setToInitial(i));
    }
    return {};
}

void State::advanceDerived(std::int64_t rows)
{
    m_derivedLength += rows;
    VOLARY_CHECK(m_derivedLength <= m_length, "only rows that are there can be derived from");
}

Result<> State::copyFixed(Buffer &to, const Buffer &from) const
{
    return m_backend->copy(to, 0, from, 0, from.bytes());
}

Result<State> State::clone() const
{
    State twin(*m_backend, m_spec);
    TRY_(twin.allocate());
    TRY_(copyFixed(*twin.m_fixed, *m_fixed));
    TRY_(twin.makeRoom(m_keptFrom, m_length));
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        const std::int64_t rows = m_length - (bounded(m_spec[i]) ? m_keptFrom : 0);
        if (grows(m_spec[i]) && rows > 0)
            TRY_(m_backend->copy(*twin.m_tensors[i].buffer, 0, *m_tensors[i].buffer, 0,
                                 std::size_t(rows) * bytesPerRow(m_spec[i])));
    }
    twin.m_length = m_length;
    twin.m_derivedLength = m_derivedLength;
    return twin;
}

Result<State::Mark> State::mark() const
{
    Mark mark;
    TRY(mark.fixed, m_backend->allocate(m_fixed->bytes()));
    TRY_(updateMark(mark));
    return mark;
}

Result<> State::updateMark(Mark &mark) const
{
    TRY_(copyFixed(*mark.fixed, *m_fixed));
    mark.length = m_length;
    mark.derivedLength = m_derivedLength;
    return {};
}

Result<> State::returnTo(const Mark &mark)
{
    VOLARY_CHECK(mark.fixed->bytes() == m_fixed->bytes() && mark.length <= m_length,
                 "a mark is an earlier position of the same state");
    TRY_(copyFixed(*m_fixed, *mark.fixed));
    m_length = mark.length;
    m_derivedLength = mark.derivedLength;
    if (m_keptFrom <= m_length)
        return {};
    m_length = 0; // rows that were dropped since: make them again
    TRY_(makeRoom(firstKept(mark.length, mark.length), mark.length));
    m_length = mark.length;
    return forgetDerived();
}

Result<std::vector<TensorImage>> State::download() const
{
    std::vector<TensorImage> images;
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        StateTensor spec = m_spec[i];
        if (spec.derived)
            continue;
        if (grows(spec))
            spec.shape = withRows(spec.shape, m_length);
        auto bytes = std::make_shared<std::vector<std::byte>>(bytesOf(spec));
        if (!bytes->empty())
            TRY_(m_backend->download(*bytes, *m_tensors[i].buffer, m_tensors[i].offset));
        images.push_back({std::move(spec), std::move(bytes)});
    }
    return images;
}

Result<std::int64_t> State::checkImages(std::span<const TensorImage> images) const
{
    const auto wantedCount = std::size_t(std::ranges::count(m_spec, false, &StateTensor::derived));
    if (images.size() != wantedCount)
        return Error{
            ErrorCode::Mismatch,
            format("The saved state has %zu tensors, this model's has %zu.", images.size(), wantedCount),
            "Open the model that the state was saved with."};
    std::int64_t length = -1;
    std::size_t next = 0;
    for (const StateTensor &wanted : m_spec) {
        if (wanted.derived)
            continue;
        const TensorImage &image = images[next++];
        StateTensor fitting = wanted;
        if (grows(wanted) && image.spec.shape.rank() == wanted.shape.rank()) {
            const std::int64_t rows = image.spec.shape[0];
            if (length >= 0 && rows != length)
                return Error{ErrorCode::Mismatch,
                             format("The saved state has %lld rows in %s, but %lld before it.",
                                    static_cast<long long>(rows), wanted.name.c_str(),
                                    static_cast<long long>(length)),
                             "The snapshot is damaged; use another one."};
            length = rows;
            fitting.shape = withRows(wanted.shape, rows);
        }
        if (image.spec != fitting || !image.bytes || image.bytes->size() != bytesOf(fitting))
            return doesNotFit(image.spec, wanted);
    }
    return std::max<std::int64_t>(length, 0);
}

Result<> State::upload(std::span<const TensorImage> images)
{
    TRY(const std::int64_t length, checkImages(images));
    m_length = 0; // what was there need not be kept when room is made
    TRY_(makeRoom(firstKept(length, length), length));
    m_length = length;
    std::size_t next = 0;
    for (std::size_t i = 0; i < m_spec.size(); ++i) {
        if (m_spec[i].derived)
            continue;
        const TensorImage &image = images[next++];
        if (!image.bytes->empty())
            TRY_(m_backend->upload(*m_tensors[i].buffer, m_tensors[i].offset, *image.bytes));
    }
    const bool derives = std::ranges::any_of(m_spec, &StateTensor::derived);
    if (derives)
        return forgetDerived();
    m_derivedLength = length;
    return {};
}

} // namespace volary
