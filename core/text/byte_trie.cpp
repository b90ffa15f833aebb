#include "core/text/byte_trie.h"

#include "core/base/check.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::int32_t kNoValue = -1;

// The entries below one node: they share their first `depth` bytes.
struct Subtree {
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
};

} // namespace

ByteTrie::ByteTrie(std::vector<Entry> entries)
{
    std::sort(entries.begin(), entries.end(),
              [](const Entry &a, const Entry &b) { return a.bytes < b.bytes; });

    std::vector<Subtree> nodes{{0, entries.size(), 0}};
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        auto [begin, end, depth] = nodes[node];
        m_firstEdge.push_back(static_cast<std::uint32_t>(m_label.size()));
        m_value.push_back(kNoValue);
        if (begin < end && entries[begin].bytes.size() == depth) {
            VOLARY_CHECK(depth > 0 && entries[begin].value >= 0, "an entry is empty or has a negative value");
            m_value.back() = entries[begin++].value;
        }
        while (begin < end) {
            VOLARY_CHECK(entries[begin].bytes.size() > depth, "two entries are equal");
            const char label = entries[begin].bytes[depth];
            const auto next =
                std::find_if(entries.begin() + std::ptrdiff_t(begin), entries.begin() + std::ptrdiff_t(end),
                             [=](const Entry &entry) { return entry.bytes[depth] != label; });
            const auto groupEnd = static_cast<std::size_t>(next - entries.begin());
            m_label.push_back(static_cast<unsigned char>(label));
            nodes.push_back({begin, groupEnd, depth + 1});
            begin = groupEnd;
        }
    }
    m_firstEdge.push_back(static_cast<std::uint32_t>(m_label.size()));
}

std::uint32_t ByteTrie::child(std::uint32_t node, unsigned char byte) const
{
    const auto begin = m_label.begin() + m_firstEdge[node];
    const auto end = m_label.begin() + m_firstEdge[node + 1];
    const auto edge = std::lower_bound(begin, end, byte);
    return edge == end || *edge != byte ? 0 : static_cast<std::uint32_t>(edge - m_label.begin()) + 1;
}

ByteTrie::Match ByteTrie::longestPrefix(std::string_view text) const
{
    Match longest{kNoValue, 0};
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        node = child(node, static_cast<unsigned char>(text[i]));
        if (node == 0)
            break;
        if (m_value[node] != kNoValue)
            longest = {m_value[node], i + 1};
    }
    return longest;
}

} // namespace volary
