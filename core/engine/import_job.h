// Chats of an export on their way into the library.
#pragma once

#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <functional>

namespace volary {

// One transaction for each conversation, so that replies are saved in between.
event::ChatsImported importChats(StoreThread &store, const command::ImportChats &command,
                                 const std::function<bool()> &keepGoing,
                                 const std::function<void(event::ImportProgress)> &tell);

} // namespace volary
