// What the engine does with stored snapshots: each function answers one command with one event.
#pragma once

#include "core/engine/messages.h"
#include "core/engine/store_thread.h"

#include <functional>
#include <memory>

namespace volary {

// On the store thread.
Result<Event> listSnapshots(Library &library);
Result<Event> listBeginnings(Library &library, const std::shared_ptr<const ModelDescription> &open);
Result<Event> nameSnapshot(Library &library, const command::NameSnapshot &command);
Result<Event> pinSnapshot(Library &library, const command::PinSnapshot &command);
Result<Event> roundSnapshot(Library &library, const command::RoundSnapshot &command);
Result<Event> disposeSnapshot(Library &library, const command::DisposeSnapshot &command);
// The new conversation. Refused where no model, or another one, is open.
Result<ConversationId> startFromSnapshot(Library &library, const command::StartFromSnapshot &command,
                                         const std::shared_ptr<const ModelDescription> &open);

// On the analysis thread, which may wait for the store: files, pictures and algebra take longer than the
// store thread may be kept from saving.
Result<Event> measureForms(StoreThread &store, const command::MeasureForms &command);
Result<Event> drawSnapshot(StoreThread &store, const command::DrawSnapshot &command);
Result<Event> compareSnapshots(StoreThread &store, const command::CompareSnapshots &command,
                               const std::function<bool()> &keepGoing);
Result<Event> inspectSnapshot(StoreThread &store, const command::InspectSnapshot &command);
Result<Event> exportSnapshot(StoreThread &store, const command::ExportSnapshot &command);
// One without a name gets that of its file, so that it is kept until the user deletes it.
Result<Event> importSnapshot(StoreThread &store, const command::ImportSnapshot &command);

} // namespace volary
