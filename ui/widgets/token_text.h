// Tokens as people can read them.
#pragma once

#include <QString>

#include <string_view>

namespace volary::ui {

// "·the", "↵", "\\xe2"; "end" for a token that stands for no text.
QString visibleToken(std::string_view bytes);

// The same for running text, where spaces are spaces.
QString readableToken(std::string_view bytes);

} // namespace volary::ui
