// Making a persona: a named snapshot that chats begin with.
#pragma once

#include "core/engine/loaded_model.h"
#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <functional>
#include <stop_token>

namespace volary {

// On the engine thread. Tells its progress by `emit` and answers with event::PersonaMade. Invalid without a
// name, or where there is neither a text nor a tuned state; then, and after a cancel, nothing is stored.
Result<Event> makePersona(LoadedModel &model, StoreThread &store, const command::MakePersona &command,
                          const std::stop_token &stop, const std::function<void(Event)> &emit);

} // namespace volary
