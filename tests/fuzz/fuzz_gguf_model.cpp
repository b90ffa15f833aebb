// GGUF files as models: under their official names, and with the vocabulary they hold.
#include "core/engine/gguf_vocabulary.h"
#include "core/models/model_file.h"
#include "tensor_input.h"
#include "tokenizer_input.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    test::withFile({reinterpret_cast<const char *>(data), size}, [](const std::filesystem::path &path) {
        const auto opened = openModelFile(path);
        test::checkRefusal(opened);
        if (!opened)
            return;
        test::readAllTensors(*opened.value().tensors);
        if (!opened.value().gguf || !holdsVocabulary(*opened.value().gguf))
            return;
        const auto tokenizer = ggufTokenizer(*opened.value().gguf, 1 << 16);
        test::checkRefusal(tokenizer);
        if (tokenizer)
            test::useTokenizer(*tokenizer.value());
    });
    return 0;
}
