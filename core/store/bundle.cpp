#include "core/store/bundle.h"

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/session/state_form.h"
#include "core/store/little_endian.h"
#include "core/store/manifest.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace volary {

namespace {

using Bytes = std::span<const std::byte>;

// Like that of PNG: a transfer that changes line ends, or cuts after the first zero, is found at once.
constexpr std::string_view kMagic{"VOLARY\r\n\x1A\0\0\0", 12};
// Of files with exact states; those that were rounded have the second, so that no earlier reader takes their
// bytes for float32.
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kRoundedVersion = 2;
constexpr std::size_t kHeadBytes = kMagic.size() + 4 + 4;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kDigestBytes = sizeof(Digest);
constexpr std::size_t kEntryBytes = kTagBytes + 8 + kDigestBytes;
constexpr std::uint32_t kMostSections = 65'536;
constexpr std::uint64_t kMostDescriptionBytes = 16u << 20;
constexpr std::uint64_t kMostSamplerBytes = 16u << 20;
constexpr std::uint64_t kMostTokenBytes = std::uint64_t(1) << 30;

const std::string kDescription = "description";
const std::string kSampler = "sampler";

std::string streamTag(int stream)
{
    return format("stream.%d", stream);
}

void appendWide(std::vector<std::byte> &to, std::uint64_t number)
{
    appendLittleEndian(to, std::uint32_t(number));
    appendLittleEndian(to, std::uint32_t(number >> 32));
}

std::uint64_t wide(Bytes bytes)
{
    return littleEndian(bytes) | std::uint64_t(littleEndian(bytes.subspan(4))) << 32;
}

Json describe(const SnapshotImage &image, const Manifest &manifest, std::string_view name)
{
    return Json::Object{
        {"name", name},
        {"tokens", std::int64_t(image.tokens.size())},
        {"model", Json::Object{{"fingerprint", image.model.fingerprint},
                               {"architecture", image.model.architecture},
                               {"name", image.model.name},
                               {"tokenizer", image.model.tokenizer},
                               {"numeric_profile", image.model.numericProfile}}},
        {"manifest", manifest.toJson()},
    };
}

// Pieces of a section, one behind the other; nothing is copied.
struct Section {
    std::string tag;
    std::vector<Bytes> pieces;

    std::uint64_t bytes() const
    {
        std::uint64_t sum = 0;
        for (const Bytes piece : pieces)
            sum += piece.size();
        return sum;
    }
    Digest digest() const
    {
        Sha256 hash;
        for (const Bytes piece : pieces)
            hash.update(piece);
        return hash.finish();
    }
};

std::vector<std::byte> head(std::span<const Section> sections, std::uint32_t version)
{
    std::vector<std::byte> bytes = toVector(std::as_bytes(std::span(kMagic)));
    appendLittleEndian(bytes, version);
    appendLittleEndian(bytes, std::uint32_t(sections.size()));
    for (const Section &section : sections) {
        VOLARY_CHECK(section.tag.size() <= kTagBytes, "tags are short");
        for (std::size_t i = 0; i < kTagBytes; ++i)
            bytes.push_back(std::byte(i < section.tag.size() ? section.tag[i] : '\0'));
        appendWide(bytes, section.bytes());
        const Digest digest = section.digest();
        const Bytes hash = std::as_bytes(std::span(digest));
        bytes.insert(bytes.end(), hash.begin(), hash.end());
    }
    const Digest digest = sha256(bytes);
    const Bytes hash = std::as_bytes(std::span(digest));
    bytes.insert(bytes.end(), hash.begin(), hash.end());
    return bytes;
}

struct Place {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    Digest digest{};
};

class Reader {
public:
    static Result<Reader> open(const std::filesystem::path &path)
    {
        TRY(InputFile file, InputFile::open(path));
        Reader reader(std::move(file));
        TRY_(reader.readHead());
        return reader;
    }

