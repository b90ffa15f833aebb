#include "app/cli/commands.h"

#include "core/base/text.h"
#include "core/engine/chat_import.h"
#include "core/store/library.h"

#include <cstdio>

namespace volary::cli {

namespace {

Library::Progress progressOf(Context &context)
{
    return [&context](double fraction) {
        context.progress(fraction < 0 ? "Checking" : "Copying", std::max(0.0, fraction));
        return !context.stop().stop_requested();
    };
}

Json asJson(const std::vector<Library::Damage> &damage)
{
    Json::Array rows;
    for (const Library::Damage &entry : damage)
        rows.emplace_back(entry.what);
    return rows;
}

void print(const std::vector<Library::Damage> &damage)
{
    for (const Library::Damage &entry : damage)
        std::printf("damaged: %s\n", entry.what.c_str());
}

Result<> backUp(Context &context)
{
    TRY(const std::string file, context.word(1, "FILE"));
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const auto damage, library->backUp(file, progressOf(context)));
    context.endProgress();
    TRY(const auto copy, Library::open(file, OpenMode::ReadOnly));
    TRY(const LibraryInfo info, copy->info());
    if (context.json()) {
        context.print(Json::Object{{"file", file},
                                   {"bytes", info.bytes},
                                   {"conversations", info.conversations},
                                   {"snapshots", info.snapshots},
                                   {"damage", asJson(damage)}});
        return {};
    }
    std::printf("%s: %s conversations, %s snapshots, %s\n", printable(file).c_str(),
                formatCount(std::uint64_t(info.conversations)).c_str(),
                formatCount(std::uint64_t(info.snapshots)).c_str(),
                formatBytes(std::uint64_t(info.bytes)).c_str());
    print(damage);
    return {};
}

Result<> restore(Context &context)
{
    TRY(const std::string file, context.word(1, "FILE"));
    TRY(const Library::Restored restored, Library::restore(file, context.library(), progressOf(context)));
    context.endProgress();
    if (context.json()) {
        context.print(Json::Object{{"library", context.library().string()},
                                   {"replaced", restored.replaced.string()},
                                   {"damage", asJson(restored.damage)}});
        return {};
    }
    if (!restored.replaced.empty())
        std::printf("The library that was there before is now %s\n",
                    printable(restored.replaced.native(), 300).c_str());
    print(restored.damage);
    return {};
}

std::string titleOf(const ImportedChat &chat)
{
    return chat.conversation.title.empty() ? "(without a title)" : chat.conversation.title;
}

// With --preview only what would be imported.
Result<> importChats(Context &context)
{
    TRY(const std::string file, context.word(1, "FILE"));
    const bool preview = context.arguments().has("preview");
    TRY(const ChatExport chats, readChatExport(file));
    std::unique_ptr<Library> library; // a preview makes none
    std::vector<bool> known(chats.chats.size());
    if (!preview || std::filesystem::exists(context.library())) {
        TRY(library, Library::open(context.library(), preview ? OpenMode::ReadOnly : OpenMode::ReadWrite));
        TRY(known, knownChats(*library, chats));
    }
    Json::Array rows;
    std::int64_t imported = 0;
    for (std::size_t i = 0; i < chats.chats.size(); ++i) {
        const ImportedChat &chat = chats.chats[i];
        const bool take = !known[i] || context.arguments().has("again");
        if (context.stop().stop_requested())
            return Error{ErrorCode::Cancelled,
                         format("The import was cancelled after %s conversations.",
                                formatCount(std::uint64_t(imported)).c_str()),
                         ""};
        Json id;
        if (take && !preview) {
            TRY(const ConversationId stored, library->importConversation(chat.conversation, chat.turns));
            id = stored;
            context.progress("Importing", double(i + 1) / double(chats.chats.size()));
        }
        imported += take ? 1 : 0;
        rows.push_back(Json::Object{{"title", chat.conversation.title},
                                    {"turns", std::int64_t(chat.turns.size())},
                                    {"bytes", chat.bytes},
                                    {"left_out", chat.leftOut},
                                    {"known", bool(known[i])},
                                    {"conversation", std::move(id)}});
        if (preview && !context.json())
            std::printf("%6s turns  %s%s\n", formatCount(chat.turns.size()).c_str(), titleOf(chat).c_str(),
                        known[i] ? "  (in the library already)" : "");
    }
    context.endProgress();
    if (context.json()) {
        context.print(Json::Object{{"kind", chats.kind},
                                   {"preview", preview},
                                   {"imported", preview ? std::int64_t(0) : imported},
                                   {"empty", chats.empty},
                                   {"conversations", std::move(rows)}});
        return {};
    }
    const auto all = std::int64_t(chats.chats.size());
    std::printf("%s: %s of %s conversations %s\n", chats.kind.c_str(),
                formatCount(std::uint64_t(imported)).c_str(), formatCount(std::uint64_t(all)).c_str(),
                preview ? "would be imported" : "imported");
    if (imported < all)
        std::printf("The others are in the library already; --again imports them once more.\n");
    return {};
}

} // namespace

const std::vector<Option> kLibraryOptions{
    {"preview", "", "import: only say what there is to import"},
    {"again", "", "import: also what is in the library already"},
};

Result<> library(Context &context)
{
    TRY(const std::string verb, context.word(0, "backup, restore or import"));
    if (verb == "import")
        return importChats(context);
    if (verb == "backup")
        return backUp(context);
    if (verb == "restore")
        return restore(context);
    return Error{ErrorCode::Invalid, format("library has no “%s”.", printable(verb).c_str()),
                 "Choose backup FILE, restore FILE or import FILE."};
}

} // namespace volary::cli
