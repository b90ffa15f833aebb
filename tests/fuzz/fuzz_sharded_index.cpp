// An index of shards. Of the two shards one is whole and one is what follows a zero byte.
#include "core/io/safetensors_writer.h"
#include "tensor_input.h"

using namespace volary;

namespace {

void writeShard(const std::filesystem::path &path)
{
    const float value = 1;
    const auto bytes = std::as_bytes(std::span(&value, 1));
    const std::vector<TensorToWrite> tensors{{"a", DType::F32, {1}, bytes}, {"b", DType::F32, {1}, bytes}};
    VOLARY_CHECK(writeSafetensors(path, tensors), "a file in memory takes all bytes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const test::ScratchFolder folder;
    static const bool written = (writeShard(folder.write("1.safetensors", "")), true);
    VOLARY_CHECK(written, "the first shard stays");
    const std::string_view given(reinterpret_cast<const char *>(data), size);
    const std::size_t zero = std::min(given.find('\0'), size);
    folder.write("2.safetensors", given.substr(std::min(zero + 1, size)));
    const auto opened = openTensorFile(folder.write("model.safetensors.index.json", given.substr(0, zero)));
    test::checkRefusal(opened);
    if (opened)
        test::readAllTensors(*opened.value());
    return 0;
}
