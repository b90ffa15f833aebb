// GGUF: typed metadata, then tensors. Versions 2 and 3, little-endian.
#pragma once

#include "core/io/tensor_file.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace volary {

// A value of the metadata. Whole numbers of any width become std::int64_t, or std::uint64_t where they do not
// fit. An array keeps strings or whole numbers; of other arrays only the length is known.
struct GgufValue {
    using Strings = std::vector<std::string>;
    using Integers = std::vector<std::int64_t>;
    struct Skipped {
        std::uint64_t count;
    };
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, Strings, Integers, Skipped> value;
};

// What a GGUF file says beyond its tensors.
class GgufMetadata {
public:
    explicit GgufMetadata(std::map<std::string, GgufValue, std::less<>> values) : m_values(std::move(values))
    {}

    // Null, or nothing, when the key is missing or of another type.
    const GgufValue *find(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const;
    std::optional<double> number(std::string_view key) const; // whole numbers count
    const std::string *string(std::string_view key) const;
    const GgufValue::Strings *strings(std::string_view key) const;
    const GgufValue::Integers *integers(std::string_view key) const;

private:
    std::map<std::string, GgufValue, std::less<>> m_values;
};

// Null when `file` is of another format.
std::shared_ptr<const GgufMetadata> ggufMetadata(const TensorFile &file);

} // namespace volary
