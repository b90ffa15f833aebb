#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/snapshot_argument.h"
#include "app/cli/token_file.h"

#include "core/base/text.h"
#include "core/inspect/state_diff.h"
#include "core/session/state_form.h"
#include "core/store/bundle.h"
#include "core/store/library.h"

#include <array>
#include <cstdio>

namespace volary::cli {

const std::vector<Option> kSnapshotOptions{
    {"prompt", "S", "save: the text to read"},
    {"tokens", "F", "save: a file with token ids to read instead"},
    {"form", "S", "shrink: how to store the state, f16 or i8; without it only the cost is shown"},
    {"name", "S", "save, import: how the snapshot is named"},
};

namespace {

Result<SnapshotId> idArgument(const Context &context, std::size_t word)
{
    TRY(const std::string text, context.word(word, "ID"));
    if (const auto id = snapshotNumber(text))
        return *id;
    return Error{ErrorCode::Invalid, format("“%s” is no snapshot number.", printable(text).c_str()),
                 "volary-cli snapshot list shows them."};
}

Json asJson(const SnapshotSummary &s)
{
    return Json::Object{{"id", s.id},
                        {"name", s.name},
                        {"model", s.model.name},
                        {"fingerprint", s.model.fingerprint},
                        {"architecture", s.model.architecture},
                        {"tokens", s.tokens},
                        {"state_bytes", s.stateBytes},
                        {"form", title(s.form)},
                        {"form_error", s.formError},
                        {"created_ms", s.createdMs},
                        {"pinned", s.pinned},
                        {"conversation", s.conversation},
                        {"conversation_title", s.title}};
}

void printRow(const SnapshotSummary &s)
{
    const std::string form =
        s.form == StateForm::Exact
            ? ""
            : format("  %s, error %.2g %%", std::string(title(s.form)).c_str(), 100 * s.formError);
    std::printf("%6lld  %-24s %-20s %8s tokens  %s%s%s\n", static_cast<long long>(s.id),
                s.name.empty() ? "-" : printable(s.name, 24).c_str(), printable(s.model.name, 20).c_str(),
                formatCount(std::uint64_t(s.tokens)).c_str(),
                formatBytes(std::uint64_t(s.stateBytes)).c_str(), form.c_str(), s.pinned ? "  pinned" : "");
}

Result<> list(Context &context)
{
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const auto snapshots, library->snapshots());
    Json::Array rows;
    for (const SnapshotSummary &s : snapshots) {
        if (s.inTrash)
            continue;
        rows.push_back(asJson(s));
        if (!context.json())
            printRow(s);
    }
    if (context.json())
        context.print(Json::Object{{"snapshots", std::move(rows)}});
    return {};
}

Result<> show(Context &context)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const SnapshotSummary summary, library->snapshot(id));
    TRY(const auto image, library->loadSnapshot(id));
    if (context.json()) {
        Json::Object json = *asJson(summary).object();
        Json::Array tensors;
        for (const TensorImage &tensor : image->state)
            tensors.push_back(Json::Object{{"name", tensor.spec.name}, {"shape", tensor.spec.shape.text()}});
        json["tensors"] = std::move(tensors);
        context.print(std::move(json));
        return {};
    }
    printRow(summary);
    std::printf("model %s\n", summary.model.fingerprint.c_str());
    for (const TensorImage &tensor : image->state)
        std::printf("  %-26s %-14s %s\n", tensor.spec.name.c_str(), tensor.spec.shape.text().c_str(),
                    std::string(name(tensor.spec.role)).c_str());
    return {};
}

Result<std::vector<TokenId>> tokensToRead(const Context &context, const Tokenizer &tokenizer)
{
    const auto prompt = context.arguments().text("prompt"), file = context.arguments().text("tokens");
    if (prompt.has_value() == file.has_value())
        return Error{ErrorCode::Invalid, "Give what to read by --prompt or by --tokens.", "See --help."};
    if (prompt)
        return tokenizer.encode(*prompt);
    return readTokenFile(*file, std::nullopt);
}

