// GGUF files.
#include "tensor_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    return volary::test::fuzzTensorFile(data, size);
}
