#include "core/models/model_file.h"

#include "core/base/text.h"
#include "core/models/gguf_model.h"
#include "core/models/hugging_face_names.h"

namespace volary {

Result<ModelFile> openModelFile(const std::filesystem::path &path)
{
    ModelFile opened;
    TRY(opened.tensors, openTensorFile(path));
    opened.gguf = ggufMetadata(*opened.tensors);
    auto model = !opened.gguf ? underOfficialNames(std::move(opened.tensors))
                              : ggufUnderOfficialNames(std::move(opened.tensors), opened.gguf);
    if (!model)
        return std::move(model).error().during(printable(path.filename().native()));
    opened.tensors = std::move(model).value();
    return opened;
}

} // namespace volary
