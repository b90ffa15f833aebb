// The ops that only move rows.
#include "kernels/cpu/ops.h"

#include "core/base/half.h"
#include "core/tensor/blocks.h"

#include <algorithm>
#include <cstring>

namespace volary::cpu {

void embed(const EmbedArgs &p, Parallel &)
{
    const auto width = std::size_t(p.table.inputs);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        const std::size_t from = std::size_t(p.tokens[t]) * width;
        float *out = p.out + t * width;
        if (isQuantised(p.table.type)) {
            const auto *table = static_cast<const std::byte *>(p.table.data);
            decodeBlocks(p.table.type, table + bytesOf(p.table.type, std::int64_t(from)), {out, width});
            continue;
        }
        if (p.table.type == DType::F32) {
            std::copy_n(static_cast<const float *>(p.table.data) + from, width, out);
        } else {
            const auto *half = static_cast<const std::uint16_t *>(p.table.data) + from;
            std::transform(half, half + width, out, p.table.type == DType::F16 ? f16ToFloat : bf16ToFloat);
        }
    }
}

void tokenShift(const TokenShiftArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width), rowBytes = width * sizeof(float);
    for (int b = 0; b < p.map.sequences; ++b) {
        const auto first = std::size_t(p.map.firstRow[b]), end = std::size_t(p.map.firstRow[b + 1]);
        std::memcpy(p.out + first * width, p.states[b], rowBytes);
        std::memcpy(p.out + (first + 1) * width, p.x + first * width, (end - first - 1) * rowBytes);
        std::memcpy(p.states[b], p.x + (end - 1) * width, rowBytes);
    }
}

void repeatHeads(const RepeatHeadsArgs &p, Parallel &)
{
    const auto N = std::size_t(p.headSize), heads = std::size_t(p.heads), given = std::size_t(p.headsGiven);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        for (std::size_t h = 0; h < heads; ++h)
            std::copy_n(p.x + (t * given + h * given / heads) * N, N, p.out + (t * heads + h) * N);
    }
}

void lastRows(const LastRowsArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (int b = 0; b < p.map.sequences; ++b) {
        const auto last = std::size_t(p.map.firstRow[b + 1]) - 1;
        std::memcpy(p.out + std::size_t(b) * width, p.x + last * width, width * sizeof(float));
    }
}

} // namespace volary::cpu
