// The random stream of a sampler: xoshiro256**, seeded by splitmix64 (Blackman and Vigna, 2018; public
// domain).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace volary {

using RandomState = std::array<std::uint64_t, 4>; // never all zero

inline RandomState seededRandom(std::uint64_t seed)
{
    RandomState state;
    for (std::uint64_t &word : state) {
        seed += 0x9E3779B97F4A7C15;
        word = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        word ^= word >> 31;
    }
    return state;
}

inline std::uint64_t nextRandom(RandomState &state)
{
    const std::uint64_t result = std::rotl(state[1] * 5, 7) * 9;
    const std::uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = std::rotl(state[3], 45);
    return result;
}

// In [0, 1), 53 bits.
inline double nextUniform(RandomState &state)
{
    return static_cast<double>(nextRandom(state) >> 11) * 0x1p-53;
}

} // namespace volary