Result<> keep(Context &context, const SnapshotImage &image, const std::string &name)
{
    TRY(const auto library, Library::open(context.library()));
    TRY(const SnapshotId id, library->saveSnapshot(image, name));
    if (context.json())
        context.print(Json::Object{{"id", id}, {"tokens", std::int64_t(image.tokens.size())}});
    else
        std::printf("snapshot %lld, %zu tokens\n", static_cast<long long>(id), image.tokens.size());
    return {};
}

Result<> save(Context &context)
{
    TRY(const auto model, openModelArgument(context, 1));
    TRY(const std::vector<TokenId> tokens, tokensToRead(context, model->tokenizer()));
    TRY(Session session, model->newSession(model->description()->suggestedSettings.sampler));
    TRY_(session.feed(tokens, context.stop(), [&](std::size_t done) {
        context.progress("Reading", double(done) / double(tokens.size()));
    }));
    context.endProgress();
    TRY(const SnapshotImage image, session.snapshot());
    return keep(context, image, context.arguments().text("name").value_or(""));
}

Result<> exportOne(Context &context)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    TRY(const std::string path, context.word(2, "FILE"));
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const SnapshotSummary summary, library->snapshot(id));
    TRY(const auto image, library->loadSnapshot(id));
    TRY_(writeBundle(path, *image, summary.name));
    if (context.json())
        context.print(Json::Object{{"file", path}, {"tokens", summary.tokens}});
    return {};
}

Result<> importOne(Context &context)
{
    TRY(const std::string path, context.word(1, "FILE"));
    TRY(const Bundle bundle, readBundle(path));
    return keep(context, bundle.image, context.arguments().text("name").value_or(bundle.name));
}

Result<> verify(Context &context)
{
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const auto damage, library->verify([&] { return !context.stop().stop_requested(); }));
    Json::Array rows;
    for (const Library::Damage &entry : damage) {
        rows.emplace_back(entry.what);
        if (!context.json())
            std::printf("%s\n", entry.what.c_str());
    }
    if (context.json())
        context.print(Json::Object{{"damage", std::move(rows)}});
    if (!damage.empty())
        return Error{ErrorCode::Corrupt, format("%zu things in the library are damaged.", damage.size()),
                     "Everything else can still be read; restore a backup or delete what is damaged."};
    if (!context.json())
        std::printf("the library is sound\n");
    return {};
}

void print(const TensorDiff &tensor)
{
    std::printf("%-26s changed %6.2f %%  cosine %7.4f  largest %.6g\n", tensor.spec.name.c_str(),
                100 * tensor.whole.relative(), tensor.whole.cosine, tensor.whole.largest);
    for (std::size_t head = 0; head < tensor.heads.size(); ++head)
        std::printf("  head %-3zu                 changed %6.2f %%  cosine %7.4f  in %.1f directions\n", head,
                    100 * tensor.heads[head].piece.relative(), tensor.heads[head].piece.cosine,
                    tensor.heads[head].rank);
}

Result<> diff(Context &context)
{
    TRY(const SnapshotId first, idArgument(context, 1));
    TRY(const SnapshotId second, idArgument(context, 2));
    TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
    TRY(const auto a, library->loadSnapshot(first));
    TRY(const auto b, library->loadSnapshot(second));
    TRY(const StateDiff diff, compareStates(*a, *b, [&] { return !context.stop().stop_requested(); }));
    Json::Array rows;
    for (const TensorDiff &tensor : diff.tensors) {
        Json::Array heads;
        for (const HeadDiff &head : tensor.heads)
            heads.push_back(Json::Object{{"relative_norm", head.piece.relative()},
                                         {"cosine", head.piece.cosine},
                                         {"effective_rank", head.rank}});
        rows.push_back(Json::Object{{"name", tensor.spec.name},
                                    {"max_abs", tensor.whole.largest},
                                    {"relative_norm", tensor.whole.relative()},
                                    {"cosine", tensor.whole.cosine},
                                    {"heads", std::move(heads)}});
        if (!context.json())
            print(tensor);
    }
    if (context.json())
        context.print(Json::Object{{"common_tokens", diff.commonTokens}, {"tensors", std::move(rows)}});
    return {};
}

