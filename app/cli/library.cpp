#include "app/cli/commands.h"

#include "core/base/text.h"
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

} // namespace

Result<> library(Context &context)
{
    TRY(const std::string verb, context.word(0, "backup or restore"));
    if (verb == "backup")
        return backUp(context);
    if (verb == "restore")
        return restore(context);
    return Error{ErrorCode::Invalid, format("library has no “%s”.", printable(verb).c_str()),
                 "Choose backup FILE or restore FILE."};
}

} // namespace volary::cli
