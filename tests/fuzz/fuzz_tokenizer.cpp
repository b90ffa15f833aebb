// Vocabularies in one file: RWKV World, sentencepiece and tokenizer.json.
#include "file_input.h"
#include "tokenizer_input.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    test::withFile({reinterpret_cast<const char *>(data), size}, [](const std::filesystem::path &path) {
        const auto opened = openTokenizer(path);
        test::checkRefusal(opened);
        if (opened)
            test::useTokenizer(*opened.value());
    });
    return 0;
}
