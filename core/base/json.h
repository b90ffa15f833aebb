// JSON, strict and bounded: for headers of model files, configuration files and values in the library.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace volary {

struct JsonLimits {
    int depth = 64;
    std::size_t nodes = 4'000'000; // values of any kind
};

// A JSON value. Integers that fit in 64 bits stay exact; other numbers are doubles.
class Json {
public:
    using Array = std::vector<Json>;
    using Object = std::map<std::string, Json, std::less<>>;

    Json() = default; // null
    Json(bool value) : m_value(value) {}
    Json(std::int64_t value) : m_value(value) {}
    Json(int value) : m_value(std::int64_t(value)) {}
    Json(double value) : m_value(value) {}
    Json(std::string value) : m_value(std::move(value)) {}
    Json(std::string_view value) : m_value(std::string(value)) {}
    Json(const char *value) : m_value(std::string(value)) {}
    Json(Array value) : m_value(std::move(value)) {}
    Json(Object value) : m_value(std::move(value)) {}

    // RFC 8259, nothing more: no comments, no trailing commas, valid UTF-8, no lone surrogates, no duplicate
    // keys, no bytes after the value but white space. Errors give the byte offset.
    static Result<Json> parse(std::string_view text, const JsonLimits &limits = {});

    // Null when the value is of another kind.
    const bool *boolean() const { return std::get_if<bool>(&m_value); }
    const std::int64_t *integer() const { return std::get_if<std::int64_t>(&m_value); }
    const std::string *string() const { return std::get_if<std::string>(&m_value); }
    const Array *array() const { return std::get_if<Array>(&m_value); }
    const Object *object() const { return std::get_if<Object>(&m_value); }
    bool isNull() const { return std::holds_alternative<std::monostate>(m_value); }
    bool isNumber() const { return integer() || std::holds_alternative<double>(m_value); }

    // A member of an object, or null when there is none (or this is no object).
    const Json *find(std::string_view key) const;

    // With a default when the value is of another kind; integers convert to double.
    double number(double otherwise = 0) const;
    std::int64_t integerOr(std::int64_t otherwise) const;
    std::string stringOr(std::string_view otherwise) const;
    bool boolOr(bool otherwise) const;

    // Compact text; doubles are written so that reading gives the same bits, NaN and infinities as null.
    std::string dump() const;
    // The same over several lines, two spaces a level: for files that people read.
    std::string dumpPretty() const;

    bool operator==(const Json &) const = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> m_value;
};

} // namespace volary
