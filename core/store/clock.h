// The time of day for the library's rows.
#pragma once

#include <chrono>
#include <cstdint>

namespace volary {

// Unix time. Shown to people only: clocks jump, so nothing is ever ordered by it.
inline std::int64_t nowMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace volary
