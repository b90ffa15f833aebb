// Shows what the attention layers of the open model look at.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <functional>
#include <stop_token>

namespace volary {

// On the engine thread. Tells its progress by `emit` and answers with event::AttentionShown. Mismatch where
// the snapshot is of another model.
Result<Event> showAttention(LoadedModel &model, StoreThread &store, const command::ShowAttention &command,
                            const std::stop_token &stop, const std::function<void(Event)> &emit);

} // namespace volary
