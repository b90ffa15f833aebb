// VOLARY_CHECK(condition, message): stops the program when one of our own invariants is broken, in release
// builds too. Never use it for something that a file, a device or a user can cause; that is an Error
// (result.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace volary::detail {

[[noreturn]] inline void checkFailed(const char *condition, const char *message, const char *file, int line)
{
    std::fprintf(stderr, "volary: %s:%d: broken invariant: %s (%s)\n", file, line, message, condition);
    std::abort();
}

} // namespace volary::detail

#define VOLARY_CHECK(condition, message)                                                                     \
    ((condition) ? static_cast<void>(0)                                                                      \
                 : ::volary::detail::checkFailed(#condition, message, __FILE__, __LINE__))
