// The exponential function, with the same bits on every machine.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace volary {

// e^x for x <= 0, within two units in the last place; 0 below e^-700. The libraries of different systems
// round exp differently, and one bit can change a draw: so only IEEE additions and multiplications in a fixed
// order here. Must be compiled without contraction to fused multiply-add.
inline double reproducibleExp(double x)
{
    constexpr double kSmallest = -700;
    constexpr double kLog2e = 1.4426950408889634;
    constexpr double kLn2High = 0.693147180369123816490; // 33 significant bits: its products below are exact
    constexpr double kLn2Low = 1.90821492927058770002e-10;
    constexpr double kRoundToInteger = 6755399441055744.0; // 1.5 * 2^52
    if (!(x > kSmallest))
        return 0;

    const double n = (x * kLog2e + kRoundToInteger) - kRoundToInteger;
    const double r = (x - n * kLn2High) - n * kLn2Low; // |r| <= ln 2 / 2

    // The Taylor series: its 14th term is below 2^-57.
    constexpr std::array kInverseFactorials{1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                            1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                            1.0 / 120,        1.0 / 24,        1.0 / 6,        1.0 / 2};
    double sum = 0;
    for (const double coefficient : kInverseFactorials)
        sum = sum * r + coefficient;
    const double mantissa = 1 + (r + r * r * sum);
    return mantissa *
           std::bit_cast<double>(static_cast<std::uint64_t>(1023 + static_cast<std::int64_t>(n)) << 52);
}

} // namespace volary
