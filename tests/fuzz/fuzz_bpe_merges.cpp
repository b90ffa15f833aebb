// vocab.json with merges.txt beside it; a zero byte parts the two.
#include "file_input.h"
#include "tokenizer_input.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const test::ScratchFolder folder;
    const std::string_view given(reinterpret_cast<const char *>(data), size);
    const std::size_t zero = std::min(given.find('\0'), size);
    folder.write("merges.txt", given.substr(std::min(zero + 1, size)));
    const auto opened = openTokenizer(folder.write("vocab.json", given.substr(0, zero)));
    test::checkRefusal(opened);
    if (opened)
        test::useTokenizer(*opened.value());
    return 0;
}