Result<> rename(Context &context)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    TRY(const std::string name, context.word(2, "NAME"));
    TRY(const auto library, Library::open(context.library()));
    return library->nameSnapshot(id, name);
}

Result<> setPinned(Context &context, bool pinned)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    TRY(const auto library, Library::open(context.library()));
    return library->pinSnapshot(id, pinned);
}
Result<> pin(Context &context)
{
    return setPinned(context, true);
}
Result<> unpin(Context &context)
{
    return setPinned(context, false);
}

// What the forms cost on this very state, and, with --form, the change to one of them.
Result<> shrink(Context &context)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    const std::string wanted = context.arguments().text("form").value_or("");
    if (!wanted.empty() && wanted != "f16" && wanted != "i8")
        return Error{ErrorCode::Invalid, format("There is no form “%s”.", printable(wanted).c_str()),
                     "Choose f16 or i8; without --form the error of each is shown."};
    TRY(const auto library,
        Library::open(context.library(), wanted.empty() ? OpenMode::ReadOnly : OpenMode::ReadWrite));
    TRY(const auto image, library->loadSnapshot(id));
    Json::Array rows;
    for (const StateForm form : {StateForm::Exact, StateForm::Half, StateForm::Int8}) {
        auto rounded = roundedTo(*image, form);
        if (!rounded && rounded.error().code != ErrorCode::Unsupported)
            return std::move(rounded).error();
        const std::string shown(title(form));
        if (!rounded) {
            rows.push_back(Json::Object{{"form", shown}, {"refused", rounded.error().what}});
            if (!context.json())
                std::printf("%-13s %s\n", shown.c_str(), rounded.error().what.c_str());
            continue;
        }
        const StoredForm &cost = rounded.value().image.stored;
        rows.push_back(Json::Object{{"form", shown},
                                    {"bytes", std::int64_t(rounded.value().bytes)},
                                    {"error", cost.error},
                                    {"worst_tensor", cost.worst}});
        if (!context.json())
            std::printf("%-13s %10s  error %.3g %%, worst tensor %.3g %%\n", shown.c_str(),
                        formatBytes(rounded.value().bytes).c_str(), 100 * cost.error, 100 * cost.worst);
    }
    if (!wanted.empty())
        TRY_(library->roundSnapshot(id, wanted == "f16" ? StateForm::Half : StateForm::Int8));
    TRY(const SnapshotSummary after, library->snapshot(id));
    if (context.json())
        context.print(Json::Object{{"forms", std::move(rows)}, {"form", title(after.form)}});
    else
        printRow(after);
    return {};
}

Result<> remove(Context &context)
{
    TRY(const SnapshotId id, idArgument(context, 1));
    TRY(const auto library, Library::open(context.library()));
    return library->deleteSnapshot(id);
}

struct Verb {
    std::string_view name;
    Result<> (*run)(Context &);
};
constexpr std::array kVerbs{Verb{"list", list},     Verb{"show", show},        Verb{"save", save},
                            Verb{"verify", verify}, Verb{"export", exportOne}, Verb{"import", importOne},
                            Verb{"rename", rename}, Verb{"pin", pin},          Verb{"unpin", unpin},
                            Verb{"diff", diff},     Verb{"shrink", shrink},    Verb{"delete", remove}};

} // namespace

Result<> snapshot(Context &context)
{
    TRY(const std::string verb,
        context.word(0,
                     "list, show, save, verify, export, import, rename, pin, unpin, diff, shrink or delete"));
    for (const Verb &known : kVerbs) {
        if (known.name == verb)
            return known.run(context);
    }
    return Error{
        ErrorCode::Invalid, format("snapshot has no “%s”.", printable(verb).c_str()),
        "Choose list, show ID, save MODEL --prompt S, verify, export ID FILE, import FILE, rename ID NAME, "
        "pin ID, unpin ID, diff ID ID, shrink ID --form f16 or delete ID."};
}

} // namespace volary::cli
