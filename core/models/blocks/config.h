// The config file that may lie beside a model.
#pragma once

#include "core/base/json.h"
#include "core/models/weights.h"

namespace volary {

// What a GGUF file says itself of settings, else config.json in the folder of the model, or an empty object
// where there is none. A file that is no JSON object is an error that sticks to the loader: what it asks for
// would be guessed.
Json readConfig(WeightLoader &load);

} // namespace volary
