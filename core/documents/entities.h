// Character references of HTML: "&amp;", "&#8212;", "&#x2014;".
#pragma once

#include <string>
#include <string_view>

namespace volary {

// Names that are not known, and an "&" that begins none, stay as they are.
void appendDecoded(std::string &to, std::string_view text);

} // namespace volary
