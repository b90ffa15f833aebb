#include "core/models/blocks/checkpoint.h"

#include "core/base/text.h"

#include <algorithm>

namespace volary {

bool hasTensor(const TensorFile &file, std::string_view name)
{
    return std::ranges::any_of(file.tensors(), [&](const TensorInfo &info) { return info.name == name; });
}

bool isRwkvCpp(const TensorFile &file)
{
    return file.format() == "rwkv.cpp";
}

bool isRwkvCpp(const WeightLoader &load)
{
    return isRwkvCpp(load.file());
}

int countLayers(const TensorFile &file, std::string_view prefix)
{
    int layers = 0;
    for (const TensorInfo &info : file.tensors()) {
        if (!info.name.starts_with(prefix))
            continue;
        const std::string digits =
            info.name.substr(prefix.size(), info.name.find('.', prefix.size()) - prefix.size());
        if (!digits.empty() && digits.size() <= 4 &&
            std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
            layers = std::max(layers, std::stoi(digits) + 1);
    }
    return layers;
}

std::string blockPrefix(int layer)
{
    return "blocks." + std::to_string(layer) + ".";
}

namespace {

bool isMatrix(const Shape &shape)
{
    return shape.rank() == 2 && shape[0] > 0 && shape[0] <= INT32_MAX && shape[1] > 0 &&
           shape[1] <= INT32_MAX;
}

void readHeads(WeightLoader &load, const std::string &perHead, ModelInfo &info)
{
    const Shape shape = load.shapeOf(perHead);
    if (load.failed())
        return;
    // A tensor that lost its shape, [C] instead of [H, N], would pass for heads of a single channel.
    if (shape.rank() < 1 || shape[0] <= 0 || shape[0] >= info.width || info.width % shape[0] != 0) {
        load.fail(
            {ErrorCode::Mismatch,
             format("The tensor %s has the shape %s, but %d channels do not divide into that many heads.",
                    perHead.c_str(), shape.text().c_str(), info.width),
             "The file may hold a variant that Volary does not know."});
        return;
    }
    info.heads = int(shape[0]);
    info.headSize = info.width / info.heads;
}

} // namespace

void readSizes(WeightLoader &load, const std::string &perHead, ModelInfo &info)
{
    const Shape embedding = load.shapeOf("emb.weight");
    const Shape key = load.shapeOf("blocks.0.ffn.key.weight");
    if (load.failed())
        return;
    if (!isMatrix(embedding) || !isMatrix(key) || key[1] != embedding[1]) {
        load.fail({ErrorCode::Mismatch,
                   format("The tensors emb.weight %s and blocks.0.ffn.key.weight %s do not fit together.",
                          embedding.text().c_str(), key.text().c_str()),
                   "They should be [V, C] and [F, C]."});
        return;
    }
    info.layers = countLayers(load.file());
    info.vocabulary = int(embedding[0]);
    info.width = int(embedding[1]);
    info.hidden = int(key[0]);
    if (!perHead.empty())
        readHeads(load, perHead, info);
}

} // namespace volary
