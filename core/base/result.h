// What a fallible function returns: a value, or the reason why there is none.
//
// One rule decides between the two kinds of failure. What a user can cause or see (a damaged file, a full
// disk, no memory on the device, a cancel) travels as an Error inside a Result. A mistake of ours (a wrong
// index, a broken invariant) stops the program through VOLARY_CHECK in check.h. Nothing in Volary throws.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace volary {

enum class ErrorCode {
    NotFound,
    Corrupt,
    Unsupported,
    Mismatch,
    OutOfMemory,
    DeviceLost,
    Io,
    Busy,
    Cancelled,
    Invalid
};

// Written for the person at the screen: `what` happened, with the names and numbers involved, and the
// `remedy`, what they can do next (empty when nothing can be done). No codes, no blame.
struct [[nodiscard]] Error {
    ErrorCode code;
    std::string what;
    std::string remedy;

    // Names the larger task on the way up: "opening goose.pth: tensor emb.weight is missing".
    Error during(std::string_view task) &&
    {
        what.insert(0, ": ").insert(0, task);
        return std::move(*this);
    }
};

// Either a T or an Error. Result<> stands for a function that has nothing to return.
template <typename T = std::monostate>
class [[nodiscard]] Result {
public:
    using Value = T;

    Result() requires std::is_same_v<T, std::monostate>
    = default;
    template <typename U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>) Result(U &&value)
        : m_state(std::in_place_index<0>, std::forward<U>(value))
    {}
    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return m_state.index() == 0; }

    // Requires a value (or an error): asking for the other one is a mistake of ours and throws
    // bad_variant_access.
    T &value() & { return std::get<0>(m_state); }
    const T &value() const & { return std::get<0>(m_state); }
    T &&value() && { return std::get<0>(std::move(m_state)); }
    const Error &error() const & { return std::get<1>(m_state); }
    Error &&error() && { return std::get<1>(std::move(m_state)); }

private:
    std::variant<T, Error> m_state;
};

} // namespace volary

#define VOLARY_JOIN_(a, b) a##b
#define VOLARY_JOIN(a, b) VOLARY_JOIN_(a, b)

// TRY(const auto size, fileSize(path));   declares `size`, or returns the error to our caller
// TRY_(writeHeader(file));                the same where there is nothing to declare
#define VOLARY_TRY_(outcome, declaration, expression)                                                        \
    auto outcome = (expression);                                                                             \
    if (!outcome)                                                                                            \
        return std::move(outcome).error();                                                                   \
    declaration = std::move(outcome).value()
#define TRY(declaration, expression) VOLARY_TRY_(VOLARY_JOIN(outcome_, __COUNTER__), declaration, expression)
#define TRY_(expression)                                                                                     \
    do {                                                                                                     \
        if (auto outcome_ = (expression); !outcome_)                                                         \
            return std::move(outcome_).error();                                                              \
    } while (false)
