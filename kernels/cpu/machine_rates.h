// What this machine can do at best, measured: the limits that speeds are compared with.
#pragma once

namespace volary::cpu {

struct MachineRates {
    double readGbPerSecond = 0; // summing a buffer far larger than the caches, all threads
    double copyGbPerSecond = 0; // memcpy of the same, bytes read plus bytes written
    double floatTflopPerSecond =
        0; // multiply-adds of float32 vectors in registers, all threads, two operations each
};

// Takes about a second. `threads` of 0 is one per physical core.
MachineRates measureMachine(int threads = 0);

} // namespace volary::cpu
