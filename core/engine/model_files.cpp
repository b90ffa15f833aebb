#include "core/engine/model_files.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/engine/gguf_vocabulary.h"
#include "core/text/tokenizer_search.h"

#include <algorithm>
#include <vector>

namespace volary {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;

// Names the files of a model that is split into several.
constexpr std::string_view kIndexEnding = ".safetensors.index.json";

bool isIndex(const fs::path &path)
{
    return path.native().ends_with(kIndexEnding);
}

bool isWeightsFile(const fs::path &path)
{
    const std::string extension = path.extension().string();
    return extension == ".safetensors" || extension == ".pth" || extension == ".bin" ||
           extension == ".gguf" || isIndex(path);
}

Result<fs::path> weightsIn(const fs::path &folder)
{
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (isWeightsFile(entry->path()) && entry->is_regular_file(error))
            found.push_back(entry->path());
    }
    const std::string name = printable(folder.string());
    if (error)
        return Error{ErrorCode::Io,
                     format("The folder %s cannot be read: %s.", name.c_str(), error.message().c_str()),
                     "Check that you may read it."};
    if (found.empty())
        return Error{ErrorCode::NotFound, format("The folder %s holds no model.", name.c_str()),
                     "Choose a folder with a .safetensors, .pth, .gguf or .bin file, or the file itself."};
    if (found.size() > 1) {
        // A folder made for one model has one file of that name.
        for (const char *usual : {"model.safetensors", "model.pth"}) {
            if (std::ranges::count(found, folder / usual) == 1)
                return folder / usual;
        }
        if (std::ranges::count_if(found, isIndex) == 1) // the others are its shards
            return *std::ranges::find_if(found, isIndex);
        return Error{ErrorCode::Invalid,
                     format("The folder %s holds %zu model files.", name.c_str(), found.size()),
                     "Open one of the files."};
    }
    return found.front();
}

std::string nameOfFile(const fs::path &path)
{
    const std::string name = path.filename().string();
    return isIndex(path) ? name.substr(0, name.size() - kIndexEnding.size()) : path.stem().string();
}

Result<Json> readConfig(const fs::path &path)
{
    std::error_code error;
    if (!fs::exists(path, error))
        return Json();
    TRY(const std::string text, readFile(path, kMaxConfigBytes));
    auto config = Json::parse(text);
    if (!config)
        return std::move(config).error().during("Reading " + path.filename().string());
    return std::move(config).value();
}

} // namespace

Result<ModelFiles> findModelFiles(const fs::path &path)
{
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
        return Error{ErrorCode::NotFound, format("%s does not exist.", printable(path.string()).c_str()),
                     "Check the path; the drive may not be connected."};
    ModelFiles files{.weights = path, .config = {}, .generation = {}, .name = nameOfFile(path)};
    if (fs::is_directory(status)) {
        TRY(files.weights, weightsIn(path));
        files.name = (path.has_filename() ? path : path.parent_path()).filename().string();
    }
    TRY(files.config, readConfig(files.weights.parent_path() / "config.json"));
    TRY(files.generation, readConfig(files.weights.parent_path() / "generation_config.json"));
    if (const Json *name = files.config.find("name"))
        files.name = name->stringOr(files.name);
    return files;
}

Result<std::shared_ptr<const Tokenizer>> findVocabulary(const fs::path &path, const GgufMetadata *gguf,
                                                        std::span<const fs::path> folders, int rows)
{
    return gguf && holdsVocabulary(*gguf) ? ggufTokenizer(*gguf, rows) : findTokenizer(path, folders, rows);
}

} // namespace volary
