#include "core/engine/attention_job.h"

namespace volary {

Result<Event> showAttention(LoadedModel &model, StoreThread &store, const command::ShowAttention &command,
                            const std::stop_token &stop, const std::function<void(Event)> &emit)
{
    using Image = std::shared_ptr<const SnapshotImage>;
    TRY(const Image image,
        store.call<Image>([&](Library &library) { return library.loadSnapshot(command.snapshot); }));
    TRY(Session session, model.newSession(model.description()->suggestedSettings.sampler));
    TRY_(session.restore(*image)); // refuses what was not saved with this model
    TRY(AttentionPicture picture, attentionAt(model.runner(), *image, [&](double fraction) {
            emit(event::AttentionProgress{command.snapshot, fraction});
            return !stop.stop_requested();
        }));
    return Event(event::AttentionShown{command.snapshot,
                                       std::make_shared<const AttentionPicture>(std::move(picture))});
}

} // namespace volary
