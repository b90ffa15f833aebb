#include "core/tensor/blocks.h"

#include "core/base/check.h"
#include "core/tensor/block_layout.h"

namespace volary {

namespace {

template <DType Type>
void decode(const std::byte *from, std::span<float> to)
{
    const int groups = elementsPerBlock(Type) / kGroup;
    const std::size_t blockBytes = bytesPerBlock(Type);
    for (std::size_t at = 0; at < to.size(); from += blockBytes) {
        for (int g = 0; g < groups; ++g, at += kGroup) {
            const BlockGroup group = unpackGroup<Type>(from, g);
            for (std::size_t e = 0; e < kGroup; ++e) {
                const float product = group.scale[e / 16] * float(group.n[e]);
                to[at + e] = hasOffset(Type) ? product + group.offset : product;
            }
        }
    }
}

} // namespace

void decodeBlocks(DType type, const std::byte *from, std::span<float> to)
{
    VOLARY_CHECK(isQuantised(type) && to.size() % std::size_t(elementsPerBlock(type)) == 0,
                 "quantised rows are whole blocks");
    withQuantisedType(type, [&]<DType Type>() { decode<Type>(from, to); });
}

} // namespace volary
