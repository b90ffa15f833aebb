// Text that streams in pieces: however the bytes are cut, the same valid UTF-8 comes out.
#include "core/base/check.h"
#include "core/text/utf8_scan.h"
#include "core/text/utf8_stream.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace {

using volary::Utf8Stream;

constexpr std::size_t kLongestPending = 3; // a character of four bytes without its last

bool isAllCharacters(std::string_view text)
{
    while (!text.empty()) {
        const volary::Utf8Unit unit = volary::scanUtf8(text);
        if (unit.kind != volary::Utf8Kind::Character)
            return false;
        text.remove_prefix(unit.bytes);
    }
    return true;
}

// Pieces of 0 to 7 bytes, drawn from `seed`.
std::string decodedInPieces(std::string_view bytes, std::uint32_t seed)
{
    std::minstd_rand cuts(seed);
    Utf8Stream stream;
    std::string text;
    while (!bytes.empty()) {
        const std::string_view cut = bytes.substr(0, cuts() % 8);
        const std::string shown = stream.push(cut);
        VOLARY_CHECK(stream.pending().size() <= kLongestPending, "only an unfinished character is held back");
        VOLARY_CHECK(isAllCharacters(shown), "what is shown is valid at every moment");
        text += shown;
        bytes.remove_prefix(cut.size());
    }
    return text + stream.flush();
}

} // namespace

// The first byte chooses the cuts, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);

    Utf8Stream stream;
    std::string atOnce = stream.push(bytes);
    atOnce += stream.flush();

    VOLARY_CHECK(stream.pending().empty(), "nothing stays behind");
    VOLARY_CHECK(!isAllCharacters(bytes) || atOnce == bytes, "valid text is passed on unchanged");
    VOLARY_CHECK(decodedInPieces(bytes, data[0]) == atOnce, "the cuts do not show");
    return 0;
}
