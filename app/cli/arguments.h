// The command line, parsed.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volary::cli {

struct Option {
    std::string_view name;  // without the dashes
    std::string_view value; // how the value is named in the help; empty: a switch
    std::string_view help;
};

// What a command was given. Options may stand anywhere; "--" ends them; "--name=value" works too.
class Arguments {
public:
    // Errors are wrong usage: an unknown option, a missing value, too many or too few words.
    static Result<Arguments> parse(std::span<const std::string> words, std::span<const Option> options);

    const std::vector<std::string> &positional() const { return m_positional; }
    bool has(std::string_view name) const { return m_values.contains(name); }
    std::optional<std::string> text(std::string_view name) const; // the last one given
    std::vector<std::string> all(std::string_view name) const;

    // Refuse what is no number, or lies outside low .. high, naming the option.
    Result<std::int64_t> integer(std::string_view name, std::int64_t otherwise, std::int64_t low,
                                 std::int64_t high) const;
    Result<double> number(std::string_view name, double otherwise) const;
    Result<std::vector<int>> integers(std::string_view name, std::vector<int> otherwise) const; // "512,4096"

private:
    std::vector<std::string> m_positional;
    std::map<std::string, std::vector<std::string>, std::less<>> m_values;
};

} // namespace volary::cli
