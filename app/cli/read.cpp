#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/snapshot_argument.h"

#include "core/base/text.h"
#include "core/documents/document.h"
#include "core/engine/document_reading.h"
#include "core/store/library.h"

#include <cstdio>

namespace volary::cli {

const std::vector<Option> kReadOptions{
    {"again", "", "from the start, whatever was read before"},
    {"initial-state", "FILE", "begin with this tuned state (blocks.N.att.time_state)"},
};

namespace {

// A file is added to the library (the same text is there once); a number names a document that is there.
Result<DocumentId> documentArgument(Context &context)
{
    TRY(const std::string word, context.word(1, "DOCUMENT"));
    std::error_code ignored;
    if (const auto id = snapshotNumber(word); id && !std::filesystem::exists(word, ignored))
        return DocumentId(*id);
    const std::filesystem::path path = word;
    TRY(const Document document, readDocument(path, context.stop()));
    if (!document.notice.empty())
        std::fprintf(stderr, "%s\n", document.notice.c_str());
    TRY(const auto library, Library::open(context.library()));
    return library->addDocument(document, printable(path.filename().native(), 255));
}

} // namespace

Result<> read(Context &context)
{
    TRY(const DocumentId id, documentArgument(context));
    TRY(const auto model, openModelArgument(context));

    std::optional<event::ReadingEnded> ended;
    StoreThread store(context.library(), [](const auto &) {});
    ReadingJob job(*model, store, {.document = id, .again = context.arguments().has("again")}, context.stop(),
                   [&](Event event) {
                       if (const auto *progress = std::get_if<event::ReadingProgress>(&event);
                           progress && progress->total > 0)
                           context.progress("Reading", double(progress->done) / double(progress->total));
                       if (auto *end = std::get_if<event::ReadingEnded>(&event))
                           ended = std::move(*end);
                   });
    while (job.goOn()) {
    }
    context.endProgress();
    if (ended->error)
        return std::move(*ended->error);

    const std::int64_t tokens = ended->tokensReused + ended->tokensRead;
    if (context.json())
        context.print(Json::Object{{"document", id},
                                   {"title", ended->document.title},
                                   {"tokens", tokens},
                                   {"tokens_read_now", ended->tokensRead},
                                   {"tokens_reused", ended->tokensReused},
                                   {"tokens_per_s", ended->tokensPerSecond}});
    else
        std::printf("document %lld, %s tokens: %s read now at %.0f/s, %s known before\n",
                    static_cast<long long>(id), formatCount(std::uint64_t(tokens)).c_str(),
                    formatCount(std::uint64_t(ended->tokensRead)).c_str(), ended->tokensPerSecond,
                    formatCount(std::uint64_t(ended->tokensReused)).c_str());
    return {};
}

} // namespace volary::cli
