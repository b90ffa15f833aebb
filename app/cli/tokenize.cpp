#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/token_file.h"

#include "core/base/file.h"

#include <cstdio>

namespace volary::cli {

const std::vector<Option> kTokenizeOptions{
    {"text", "S", "the text"},
    {"file", "F", "a file with the text"},
    {"tokenizer", "FILE", "a vocabulary file instead of MODEL"},
};

namespace {
constexpr std::uint64_t kMaxTextBytes = std::uint64_t(1) << 30;
}

Result<> tokenize(Context &context)
{
    const auto text = context.arguments().text("text");
    const auto file = context.arguments().text("file");
    if (text.has_value() == file.has_value())
        return Error{ErrorCode::Invalid, "Give the text by --text or by --file.", "See --help."};
    TRY(const auto tokenizer, openVocabularyArgument(context));
    std::string input = text.value_or("");
    if (file) {
        TRY(input, readFile(*file, kMaxTextBytes));
    }
    const std::vector<TokenId> tokens = tokenizer->encode(input);
    context.print(Json::Object{{"tokens", asJson(tokens)}});
    return {};
}

} // namespace volary::cli
