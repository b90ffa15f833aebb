#include "app/support/bundled.h"

#include "app/support/executable.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace volary {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "bundled:";

std::vector<fs::path> resourceFolders()
{
    if (const char *chosen = std::getenv("VOLARY_RESOURCES"); chosen && *chosen)
        return {chosen};
    std::vector<fs::path> folders;
    if (const fs::path program = executableFolder(); !program.empty()) {
        folders.push_back(program / "../share/volary");
        folders.push_back(program / "../../../resources"); // build/PRESET/bin of a checkout
    }
    folders.emplace_back(VOLARY_INSTALLED_DATA);
    return folders;
}

// A plain name: it must not lead out of the folder.
bool isModelName(std::string_view name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

std::string listOf(const std::vector<fs::path> &models)
{
    std::string names;
    for (const fs::path &model : models)
        names += (names.empty() ? "" : ", ") + printable(model.filename().string());
    return names;
}

} // namespace

std::vector<fs::path> bundledModelFolders()
{
    std::vector<fs::path> found;
    for (const fs::path &folder : resourceFolders()) {
        std::error_code failure;
        const fs::path models = fs::canonical(folder / "models", failure);
        if (!failure && fs::is_directory(models, failure) && std::ranges::find(found, models) == found.end())
            found.push_back(models);
    }
    return found;
}

std::vector<fs::path> bundledModels()
{
    std::vector<fs::path> models;
    for (const fs::path &folder : bundledModelFolders()) {
        std::error_code failure;
        for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
             entry.increment(failure)) {
            const auto sameName = [&](const fs::path &model) {
                return model.filename() == entry->path().filename();
            };
            std::error_code unreadable;
            if (entry->is_directory(unreadable) && std::ranges::none_of(models, sameName))
                models.push_back(entry->path());
        }
    }
    std::ranges::sort(models, {}, &fs::path::filename);
    return models;
}

Result<fs::path> findBundledModel(std::string_view name)
{
    const std::vector<fs::path> models = bundledModels();
    const auto named = std::ranges::find(models, fs::path(name), &fs::path::filename);
    if (isModelName(name) && named != models.end())
        return *named;
    const std::string what = format("No model named “%s” came with this program.", printable(name).c_str());
    if (models.empty())
        return Error{
            ErrorCode::NotFound, what,
            "The folder of bundled models is missing: install Volary anew, or set VOLARY_RESOURCES."};
    return Error{ErrorCode::NotFound, what, "Bundled: " + listOf(models) + "."};
}

Result<fs::path> resolveModelPath(std::string_view given)
{
    if (given.starts_with(kPrefix))
        return findBundledModel(given.substr(kPrefix.size()));
    return fs::path(given);
}

} // namespace volary
