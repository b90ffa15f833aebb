#include "core/engine/document_reading.h"

#include "core/base/text.h"
#include "core/documents/sections.h"
#include "core/engine/reply.h"

#include <algorithm>

namespace volary {

namespace {

// Half of what may be lost: while one state is being written, reading goes on to the next.
constexpr std::size_t kSaveEveryTokens = 1'024;
constexpr auto kSaveEvery = std::chrono::milliseconds(2'500);
// A slice is short enough for others to get their turn, and for a cancel to be felt at once.
constexpr double kSliceSeconds = 0.25;
constexpr std::size_t kFirstSlice = 64, kSmallestSlice = 8;
constexpr auto kEncodeSlice = std::chrono::milliseconds(100);

const Reading *readingBy(const StoredDocument &document, const ModelIdentity &model)
{
    const auto found =
        std::ranges::find_if(document.readings, [&](const Reading &r) { return r.isBy(model); });
    return found == document.readings.end() ? nullptr : &*found;
}

} // namespace

ReadingJob::ReadingJob(LoadedModel &model, StoreThread &store, const command::ReadDocument &command,
                       std::stop_token stop, Emit emit)
    : m_model(model), m_store(store), m_command(command), m_stop(std::move(stop)), m_emit(std::move(emit))
{}

bool ReadingJob::goOn()
{
    auto more = slice();
    if (more && more.value())
        return true;
    end(more ? std::optional<Error>() : std::move(more).error());
    return false;
}

Result<bool> ReadingJob::slice()
{
    if (m_stop.stop_requested())
        return Error{ErrorCode::Cancelled, "Reading was paused.", ""};
    if (!m_text)
        TRY_(begin());
    const auto due = Clock::now() + kEncodeSlice;
    while (!m_text->done()) {
        m_text->encodePiece(m_model.tokenizer());
        if (Clock::now() >= due) {
            tell();
            return true;
        }
    }
    if (!m_session)
        TRY_(restore());
    if (position() < m_text->tokens().size())
        TRY_(read());
    tell();
    return position() < m_text->tokens().size();
}

Result<> ReadingJob::begin()
{
    TRY(auto parts, (m_store.call<std::pair<std::string, std::vector<Section>>>(
                        [&](Library &library) -> Result<std::pair<std::string, std::vector<Section>>> {
                            TRY(std::string text, library.documentText(document()));
                            TRY(std::vector<Section> sections, library.documentSections(document()));
                            return std::pair(std::move(text), std::move(sections));
                        })));
    m_text.emplace(std::move(parts.first), chaptersOf(parts.second));
    return {};
}

// From the library's state, if this model has one of these very tokens.
Result<> ReadingJob::restore()
{
    if (m_text->tokens().empty())
        return Error{ErrorCode::Unsupported, "This model's vocabulary has no tokens for the text.",
                     "Open another model."};
    TRY(Session session, m_model.newSession(m_model.description()->suggestedSettings.sampler));
    TRY(const auto image, m_store.call<std::shared_ptr<const SnapshotImage>>(
                              [&](Library &library) -> Result<std::shared_ptr<const SnapshotImage>> {
                                  TRY(const StoredDocument stored, library.document(document()));
                                  const Reading *reading = readingBy(stored, m_model.identity());
                                  if (reading && m_command.again)
                                      TRY_(library.forgetReading(reading->id));
                                  if (!reading || m_command.again || !reading->snapshot)
                                      return std::shared_ptr<const SnapshotImage>();
                                  return library.loadSnapshot(*reading->snapshot);
                              }));
    const auto &tokens = m_text->tokens();
    if (image && image->tokens.size() <= tokens.size() &&
        std::equal(image->tokens.begin(), image->tokens.end(), tokens.begin())) {
        TRY_(session.restore(*image));
        m_reused = m_saved = m_safe = image->tokens.size();
    }
    m_session.emplace(std::move(session));
    m_savedAt = Clock::now();
    return {};
}

Result<> ReadingJob::read()
{
    const auto &tokens = m_text->tokens();
    const std::size_t from = position();
    const auto &ends = m_text->chapterEnds();
    const auto chapter = std::ranges::upper_bound(ends, from);
    const auto rate = std::size_t(tokensPerSecond() * kSliceSeconds);
    const std::size_t count = rate == 0 ? kFirstSlice : std::max(rate, kSmallestSlice);
    std::size_t to = std::min({from + count, m_saved + kSaveEveryTokens, tokens.size()});
    if (chapter != ends.end())
        to = std::min(to, *chapter);

    const auto start = Clock::now();
    // No stop inside: a slice is short, and of a model that looks back only its end can be gone on from.
    TRY_(m_session->feed(std::span(tokens).subspan(from, to - from)));
    m_seconds += std::chrono::duration<double>(Clock::now() - start).count();

    const bool ended = chapter != ends.end() && to == *chapter;
    if (ended || to == tokens.size() || to - m_saved >= kSaveEveryTokens ||
        Clock::now() - m_savedAt >= kSaveEvery)
        TRY_(save(ended ? std::optional<int>(int(chapter - ends.begin())) : std::nullopt));
    return {};
}

Result<> ReadingJob::save(std::optional<int> chapter)
{
    TRY_(waitForSave());
    TRY(SnapshotImage snapshot, m_session->snapshot());
    auto image = std::make_shared<const SnapshotImage>(std::move(snapshot));
    auto promise = std::make_shared<std::promise<Result<>>>();
    m_saving = promise->get_future();
    const auto total = std::int64_t(m_text->tokens().size());
    m_store.post([=, id = document()](Result<Library *> library) {
        const auto kept = [&]() -> Result<> {
            TRY(Library * open, library);
            TRY_(open->saveReading(id, *image, total, chapter));
            return {};
        };
        promise->set_value(kept());
    });
    m_saved = m_session->tokens().size();
    m_savedAt = Clock::now();
    return {};
}

Result<> ReadingJob::waitForSave()
{
    if (!m_saving.valid())
        return {};
    TRY_(m_saving.get());
    m_safe = m_saved;
    return {};
}

void ReadingJob::end(std::optional<Error> error)
{
    // The state stands behind a slice unless the device failed in one; then the last save counts.
    Result<> kept = waitForSave();
    const bool sound = !error || error->code == ErrorCode::Cancelled;
    if (kept && sound && position() > m_saved)
        kept = save({});
    if (kept)
        kept = waitForSave();
    if (!kept && !error)
        error = std::move(kept).error();
    auto stored =
        m_store.call<StoredDocument>([&](Library &library) { return library.document(document()); });
    StoredDocument after;
    after.id = document();
    if (stored)
        after = std::move(stored).value();
    const std::size_t read = position() - std::min(position(), m_reused);
    m_emit(event::ReadingEnded{std::move(after), std::int64_t(m_reused), std::int64_t(read),
                               tokensPerSecond(), std::move(error)});
}

void ReadingJob::tell()
{
    if (m_saving.valid() && m_saving.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
        m_safe = m_saved;
    const std::size_t total = m_text->done() ? m_text->tokens().size() : 0;
    m_emit(event::ReadingProgress{document(), std::int64_t(position()), std::int64_t(total),
                                  std::int64_t(m_safe), tokensPerSecond()});
}

double ReadingJob::tokensPerSecond() const
{
    return m_seconds > 0 ? double(position() - m_reused) / m_seconds : 0;
}

Result<Reading> completeReading(Library &library, DocumentId document, const ModelIdentity &model)
{
    TRY(const StoredDocument stored, library.document(document));
    const std::string title = printable(stored.title);
    const Reading *reading = readingBy(stored, model);
    if (!reading)
        return Error{ErrorCode::NotFound,
                     format("“%s” has not been read by “%s”.", title.c_str(), printable(model.name).c_str()),
                     "Read it with this model first."};
    if (reading->damaged)
        return Error{ErrorCode::Corrupt,
                     format("What is noted of reading “%s” does not match its hash.", title.c_str()),
                     "Read it again from the start."};
    if (!reading->complete() || !reading->snapshot)
        return Error{ErrorCode::Invalid,
                     format("“%s” is read to %lld %% only.", title.c_str(),
                            static_cast<long long>(reading->position * 100 /
                                                   std::max<std::int64_t>(reading->tokens, 1))),
                     "Go on reading; it begins where it stopped."};
    return *reading;
}

Result<> askDocument(LoadedModel &model, StoreThread &store, const command::AskDocument &command,
                     std::stop_token stop, const ReadingJob::Emit &emit)
{
    if (command.question.find_first_not_of(" \n\r\t") == std::string::npos)
        return Error{ErrorCode::Invalid, "The question is empty.", "Write something first."};
    TRY(const auto begun, (store.call<std::pair<Conversation, SnapshotId>>(
                              [&](Library &library) -> Result<std::pair<Conversation, SnapshotId>> {
                                  TRY(const Reading reading,
                                      completeReading(library, command.document, model.identity()));
                                  Conversation values;
                                  values.modelFingerprint = model.identity().fingerprint;
                                  values.modelName = model.identity().name;
                                  values.chatFormat = command.settings.chatFormat;
                                  values.settingsJson = command.settings.toJson();
                                  TRY(const ConversationId id, library.createConversation(values));
                                  TRY_(library.noteQuestion(command.document, id));
                                  TRY(Conversation created, library.conversation(id));
                                  return std::pair(std::move(created), *reading.snapshot);
                              })));
    emit(event::DocumentAsked{command.document, begun.first});
    ReplyJob(model, store, std::move(stop), emit)
        .run(command::SendMessage{
            .conversation = begun.first.id,
            .parent = {},
            .text = command.question,
            .settings = command.settings,
            .beginsFrom = begun.second,
        });
    return {};
}

} // namespace volary
