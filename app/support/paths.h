// The user's own folders, as the XDG base directory specification places them.
#pragma once

#include <filesystem>
#include <vector>

namespace volary {

// $XDG_DATA_HOME/volary, else ~/.local/share/volary. Not created here.
std::filesystem::path userDataFolder();

// The library that the window and the command line share.
std::filesystem::path defaultLibraryPath();

// Folders to search for a tokenizer that does not lie beside its model, the user's first.
std::vector<std::filesystem::path> vocabularyFolders();

} // namespace volary
