// The shaders as SPIR-V, compiled with the program (CMakeLists.txt).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace volary::vulkan {

// Empty where there is no such shader.
std::span<const std::uint32_t> shaderNamed(std::string_view name);

} // namespace volary::vulkan
