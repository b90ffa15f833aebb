// Tokens and how likely they are, as people can read them.
#pragma once

#include <QString>

#include <string_view>

namespace volary::ui {

// "·the", "↵", "\\xe2"; "end" for a token that stands for no text.
QString visibleToken(std::string_view bytes);

// The same for running text, where spaces are spaces.
QString readableToken(std::string_view bytes);

// Between quotes, those inside it doubled (RFC 4180).
QString quotedForCsv(QString text);

// "12.34 %", and "1 in 75,188" where a percentage would be all zeros.
QString probabilityText(double probability);

} // namespace volary::ui
