// The devices this program can use, and why it cannot use others.
#pragma once

#include "core/base/result.h"
#include "core/tensor/backend.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace volary {

struct DeviceChoice {
    Device device;
    std::string unusable; // empty when it can be used, else the reason for people
};

// Every backend there is, the preferred one first.
std::vector<DeviceChoice> listDevices();

// `name` as in Device::backend, or "auto" for the preferred one that is usable. `threads` of 0 is the
// backend's choice.
Result<std::unique_ptr<Backend>> makeBackend(std::string_view name, int threads = 0);

// Takes about a second. `name` and `threads` as for makeBackend.
Result<DeviceRates> measureDevice(std::string_view name, int threads = 0);

} // namespace volary
