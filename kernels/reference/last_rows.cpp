#include "kernels/reference/ops.h"

#include <algorithm>

namespace volary::reference {

void lastRows(const LastRowsArgs &p, Parallel &)
{
    const auto width = std::size_t(p.width);
    for (int b = 0; b < p.map.sequences; ++b) {
        const std::size_t last = std::size_t(p.map.firstRow[b + 1]) - 1;
        std::copy_n(p.x + last * width, width, p.out + std::size_t(b) * width);
    }
}

} // namespace volary::reference
