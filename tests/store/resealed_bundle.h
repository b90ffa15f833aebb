// Damaged bundles whose hashes agree with the damage, as a malicious sender would make them.
#pragma once

#include "core/base/sha256.h"

#include <cstring>
#include <span>
#include <vector>

namespace volary::test {

inline constexpr std::size_t kBundleHead = 20; // magic, version, number of sections
inline constexpr std::size_t kBundleEntry = 56;
inline constexpr std::size_t kBundleLength = 16; // of an entry: where its length stands
inline constexpr std::size_t kBundleDigest = 24; // of an entry: where its hash stands

inline void putDigest(std::span<std::byte> to, std::span<const std::byte> of)
{
    const Digest digest = sha256(of);
    std::memcpy(to.data(), digest.data(), digest.size());
}

// Writes the hashes that the bytes ask for, as far as the table of sections makes sense.
inline void resealBundle(std::vector<std::byte> &bundle)
{
    if (bundle.size() < kBundleHead)
        return;
    std::uint32_t sections = 0;
    std::memcpy(&sections, bundle.data() + kBundleHead - 4, 4);
    if (sections > (bundle.size() - kBundleHead) / kBundleEntry)
        return;
    const std::size_t tableEnd = kBundleHead + sections * kBundleEntry;
    if (bundle.size() - tableEnd < sizeof(Digest))
        return;
    std::size_t offset = tableEnd + sizeof(Digest);
    for (std::size_t i = 0; i < sections; ++i) {
        std::byte *const entry = bundle.data() + kBundleHead + i * kBundleEntry;
        std::uint64_t length = 0;
        std::memcpy(&length, entry + kBundleLength, 8);
        if (length > bundle.size() - offset)
            break;
        putDigest({entry + kBundleDigest, sizeof(Digest)}, {bundle.data() + offset, std::size_t(length)});
        offset += std::size_t(length);
    }
    putDigest({bundle.data() + tableEnd, sizeof(Digest)}, {bundle.data(), tableEnd});
}

} // namespace volary::test
