#include "app/support/paths.h"

#include "app/support/executable.h"

#include <cstdlib>

namespace volary {

namespace fs = std::filesystem;

namespace {

fs::path folderFromEnvironment(const char *name)
{
    const char *value = std::getenv(name);
    const fs::path folder = value ? value : "";
    return folder.is_absolute() ? folder : fs::path(); // the specification: relative paths are to be ignored
}

} // namespace

fs::path userDataFolder()
{
    if (const fs::path data = folderFromEnvironment("XDG_DATA_HOME"); !data.empty())
        return data / "volary";
    return folderFromEnvironment("HOME") / ".local/share/volary";
}

fs::path defaultLibraryPath()
{
    return userDataFolder() / "library.volary";
}

std::vector<fs::path> vocabularyFolders()
{
    std::vector<fs::path> folders{userDataFolder() / "vocabularies"};
    if (const fs::path program = executableFolder(); !program.empty())
        folders.push_back((program / "../share/volary/vocabularies").lexically_normal());
    folders.emplace_back(VOLARY_INSTALLED_DATA "/vocabularies");
    return folders;
}

} // namespace volary
