// Two models at the same text.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"

#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>

namespace volary {

// On the engine thread. Opens the other model on the backend of this one, beside it, for the time of the
// comparison; the error of LoadedModel::open() where it cannot be, or both do not fit into memory. Answers
// with event::ModelsCompared. Invalid for a text without a token.
Result<Event> compareModels(LoadedModel &model, std::span<const std::filesystem::path> vocabularies,
                            const command::CompareModels &command, const std::stop_token &stop,
                            const std::function<void(Event)> &emit);

} // namespace volary
