// Random numbers for tests: fresh on every run, repeatable through VOLARY_TEST_SEED.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace volary::test {

// Printed once, so that a failure can be repeated.
inline std::uint64_t seed()
{
    static const std::uint64_t value = [] {
        const char *given = std::getenv("VOLARY_TEST_SEED");
        const std::uint64_t chosen = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        std::printf("VOLARY_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
        return chosen;
    }();
    return value;
}

inline std::mt19937_64 &generator()
{
    static std::mt19937_64 engine(seed());
    return engine;
}

inline std::vector<float> normals(std::size_t count, float deviation = 1)
{
    std::normal_distribution<float> distribution(0, deviation);
    std::vector<float> numbers(count);
    for (float &number : numbers)
        number = distribution(generator());
    return numbers;
}

inline std::vector<float> uniforms(std::size_t count, float low, float high)
{
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> numbers(count);
    for (float &number : numbers)
        number = distribution(generator());
    return numbers;
}

// low .. high, both included
inline int integer(int low, int high)
{
    return std::uniform_int_distribution<int>(low, high)(generator());
}

} // namespace volary::test
