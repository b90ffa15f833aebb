// What the names and shapes in a checkpoint tell before any number is read.
#pragma once

#include "core/models/model_info.h"
#include "core/models/weights.h"

#include <string>
#include <string_view>

namespace volary {

bool hasTensor(const TensorFile &file, std::string_view name);

// rwkv.cpp keeps the official names, but stores some tensors transposed and some already transformed.
bool isRwkvCpp(const TensorFile &file);
bool isRwkvCpp(const WeightLoader &load);

// One more than the largest N in names that begin with "blocks.N." (or another prefix); 0 when there is none.
int countLayers(const TensorFile &file, std::string_view prefix = "blocks.");

// "blocks.3."
std::string blockPrefix(int layer);

// Fills in layers, width, hidden and vocabulary from emb.weight and blocks.0.ffn.key.weight, and heads and
// their size from the tensor `perHead`, whose first extent counts the heads; empty where there are none.
// Shapes that contradict each other are an error that sticks to the loader.
void readSizes(WeightLoader &load, const std::string &perHead, ModelInfo &info);

} // namespace volary
