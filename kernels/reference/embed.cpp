#include "kernels/reference/ops.h"
#include "kernels/reference/weight.h"

#include <algorithm>

namespace volary::reference {

void embed(const EmbedArgs &p, Parallel &)
{
    const auto width = std::size_t(p.table.inputs);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        std::ranges::copy(weightRow(p.table, std::size_t(p.tokens[t])), p.out + t * width);
    }
}

} // namespace volary::reference
