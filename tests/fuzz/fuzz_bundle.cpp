// Shared snapshots: hashes are made to fit first, or no input would get past them.
#include "../store/resealed_bundle.h"
#include "core/base/check.h"
#include "core/store/bundle.h"

#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto given = std::as_bytes(std::span(data, size));
    std::vector<std::byte> bytes(given.begin(), given.end());
    volary::test::resealBundle(bytes);
    const int memory = ::memfd_create("volary-fuzz", MFD_CLOEXEC);
    VOLARY_CHECK(memory >= 0, "the system provides files in memory");
    VOLARY_CHECK(::write(memory, bytes.data(), bytes.size()) == ssize_t(bytes.size()),
                 "memory takes all bytes");
    const auto bundle = volary::readBundle("/proc/self/fd/" + std::to_string(memory));
    if (bundle) {
        std::size_t total = 0;
        for (const volary::TensorImage &tensor : bundle.value().image.state)
            total += tensor.bytes->size();
        VOLARY_CHECK(total <= size, "a state holds no more than its file");
    } else {
        VOLARY_CHECK(!bundle.error().what.empty(), "a refusal says why");
    }
    ::close(memory);
    return 0;
}
