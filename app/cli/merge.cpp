#include "app/cli/commands.h"
#include "app/cli/model.h"

#include "core/base/text.h"
#include "core/engine/model_files.h"
#include "core/io/safetensors_writer.h"
#include "core/models/model_file.h"

#include <cstdio>

namespace volary::cli {

// The whole model passes through memory, because the writer takes it in one piece.
Result<> merge(Context &context)
{
    TRY(const std::filesystem::path path, modelPath(context));
    TRY(const std::string adapter, context.word(1, "ADAPTER"));
    TRY(const std::filesystem::path out, context.word(2, "OUT.safetensors"));
    TRY(const auto adapters, adapterOptions(context, {adapter}));
    TRY(const ModelFiles files, findModelFiles(path));
    TRY(ModelFile stored, openModelFile(files.weights));
    if (stored.tensors->format() == "rwkv.cpp")
        return Error{ErrorCode::Unsupported, "Files of rwkv.cpp hold some weights transformed.",
                     "Merge into the original model instead."};
    for (const TensorInfo &tensor : stored.tensors->tensors()) {
        if (isQuantised(tensor.type))
            return Error{ErrorCode::Unsupported, "The weights are quantised, which safetensors cannot hold.",
                         "Merge into the original model, or write a .gguf by quantize --adapter."};
    }
    std::error_code error;
    if (std::filesystem::equivalent(out, files.weights, error))
        return Error{ErrorCode::Invalid, "The merged model would replace the model it is made from.",
                     "Choose another name for it."};
    TRY(const auto merged, adaptTensorFile(std::move(stored.tensors), adapters));

    const auto infos = merged->tensors();
    std::vector<std::vector<std::byte>> bytes(infos.size());
    std::vector<TensorToWrite> tensors;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        bytes[i].resize(infos[i].bytes());
        TRY_(merged->read(i, bytes[i]));
        tensors.push_back({infos[i].name, infos[i].type, infos[i].shape, bytes[i]});
        context.progress("Merging", double(i + 1) / double(infos.size()));
        if (context.stop().stop_requested())
            return Error{ErrorCode::Cancelled, "Cancelled; nothing was written.", ""};
    }
    context.endProgress();
    const auto metadata =
        merged->format() == "safetensors" ? merged->metadata() : std::map<std::string, std::string>();
    TRY_(writeSafetensors(out, tensors, metadata));
    if (context.json())
        context.print(Json::Object{{"tensors", std::int64_t(tensors.size())}, {"out", out.string()}});
    else
        std::printf("%zu tensors merged\n", tensors.size());
    return {};
}

} // namespace volary::cli
