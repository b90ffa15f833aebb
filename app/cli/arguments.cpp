#include "app/cli/arguments.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace volary::cli {

namespace {

Error usage(std::string what)
{
    return {ErrorCode::Invalid, std::move(what), "See --help."};
}

template <typename T>
std::optional<T> parseNumber(std::string_view text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

} // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words, std::span<const Option> options)
{
    Arguments arguments;
    bool optionsEnded = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string &word = words[i];
        if (optionsEnded || !word.starts_with("--")) {
            arguments.m_positional.push_back(word);
            continue;
        }
        if (word == "--") {
            optionsEnded = true;
            continue;
        }
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        const auto known = std::ranges::find(options, name, &Option::name);
        if (known == options.end())
            return usage(format("There is no option --%s.", printable(name).c_str()));
        if (known->value.empty()) {
            if (equals != std::string::npos)
                return usage(format("The option --%s takes no value.", name.c_str()));
            arguments.m_values[name].emplace_back();
        } else if (equals != std::string::npos) {
            arguments.m_values[name].push_back(word.substr(equals + 1));
        } else if (i + 1 < words.size()) {
            arguments.m_values[name].push_back(words[++i]);
        } else {
            return usage(format("The option --%s needs a value.", name.c_str()));
        }
    }
    return arguments;
}

std::optional<std::string> Arguments::text(std::string_view name) const
{
    const auto found = m_values.find(name);
    return found == m_values.end() ? std::nullopt : std::optional(found->second.back());
}

std::vector<std::string> Arguments::all(std::string_view name) const
{
    const auto found = m_values.find(name);
    return found == m_values.end() ? std::vector<std::string>() : found->second;
}

Result<std::int64_t> Arguments::integer(std::string_view name, std::int64_t otherwise, std::int64_t low,
                                        std::int64_t high) const
{
    const auto given = text(name);
    if (!given)
        return otherwise;
    const auto value = parseNumber<std::int64_t>(*given);
    if (!value || *value < low || *value > high)
        return usage(format("--%s must be a whole number from %lld to %lld, not “%s”.",
                            std::string(name).c_str(), static_cast<long long>(low),
                            static_cast<long long>(high), printable(*given).c_str()));
    return *value;
}

Result<double> Arguments::number(std::string_view name, double otherwise) const
{
    const auto given = text(name);
    if (!given)
        return otherwise;
    const auto value = parseNumber<double>(*given);
    if (!value)
        return usage(
            format("--%s must be a number, not “%s”.", std::string(name).c_str(), printable(*given).c_str()));
    return *value;
}

Result<std::vector<int>> Arguments::integers(std::string_view name, std::vector<int> otherwise) const
{
    const auto given = text(name);
    if (!given)
        return otherwise;
    std::vector<int> numbers;
    std::string_view rest = *given;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        const auto value = parseNumber<int>(word);
        if (!value || *value < 1)
            return usage(format("--%s must be positive whole numbers with commas between them, not “%s”.",
                                std::string(name).c_str(), printable(*given).c_str()));
        numbers.push_back(*value);
    }
    return numbers;
}

} // namespace volary::cli
