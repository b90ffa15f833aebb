#include "core/models/blocks/states.h"

#include "core/models/blocks/checkpoint.h"

namespace volary {

StateTensor attentionShift(int layer, std::int64_t C)
{
    return {.name = blockPrefix(layer) + "att.shift",
            .type = DType::F32,
            .shape = {C},
            .role = StateRole::AttentionShift,
            .layer = layer,
            .layout = "channel"};
}

StateTensor feedForwardShift(int layer, std::int64_t C)
{
    return {.name = blockPrefix(layer) + "ffn.shift",
            .type = DType::F32,
            .shape = {C},
            .role = StateRole::FeedForwardShift,
            .layer = layer,
            .layout = "channel"};
}

StateTensor keyValueState(int layer, std::int64_t heads, std::int64_t headSize)
{
    return {.name = blockPrefix(layer) + "att.wkv",
            .type = DType::F32,
            .shape = {heads, headSize, headSize},
            .role = StateRole::Wkv,
            .layer = layer,
            .layout = "head,key,value"};
}

StateTensor valueKeyState(int layer, std::int64_t heads, std::int64_t headSize)
{
    StateTensor tensor = keyValueState(layer, heads, headSize);
    tensor.layout = "head,value,key";
    return tensor;
}

StateTensor rowPerToken(std::string name, DType type, std::int64_t width, StateRole role, int layer)
{
    return {.name = std::move(name),
            .type = type,
            .shape = {0, width},
            .growth = StateGrowth::OneRowPerToken,
            .role = role,
            .layer = layer,
            .layout = "token,channel"};
}

} // namespace volary
