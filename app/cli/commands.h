// The commands. Each has its file; main.cpp holds the table.
#pragma once

#include "app/cli/context.h"

namespace volary::cli {

Result<> devices(Context &context);
Result<> info(Context &context);
Result<> tokenize(Context &context);
Result<> detokenize(Context &context);
Result<> logits(Context &context);
Result<> generate(Context &context);
Result<> perplexity(Context &context);
Result<> merge(Context &context);
Result<> quantize(Context &context);
Result<> bench(Context &context);
Result<> snapshot(Context &context);
Result<> library(Context &context);
Result<> read(Context &context);
Result<> ask(Context &context);

extern const std::vector<Option> kTokenizeOptions;
extern const std::vector<Option> kDetokenizeOptions;
extern const std::vector<Option> kLogitsOptions;
extern const std::vector<Option> kGenerateOptions;
extern const std::vector<Option> kPerplexityOptions;
extern const std::vector<Option> kQuantizeOptions;
extern const std::vector<Option> kBenchOptions;
extern const std::vector<Option> kSnapshotOptions;
extern const std::vector<Option> kLibraryOptions;
extern const std::vector<Option> kReadOptions;
extern const std::vector<Option> kAskOptions;

// Of every command that runs a model as adapters change it.
extern const std::vector<Option> kAdapterOptions;

} // namespace volary::cli
