// The MODEL argument: a file, a folder, or bundled:NAME.
#pragma once

#include "app/cli/context.h"
#include "core/engine/loaded_model.h"

namespace volary::cli {

Result<std::filesystem::path> modelPath(const Context &context, std::size_t word = 0);
// Without a vocabulary a model serves commands that deal with token ids only.
enum class Vocabulary : bool { Optional, Needed };
Result<std::unique_ptr<LoadedModel>> openModelArgument(Context &context, std::size_t word = 0,
                                                       Vocabulary vocabulary = Vocabulary::Needed);
// Just its vocabulary, without reading the weights.
Result<std::shared_ptr<const Tokenizer>> openVocabularyArgument(Context &context);

// What kAdapterOptions say, after the adapters that were given as words.
Result<std::vector<AdapterRequest>> adapterOptions(const Context &context,
                                                   std::vector<std::string> words = {});

Result<std::optional<DType>> dtypeOption(const Context &context);

} // namespace volary::cli
