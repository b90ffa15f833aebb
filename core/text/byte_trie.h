// Longest-match dictionary over byte strings, in three flat arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace volary {

// Nodes are numbered in breadth-first order, so the children of a node are neighbours and edge e leads to
// node e + 1: no child pointers are stored. Immutable after construction.
class ByteTrie {
public:
    struct Entry {
        std::string_view bytes; // not empty, distinct
        std::int32_t value;     // not negative
    };

    struct Match {
        std::int32_t value;
        std::size_t bytes; // 0: no entry is a prefix of the text
    };

    // Keeps nothing of `entries`.
    explicit ByteTrie(std::vector<Entry> entries);

    // The longest entry that `text` begins with.
    Match longestPrefix(std::string_view text) const;

private:
    std::uint32_t child(std::uint32_t node, unsigned char byte) const; // 0 (the root) when there is none

    std::vector<std::uint32_t> m_firstEdge; // per node, and one more at the end
    std::vector<unsigned char> m_label;     // per edge, ascending within a node
    std::vector<std::int32_t> m_value;      // per node; negative where no entry ends
};

} // namespace volary
