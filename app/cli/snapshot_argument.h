// Snapshots named on the command line: by number in the library, or by the file they were shared in.
#pragma once

#include "app/cli/context.h"
#include "core/store/library.h"

#include <memory>
#include <optional>
#include <string_view>

namespace volary::cli {

std::optional<SnapshotId> snapshotNumber(std::string_view text); // digits and nothing else

Result<std::shared_ptr<const SnapshotImage>> loadSnapshot(const Context &context,
                                                          const std::string &idOrFile);

} // namespace volary::cli
