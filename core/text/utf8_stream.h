// Turns bytes that arrive in pieces into text, never splitting a character.
#pragma once

#include <string>
#include <string_view>

namespace volary {

// Malformed input becomes U+FFFD, one per maximal subpart (WHATWG Encoding, "decode"; Unicode 15,
// section 3.9).
class Utf8Stream {
public:
    // The text that is complete after these bytes. Up to three bytes of an unfinished character stay pending.
    std::string push(std::string_view bytes);

    // At the end: what is still pending becomes U+FFFD.
    std::string flush();

    const std::string &pending() const { return m_pending; } // part of a snapshot

private:
    std::string m_pending;
};

} // namespace volary