    // The whole section. `limit` is what it can have at most, or must have when `exact`.
    Result<std::vector<std::byte>> section(const std::string &tag, std::uint64_t limit, bool exact) const
    {
        const auto found = m_places.find(tag);
        if (found == m_places.end())
            return damaged(format("its part “%s” is missing.", tag.c_str()));
        const Place &place = found->second;
        if (place.bytes > limit || (exact && place.bytes != limit))
            return damaged(format("its part “%s” has %llu bytes instead of %s%llu.", tag.c_str(),
                                  static_cast<unsigned long long>(place.bytes), exact ? "" : "at most ",
                                  static_cast<unsigned long long>(limit)));
        std::vector<std::byte> bytes(std::size_t(place.bytes));
        TRY_(m_file.read(place.offset, bytes));
        if (sha256(bytes) != place.digest)
            return damaged(format("its part “%s” does not match its hash.", tag.c_str()));
        return bytes;
    }

    Error damaged(const std::string &what) const
    {
        return {ErrorCode::Corrupt, shown() + " is damaged: " + what, "Have it sent or copied again."};
    }

    std::string shown() const { return "“" + printable(m_file.path().filename().string()) + "”"; }

private:
    explicit Reader(InputFile file) : m_file(std::move(file)) {}

    Result<> readHead()
    {
        std::vector<std::byte> bytes(kHeadBytes);
        const bool long_enough = m_file.bytes() >= kHeadBytes + kDigestBytes;
        if (long_enough)
            TRY_(m_file.read(0, bytes));
        if (!long_enough ||
            !std::ranges::equal(Bytes(bytes).first(kMagic.size()), std::as_bytes(std::span(kMagic))))
            return Error{ErrorCode::Invalid, shown() + " is no snapshot that was shared from Volary.",
                         "Choose a file that “volary-cli snapshot export” wrote."};
        const std::uint32_t version = littleEndian(Bytes(bytes).subspan(kMagic.size()));
        if (version < kVersion || version > kRoundedVersion)
            return Error{ErrorCode::Unsupported,
                         format("%s has version %u; this Volary reads versions up to %u.", shown().c_str(),
                                version, kRoundedVersion),
                         "Update Volary."};
        const std::uint32_t sections = littleEndian(Bytes(bytes).subspan(kMagic.size() + 4));
        if (sections > kMostSections ||
            m_file.bytes() < kHeadBytes + kDigestBytes + std::uint64_t(sections) * kEntryBytes)
            return damaged(format("it cannot have %u parts.", sections));
        bytes.resize(kHeadBytes + sections * kEntryBytes);
        TRY_(m_file.read(kHeadBytes, std::span(bytes).subspan(kHeadBytes)));
        Digest stored;
        TRY_(m_file.read(bytes.size(), std::as_writable_bytes(std::span(stored))));
        if (sha256(bytes) != stored)
            return damaged("the list of its parts does not match its hash.");
        return placeSections(Bytes(bytes).subspan(kHeadBytes), bytes.size() + kDigestBytes);
    }

    Result<> placeSections(Bytes entries, std::uint64_t offset)
    {
        for (; !entries.empty(); entries = entries.subspan(kEntryBytes)) {
            const char *const text = reinterpret_cast<const char *>(entries.data());
            const std::string tag(text, std::find(text, text + kTagBytes, '\0'));
            Place place{offset, wide(entries.subspan(kTagBytes)), {}};
            std::memcpy(place.digest.data(), entries.data() + kTagBytes + 8, kDigestBytes);
            if (place.bytes > m_file.bytes() - offset)
                return damaged(format("its part “%s” does not fit into the file.", printable(tag).c_str()));
            offset += place.bytes;
            if (!m_places.emplace(tag, place).second)
                return damaged(format("it has two parts “%s”.", printable(tag).c_str()));
        }
        if (offset != m_file.bytes())
            return damaged("it goes on after its last part.");
        return {};
    }

