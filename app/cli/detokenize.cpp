#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/token_file.h"

#include "core/base/text.h"

#include <algorithm>
#include <cstdio>

namespace volary::cli {

const std::vector<Option> kDetokenizeOptions{
    {"tokens", "F.json", "an array of token ids"},
    {"sequence", "NAME", "which of several sequences in that file"},
    {"tokenizer", "FILE", "a vocabulary file instead of MODEL"},
};

Result<> detokenize(Context &context)
{
    const auto file = context.arguments().text("tokens");
    if (!file)
        return Error{ErrorCode::Invalid, "Name a file by --tokens.", "See --help."};
    TRY(const auto tokenizer, openVocabularyArgument(context));
    TRY(const auto tokens, readTokenFile(*file, context.arguments().text("sequence")));
    const auto unknown =
        std::ranges::find_if(tokens, [&](TokenId id) { return id >= tokenizer->vocabularySize(); });
    if (unknown != tokens.end())
        return Error{ErrorCode::Mismatch, format("The token %d is not in this vocabulary.", *unknown),
                     "Use the model that the tokens were made for."};
    const std::string text = tokenizer->decode(tokens);
    if (context.json())
        context.print(Json::Object{{"text", isValidUtf8(text) ? text : printable(text, SIZE_MAX)},
                                   {"valid_utf8", isValidUtf8(text)}});
    else
        std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
}

} // namespace volary::cli
