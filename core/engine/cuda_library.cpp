#include "core/engine/cuda_library.h"

#include "core/base/text.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace volary {

namespace {

std::vector<std::filesystem::path> folders()
{
    if (const char *given = std::getenv("VOLARY_BACKENDS"); given && *given)
        return {given};
    std::vector<std::filesystem::path> found;
    std::error_code unreadable;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", unreadable);
    if (!unreadable)
        found.push_back(program.parent_path().parent_path() / "lib/volary/backends");
    found.emplace_back(VOLARY_BACKEND_FOLDER);
    return found;
}

} // namespace

Result<const CudaLibrary *> openCudaLibrary()
{
    for (const auto &folder : folders()) {
        const auto path = folder / kCudaLibraryFile;
        std::error_code missing;
        if (!std::filesystem::exists(path, missing))
            continue;
        // Never closed: the CUDA runtime in it has exit handlers.
        void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (!library) {
            const char *reason = dlerror();
            return Error{
                ErrorCode::Unsupported,
                format("The CUDA library cannot be opened: %s.", printable(reason ? reason : "").c_str()),
                "Install Volary's CUDA package again, or use the cpu backend."};
        }
        const auto entry = reinterpret_cast<const CudaLibrary *(*)()>(dlsym(library, kCudaEntry));
        const CudaLibrary *table = entry ? entry() : nullptr;
        if (!table || table->layout != cudaLayout())
            return Error{ErrorCode::Mismatch,
                         format("The CUDA library %s belongs to another version of Volary.",
                                printable(path.string()).c_str()),
                         "Install the CUDA package of this version, or use the cpu backend."};
        return table;
    }
    return Error{ErrorCode::NotFound, format("The CUDA library (%s) is not installed.", kCudaLibraryFile),
                 "Install Volary's CUDA package, or use the cpu backend."};
}

} // namespace volary
