// What tells two vocabularies apart.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace volary {

// SHA-256 over the kind and, in order of ids, the length and the bytes of every token; in hexadecimal.
std::string tokenIdentity(std::string_view kind, std::span<const std::string> tokens);

} // namespace volary
