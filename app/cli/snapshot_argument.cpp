#include "app/cli/snapshot_argument.h"

#include "core/base/text.h"
#include "core/store/bundle.h"

#include <charconv>

namespace volary::cli {

std::optional<SnapshotId> snapshotNumber(std::string_view text)
{
    SnapshotId id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return id;
}

Result<std::shared_ptr<const SnapshotImage>> loadSnapshot(const Context &context, const std::string &idOrFile)
{
    if (const auto id = snapshotNumber(idOrFile)) {
        TRY(const auto library, Library::open(context.library(), OpenMode::ReadOnly));
        return library->loadSnapshot(*id);
    }
    TRY(Bundle bundle, readBundle(idOrFile));
    return std::make_shared<const SnapshotImage>(std::move(bundle.image));
}

} // namespace volary::cli
