#include "core/engine/snapshot_jobs.h"

#include "core/base/text.h"
#include "core/session/state_form.h"
#include "core/store/bundle.h"
#include "core/text/utf8_stream.h"

namespace volary {

namespace {

constexpr int kPictureCells = 96;
constexpr std::size_t kMostShownBytes = 20'000; // of what a snapshot has read, in a transcript

using Image = std::shared_ptr<const SnapshotImage>;

Result<Image> load(StoreThread &store, SnapshotId id)
{
    return store.call<Image>([id](Library &library) { return library.loadSnapshot(id); });
}

Result<Event> changed(const Library &library, SnapshotId id)
{
    TRY(SnapshotSummary summary, library.snapshot(id));
    return Event(event::SnapshotChanged{std::move(summary)});
}

// The end of it, where it is long.
std::string textOf(std::span<const TokenId> tokens, const Tokenizer &tokenizer)
{
    Utf8Stream stream;
    std::string text;
    for (const TokenId token : tokens) {
        if (token >= 0 && token < tokenizer.vocabularySize())
            text += stream.push(tokenizer.bytes(token));
    }
    text += stream.flush();
    if (text.size() <= kMostShownBytes)
        return text;
    std::size_t from = text.size() - kMostShownBytes;
    while (from < text.size() && (text[from] & 0xC0) == 0x80) // never in the middle of a character
        ++from;
    return "… " + text.substr(from);
}

} // namespace

Result<Event> listSnapshots(Library &library)
{
    TRY(auto all, library.snapshots());
    return Event(event::SnapshotList{std::make_shared<const std::vector<SnapshotSummary>>(std::move(all))});
}

Result<Event> listBeginnings(Library &library, const std::shared_ptr<const ModelDescription> &open)
{
    std::vector<SnapshotSummary> named;
    if (open) {
        TRY(named, library.namedSnapshots(open->identity.fingerprint));
    }
    return Event(
        event::BeginningList{std::make_shared<const std::vector<SnapshotSummary>>(std::move(named))});
}

Result<Event> nameSnapshot(Library &library, const command::NameSnapshot &command)
{
    TRY_(library.nameSnapshot(command.snapshot, command.name));
    return changed(library, command.snapshot);
}

Result<Event> pinSnapshot(Library &library, const command::PinSnapshot &command)
{
    TRY_(library.pinSnapshot(command.snapshot, command.pinned));
    return changed(library, command.snapshot);
}

Result<Event> roundSnapshot(Library &library, const command::RoundSnapshot &command)
{
    TRY_(library.roundSnapshot(command.snapshot, command.form));
    return changed(library, command.snapshot);
}

Result<Event> disposeSnapshot(Library &library, const command::DisposeSnapshot &command)
{
    switch (command.disposal) {
    case command::Disposal::Trash: TRY_(library.moveSnapshotToTrash(command.snapshot)); break;
    case command::Disposal::Restore: TRY_(library.restoreSnapshotFromTrash(command.snapshot)); break;
    case command::Disposal::DeleteForGood: TRY_(library.deleteSnapshot(command.snapshot)); break;
    }
    return Event(event::SnapshotDisposed{command.snapshot, command.disposal});
}

Result<ConversationId> startFromSnapshot(Library &library, const command::StartFromSnapshot &command,
                                         const std::shared_ptr<const ModelDescription> &open)
{
    TRY(const SnapshotSummary summary, library.snapshot(command.snapshot));
    const std::string made = printable(summary.model.name);
    if (!open)
        return Error{ErrorCode::NotFound,
                     format("This snapshot was made with “%s”, and no model is open.", made.c_str()),
                     "Open that model, then start from the snapshot again."};
    if (open->identity.fingerprint != summary.model.fingerprint)
        return Error{ErrorCode::Mismatch,
                     format("This snapshot was made with “%s”, and “%s” is open.", made.c_str(),
                            printable(open->identity.name).c_str()),
                     "Open that model, then start from the snapshot again."};
    Conversation values;
    values.title = !summary.name.empty() ? summary.name : summary.title;
    values.modelFingerprint = open->identity.fingerprint;
    values.modelName = open->identity.name;
    values.chatFormat = command.settings.chatFormat;
    values.settingsJson = command.settings.toJson();
    std::string read;
    if (summary.turn == 0) {
        TRY(const Image image, library.loadSnapshot(command.snapshot));
        read = textOf(image->tokens, *open->vocabulary);
    }
    return library.startFromSnapshot(values, command.snapshot, read);
}

Result<Event> measureForms(StoreThread &store, const command::MeasureForms &command)
{
    TRY(const Image image, load(store, command.snapshot));
    event::FormsMeasured measured{command.snapshot, {}};
    for (const StateForm form : {StateForm::Exact, StateForm::Half, StateForm::Int8}) {
        auto rounded = roundedTo(*image, form);
        if (rounded)
            measured.rows.push_back({form, rounded.value().bytes, rounded.value().image.stored, {}});
        else
            measured.rows.push_back({form, 0, {}, std::move(rounded).error()});
    }
    return Event(std::move(measured));
}

Result<Event> drawSnapshot(StoreThread &store, const command::DrawSnapshot &command)
{
    TRY(const Image image, load(store, command.snapshot));
    return Event(event::SnapshotDrawn{
        command.snapshot, std::make_shared<const StatePicture>(pictureOf(image->state, kPictureCells))});
}

Result<Event> compareSnapshots(StoreThread &store, const command::CompareSnapshots &command,
                               const std::function<bool()> &keepGoing)
{
    TRY(const Image first, load(store, command.first));
    TRY(const Image second, load(store, command.second));
    TRY(StateDiff diff, compareStates(*first, *second, keepGoing));
    return Event(event::SnapshotsCompared{command.first, command.second,
                                          std::make_shared<const StateDiff>(std::move(diff))});
}

Result<Event> inspectSnapshot(StoreThread &store, const command::InspectSnapshot &command)
{
    TRY(Image image, load(store, command.snapshot));
    return Event(event::SnapshotInspected{command.snapshot, std::move(image)});
}

Result<Event> exportSnapshot(StoreThread &store, const command::ExportSnapshot &command)
{
    TRY(const Image image, load(store, command.snapshot));
    TRY(const SnapshotSummary summary,
        store.call<SnapshotSummary>([&](Library &library) { return library.snapshot(command.snapshot); }));
    TRY_(writeBundle(command.path, *image, summary.name));
    return Event(event::Exported{command.path});
}

Result<Event> importSnapshot(StoreThread &store, const command::ImportSnapshot &command)
{
    TRY(Bundle bundle, readBundle(command.path));
    if (bundle.name.empty())
        bundle.name = printable(command.path.stem().string());
    TRY(SnapshotSummary summary,
        store.call<SnapshotSummary>([&](Library &library) -> Result<SnapshotSummary> {
            TRY(const SnapshotId id, library.saveSnapshot(bundle.image, bundle.name));
            return library.snapshot(id);
        }));
    return Event(event::SnapshotImported{std::move(summary)});
}

} // namespace volary
