// Small text helpers for messages: the core knows neither Qt nor <format> (gcc 12 has none).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace volary {

// printf into a string. The compiler checks the arguments against the format.
[[gnu::format(printf, 1, 2)]] std::string format(const char *pattern, ...);

// "1.5 GiB", "811.0 KiB", "12 bytes": for people, so binary units and at most one decimal.
std::string formatBytes(std::uint64_t bytes);

// 25159192 -> "25,159,192".
std::string formatCount(std::uint64_t count);

// Makes text from a file safe to show in a message: control characters, bidi marks and invalid UTF-8 become
// escapes, anything longer than maxBytes is cut with "...".
std::string printable(std::string_view text, std::size_t maxBytes = 120);

// True when the bytes are valid UTF-8 (no surrogates, no overlong forms).
bool isValidUtf8(std::string_view bytes);

} // namespace volary
