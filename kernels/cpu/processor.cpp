#include "kernels/cpu/processor.h"

#include <hwy/targets.h>

#include <fstream>
#include <sched.h>
#include <set>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace volary::cpu {

namespace {

std::string modelName()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        const auto colon = line.find(": ");
        if (!line.starts_with("model name") || colon == std::string::npos)
            continue;
        std::istringstream words(line.substr(colon + 2));
        std::string name;
        for (std::string word; words >> word;) // some names are padded with spaces
            name += (name.empty() ? "" : " ") + word;
        return name;
    }
    return "CPU";
}

// Two hardware threads of one core share its vector units, so a second one there only adds waiting.
int usableCores()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return int(std::max(1u, std::thread::hardware_concurrency()));
    std::set<std::pair<int, int>> cores; // package and core
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed))
            continue;
        const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
        int package = 0, core = cpu;
        std::ifstream(topology + "physical_package_id") >> package;
        if (!(std::ifstream(topology + "core_id") >> core))
            core = cpu;
        cores.emplace(package, core);
    }
    return std::max(1, int(cores.size()));
}

} // namespace

Processor describeProcessor()
{
    const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS; // here, and compiled in
    const std::int64_t best = usable & -usable;                        // the lowest bit is the best target
    return {
        .name = modelName(),
        .instructionSet = hwy::TargetName(best),
        .cores = usableCores(),
        .memoryBytes = std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGE_SIZE)),
    };
}

} // namespace volary::cpu
