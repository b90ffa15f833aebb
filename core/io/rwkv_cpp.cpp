// Files of rwkv.cpp: a fixed header, then tensors until the end of the file.
#include "core/base/text.h"
#include "core/io/checks.h"

#include <array>
#include <charconv>
#include <set>

namespace volary {
namespace {

constexpr std::uint32_t kOldestVersion = 100, kNewestVersion = 101, kQuantisedVersion = 101;
constexpr std::uint64_t kHeaderBytes = 24;
constexpr std::uint32_t kMaxRank = 3, kMaxKeyBytes = 512;

struct Header {
    std::uint32_t version, vocabulary, embedding, layers, type;
};

class RwkvCpp final : public TensorFile {
public:
    explicit RwkvCpp(InputFile file) : TensorFile(file.path()), m_file(std::move(file)) {}

    std::string_view format() const override { return "rwkv.cpp"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        return m_file.read(m_offsets[index], to);
    }

    Result<> parse()
    {
        TRY(const Header header, readHeader());
        for (std::uint64_t at = kHeaderBytes; at < m_file.bytes();) {
            TRY(at, readTensor(at));
        }
        TRY_(refuseDuplicates(m_tensors));
        return checkAgainst(header);
    }

private:
    Result<Header> readHeader();
    Result<std::uint64_t> readTensor(std::uint64_t at); // gives where the next one begins
    Result<> checkAgainst(const Header &header) const;

    InputFile m_file;
    std::map<std::string, std::string> m_metadata;
    std::vector<TensorInfo> m_tensors;
    std::vector<std::uint64_t> m_offsets;
};

Result<DType> typeOf(std::uint32_t number, const std::string &owner)
{
    constexpr std::array<std::string_view, 10> kNames{"F32",  "F16",  "Q4_0", "Q4_1", "Q4_1_O",
                                                      "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0"};
    switch (number) {
    case 0: return DType::F32;
    case 1: return DType::F16;
    case 2: return DType::Q4_0;
    case 3: return DType::Q4_1;
    case 7: return DType::Q5_0;
    case 8: return DType::Q5_1;
    case 9: return DType::Q8_0;
    default: break;
    }
    if (number >= kNames.size())
        return corrupt(owner + " has the unknown data type " + std::to_string(number));
    return unsupported(owner + " is quantised as " + std::string(kNames[number]) +
                           ", a type that rwkv.cpp itself gave up",
                       "Quantise the F16 file of the model again.");
}

Result<Header> RwkvCpp::readHeader()
{
    std::array<std::byte, kHeaderBytes> raw;
    if (m_file.bytes() < raw.size())
        return corrupt("the file ends inside its header");
    TRY_(m_file.read(0, raw));
    const auto field = [&](std::size_t i) { return loadLittle<std::uint32_t>(raw.data() + 4 * i); };
    const Header header{field(1), field(2), field(3), field(4), field(5)};
    if (header.version < kOldestVersion || header.version > kNewestVersion)
        return unsupported("its version is " + std::to_string(header.version) +
                           "; only 100 and 101 are known");
    TRY_(typeOf(header.type, "the model"));
    m_metadata = {{"rwkv_cpp.version", std::to_string(header.version)},
                  {"rwkv_cpp.n_vocab", std::to_string(header.vocabulary)},
                  {"rwkv_cpp.n_embed", std::to_string(header.embedding)},
                  {"rwkv_cpp.n_layer", std::to_string(header.layers)},
                  {"rwkv_cpp.data_type", std::to_string(header.type)}};
    return header;
}

Result<std::uint64_t> RwkvCpp::readTensor(std::uint64_t at)
{
    const std::string where = "the tensor at byte " + formatCount(at);
    std::array<std::byte, 12 + 4 * kMaxRank + kMaxKeyBytes> raw;
    const auto load = [&](std::size_t i) { return loadLittle<std::uint32_t>(raw.data() + 4 * i); };
    if (!fits(at, 12, m_file.bytes()))
        return corrupt("the file ends inside " + where);
    TRY_(m_file.read(at, std::span(raw).first(12)));
    const std::uint32_t rank = load(0), keyBytes = load(1), typeNumber = load(2);
    if (rank < 1 || rank > kMaxRank)
        return corrupt(where + " has a dim_count of " + std::to_string(rank));
    if (keyBytes < 1 || keyBytes > kMaxKeyBytes)
        return corrupt(where + " has a key_length of " + std::to_string(keyBytes));
    TRY(const DType type, typeOf(typeNumber, where));
    const std::uint64_t restBytes = 4 * rank + keyBytes;
    if (!fits(at + 12, restBytes, m_file.bytes()))
        return corrupt("the file ends inside " + where);
    TRY_(m_file.read(at + 12, std::span(raw).subspan(12, std::size_t(restBytes))));

    std::vector<std::int64_t> extents;
    for (std::uint32_t i = rank; i-- > 0;) {
        extents.push_back(load(3 + i));
        if (extents.back() == 0)
            return corrupt(where + " has a dimension of 0");
    }
    const auto *key = reinterpret_cast<const char *>(raw.data()) + 12 + 4 * std::size_t(rank);
    TRY(TensorInfo info, checkedTensor({key, keyBytes}, type, extents));
    const std::uint64_t dataAt = at + 12 + restBytes;
    if (!fits(dataAt, info.bytes(), m_file.bytes()))
        return corrupt("the data of tensor " + info.name + " go past the end of the file");
    const std::uint64_t next = dataAt + info.bytes();
    m_tensors.push_back(std::move(info));
    m_offsets.push_back(dataAt);
    return next;
}

Result<> RwkvCpp::checkAgainst(const Header &header) const
{
    constexpr std::string_view kBlocks = "blocks.";
    std::set<std::uint32_t> blocks;
    for (const auto &tensor : m_tensors) {
        std::uint32_t block = 0;
        if (tensor.name == "emb.weight" && tensor.shape != Shape{header.vocabulary, header.embedding})
            return corrupt("emb.weight has shape " + tensor.shape.text() + ", but the header says n_vocab " +
                           std::to_string(header.vocabulary) + " and n_embed " +
                           std::to_string(header.embedding));
        if (isQuantised(tensor.type) && header.version < kQuantisedVersion)
            return unsupported("tensor " + tensor.name + " is quantised in a file of version " +
                                   std::to_string(header.version) + ", whose blocks had another layout",
                               "Quantise the F16 file of the model again.");
        if (!tensor.name.starts_with(kBlocks))
            continue;
        const char *end = tensor.name.data() + tensor.name.size();
        if (std::from_chars(tensor.name.data() + kBlocks.size(), end, block).ec == std::errc())
            blocks.insert(block);
    }
    if (blocks.size() != header.layers || (!blocks.empty() && *blocks.rbegin() + 1 != header.layers))
        return corrupt("the header says n_layer " + std::to_string(header.layers) + ", but " +
                       std::to_string(blocks.size()) + " blocks follow");
    return {};
}

} // namespace

Result<std::unique_ptr<TensorFile>> openRwkvCpp(InputFile file)
{
    auto opened = std::make_unique<RwkvCpp>(std::move(file));
    TRY_(opened->parse());
    return Result<std::unique_ptr<TensorFile>>(std::move(opened));
}

} // namespace volary
