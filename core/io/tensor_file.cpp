#include "core/io/tensor_file.h"

#include "core/base/text.h"
#include "core/io/checks.h"
#include "core/io/gguf_types.h"

#include <algorithm>
#include <array>

namespace volary {
namespace {

constexpr std::uint32_t kZipMagic = 0x04034B50;
constexpr std::uint32_t kEmptyZipMagic = 0x06054B50;
constexpr std::uint32_t kRwkvCppMagic = 0x67676D66;
constexpr std::string_view kLegacyTorch("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19", 14);

Error notAModel()
{
    return unsupported("this is no model file that Volary knows",
                       "Choose a .safetensors, .pth, .gguf or rwkv.cpp .bin file.");
}

// As every index of shards does. As the header length of a safetensors file this would be enormous.
bool beginsAsJson(std::string_view head)
{
    const std::size_t second = head.find_first_not_of(" \t\r\n", 1);
    return head.front() == '{' && second != std::string_view::npos && head[second] == '"';
}

Result<std::unique_ptr<TensorFile>> openByContent(InputFile file)
{
    std::array<std::byte, 14> head{};
    const auto known = std::min<std::uint64_t>(head.size(), file.bytes());
    if (known < 8)
        return corrupt("the file has only " + formatBytes(known) + "; not even a header fits");
    TRY_(file.read(0, std::span(head).first(std::size_t(known))));
    const std::string_view text(reinterpret_cast<const char *>(head.data()), head.size());

    switch (loadLittle<std::uint32_t>(head.data())) {
    case kZipMagic:
    case kEmptyZipMagic: return openPth(std::move(file));
    case kRwkvCppMagic: return openRwkvCpp(std::move(file));
    case gguf::kMagic: return openGguf(std::move(file));
    default: break;
    }
    if (text == kLegacyTorch)
        return unsupported("this file has PyTorch's format from before version 1.6",
                           "Load it with PyTorch and save it again.");
    if (text.starts_with("\x80\x02") || text.starts_with("\x80\x04"))
        return unsupported("this is a bare pickle, not the zip archive that PyTorch writes",
                           "Load it with PyTorch and save it with torch.save.");
    if (beginsAsJson(text) && loadLittle<std::uint64_t>(head.data()) > file.bytes())
        return openShardedSafetensors(file);
    // Safetensors has no magic: what looks like its header length decides, and the reader explains.
    if (text[8] == '{' || loadLittle<std::uint64_t>(head.data()) <= file.bytes())
        return openSafetensors(std::move(file));
    return notAModel();
}

} // namespace

Result<std::unique_ptr<TensorFile>> openTensorFile(const std::filesystem::path &path)
{
    TRY(InputFile file, InputFile::open(path));
    auto opened = openByContent(std::move(file));
    if (!opened)
        return std::move(opened).error().during(printable(path.filename().native()));
    return opened;
}

} // namespace volary
