// The launches of a plan: which shader, with what arguments, how many workgroups.
#pragma once

#include "kernels/gpu/run_block.h"
#include "kernels/gpu/schedule.h"
#include "kernels/vulkan/launch_args.h"
#include "kernels/vulkan/pipelines.h"

#include <array>
#include <string>
#include <vector>

namespace volary::vulkan {

constexpr gpu::LaunchLimits kLimits{.products = ProductsArgs::kMaxProducts,
                                    .epilogues = ProductArgs::kMaxEpilogues,
                                    .steps = StepsArgs::kMaxSteps,
                                    .outsides = StepsArgs::kMaxOutsides,
                                    .slice = StepsArgs::kMaxSlice,
                                    .recurrences = true};

// Products of so many rows are made in tiles that share what they fetch.
constexpr int kManyRows = 16;

struct Dispatch {
    std::string shader;
    Constants constants{};
    std::uint32_t groups[3] = {1, 1, 1};
    std::size_t arguments; // where they begin in Launches::arguments
    std::array<std::uint32_t, PushedArgs::kMaxProducts> firstGroups{}; // of products, see PushedArgs
};

struct Launches {
    std::vector<Dispatch> dispatches; // each after the one before
    std::vector<std::byte> arguments;
};

// Where the parts of a run lie on the device.
struct Places {
    Address arena, block;
    Address arguments; // of what is being made
};

Launches launchesOf(const Plan &plan, const gpu::Schedule &schedule, const gpu::RunBlock &block,
                    const Places &places);

// Bytes of Launches::arguments, before the places are known.
std::size_t argumentBytes(const Plan &plan, const gpu::Schedule &schedule, const gpu::RunBlock &block);

} // namespace volary::vulkan