    InputFile m_file;
    std::map<std::string, Place> m_places;
};

std::string member(const Json &json, std::string_view key)
{
    const Json *const found = json.find(key);
    return found ? found->stringOr("") : "";
}

Result<Manifest> readDescription(const Reader &reader, Bundle &bundle, std::int64_t &tokens)
{
    TRY(const std::vector<std::byte> bytes, reader.section(kDescription, kMostDescriptionBytes, false));
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    TRY(const Json json, Json::parse(text));
    const Json *const model = json.find("model");
    tokens = json.find("tokens") ? json.find("tokens")->integerOr(-1) : -1;
    if (!model || tokens < 0 || std::uint64_t(tokens) > kMostTokenBytes / sizeof(TokenId))
        return reader.damaged("its description lacks the model or the number of tokens.");
    bundle.name = member(json, "name");
    bundle.image.model = {member(*model, "fingerprint"), member(*model, "architecture"),
                          member(*model, "name"), member(*model, "tokenizer"),
                          member(*model, "numeric_profile")};
    return Manifest::fromJson(member(json, "manifest"));
}

} // namespace

Result<> writeBundle(const std::filesystem::path &path, const SnapshotImage &image, std::string_view name)
{
    const Manifest manifest = Manifest::of(image);
    const std::string description = describe(image, manifest, name).dump();
    const std::vector<std::byte> sampler = image.sampler.serialize();
    const std::vector<std::byte> tokens = littleEndianTokens(image.tokens);

    std::vector<Section> sections{{kDescription, {std::as_bytes(std::span(description))}},
                                  {kSampler, {sampler}}};
    const std::size_t streams = sections.size();
    for (int stream = 0; stream < manifest.streams; ++stream)
        sections.push_back({streamTag(stream), {}});
    sections[streams + kTokenStream].pieces = {tokens};
    const auto packed = manifest.packed(image);
    for (std::size_t i = 0; i < packed.size(); ++i)
        sections[streams + std::size_t(manifest.tensors[i].stream)].pieces.emplace_back(*packed[i]);

    const bool exact = image.stored.form == StateForm::Exact;
    const std::vector<std::byte> start = head(sections, exact ? kVersion : kRoundedVersion);
    std::vector<Bytes> pieces{start};
    for (const Section &section : sections)
        pieces.insert(pieces.end(), section.pieces.begin(), section.pieces.end());
    return writeFileAtomically(path, pieces);
}

Result<Bundle> readBundle(const std::filesystem::path &path)
{
    TRY(const Reader reader, Reader::open(path));
    Bundle bundle;
    std::int64_t tokens = 0;
    auto described = readDescription(reader, bundle, tokens);
    if (!described)
        return std::move(described).error().during(reader.shown());
    const Manifest manifest = std::move(described).value();
    bundle.image.stored = manifest.stored;

    TRY(const std::vector<std::byte> sampler, reader.section(kSampler, kMostSamplerBytes, false));
    TRY(bundle.image.sampler, SamplerState::deserialize(sampler));
    TRY(const std::vector<std::byte> ids,
        reader.section(streamTag(kTokenStream), std::uint64_t(tokens) * sizeof(TokenId), true));
    bundle.image.tokens = tokensFromLittleEndian(ids);

    std::uint64_t fixedBytes = 0;
    for (const TensorPlace &place : manifest.tensors)
        fixedBytes += place.stream == kFixedStream ? place.bytes : 0;
    TRY(const std::vector<std::byte> fixed, reader.section(streamTag(kFixedStream), fixedBytes, true));
    const Digest content = sha256(fixed);
    bundle.image.beginning = manifest.stored.form == StateForm::Exact
                                 ? manifest.beginning
                                 : beginningAfter(manifest, std::as_bytes(std::span(content)));
    for (const TensorPlace &place : manifest.tensors) {
        auto bytes = std::make_shared<std::vector<std::byte>>();
        if (place.stream == kFixedStream) {
            const Bytes own = Bytes(fixed).subspan(std::size_t(place.offset), std::size_t(place.bytes));
            bytes->assign(own.begin(), own.end());
        } else {
            TRY(*bytes, reader.section(streamTag(place.stream), place.bytes, true));
        }
        if (isRounded(place.spec, manifest.stored.form))
            *bytes = unpack(*bytes, place.spec, manifest.stored.form);
        bundle.image.state.push_back({place.spec, std::move(bytes)});
    }
    return bundle;
}

} // namespace volary
