#include "core/session/sampler.h"

#include <bit>

namespace volary {

namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 4 + 6 * 8 + 4 + 8 + 4 * 8 + 4;
constexpr std::size_t kOccurrenceBytes = 4 + 8;
constexpr double kMostOccurrences = 0x1p53; // where adding 1 ends; keeps every penalty finite

// Little-endian whatever the machine.
class Writer {
public:
    void unsignedInteger(std::uint64_t value, int bytes)
    {
        for (int i = 0; i < bytes; ++i)
            m_bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    void number(double value) { unsignedInteger(std::bit_cast<std::uint64_t>(value), 8); }
    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

// The caller has checked that enough bytes are there.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : m_rest(bytes) {}

    std::uint64_t unsignedInteger(int bytes)
    {
        std::uint64_t value = 0;
        for (int i = 0; i < bytes; ++i)
            value |= std::to_integer<std::uint64_t>(m_rest[std::size_t(i)]) << (8 * i);
        m_rest = m_rest.subspan(std::size_t(bytes));
        return value;
    }
    std::int32_t integer()
    {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(unsignedInteger(4)));
    }
    double number() { return std::bit_cast<double>(unsignedInteger(8)); }

private:
    std::span<const std::byte> m_rest;
};

Error corrupt(std::string what)
{
    return {ErrorCode::Corrupt, "The saved sampler state is damaged: " + std::move(what) + ".", ""};
}

constexpr std::array kNumbers{&SamplerSettings::temperature,
                              &SamplerSettings::topP,
                              &SamplerSettings::minP,
                              &SamplerSettings::presencePenalty,
                              &SamplerSettings::frequencyPenalty,
                              &SamplerSettings::penaltyDecay};

Result<> readOccurrences(Reader &reader, std::size_t count, std::map<TokenId, double> &to)
{
    TokenId previous = -1;
    for (std::size_t i = 0; i < count; ++i) {
        const TokenId token = reader.integer();
        const double occurrences = reader.number();
        if (token <= previous)
            return corrupt("its tokens are not in order");
        if (!(occurrences >= 0 && occurrences <= kMostOccurrences))
            return corrupt("a count is negative, too large or not a number");
        to.emplace_hint(to.end(), token, occurrences);
        previous = token;
    }
    return {};
}

} // namespace

// version u32 | six numbers f64 | topK i32 | seed u64 | random 4 x u64 | count u32 | count x (token i32, f64)
std::vector<std::byte> SamplerState::serialize() const
{
    Writer writer;
    writer.unsignedInteger(kVersion, 4);
    for (const auto number : kNumbers)
        writer.number(settings.*number);
    writer.unsignedInteger(static_cast<std::uint32_t>(settings.topK), 4);
    writer.unsignedInteger(settings.seed, 8);
    for (const std::uint64_t word : random)
        writer.unsignedInteger(word, 8);
    writer.unsignedInteger(occurrences.size(), 4);
    for (const auto &[token, count] : occurrences) {
        writer.unsignedInteger(static_cast<std::uint32_t>(token), 4);
        writer.number(count);
    }
    return writer.take();
}

Result<SamplerState> SamplerState::deserialize(std::span<const std::byte> bytes)
{
    if (bytes.size() < kHeaderBytes)
        return corrupt("it is too short");
    Reader reader(bytes);
    if (reader.unsignedInteger(4) != kVersion)
        return Error{ErrorCode::Unsupported, "The sampler state was saved by another version of Volary.",
                     "Open it with a newer version."};
    SamplerState state;
    for (const auto number : kNumbers)
        state.settings.*number = reader.number();
    state.settings.topK = reader.integer();
    state.settings.seed = reader.unsignedInteger(8);
    TRY_(state.settings.validate());
    for (std::uint64_t &word : state.random)
        word = reader.unsignedInteger(8);
    if (state.random == std::array<std::uint64_t, 4>{})
        return corrupt("its random stream is all zero");
    const auto count = static_cast<std::size_t>(reader.unsignedInteger(4));
    if ((bytes.size() - kHeaderBytes) / kOccurrenceBytes != count ||
        (bytes.size() - kHeaderBytes) % kOccurrenceBytes != 0)
        return corrupt("its length does not fit its count of tokens");
    TRY_(readOccurrences(reader, count, state.occurrences));
    return state;
}

} // namespace volary
