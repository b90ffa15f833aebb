#include "kernels/reference/ops.h"
#include "kernels/reference/weight.h"

namespace volary::reference {

void embed(const EmbedArgs &p, Parallel &)
{
    const auto width = std::size_t(p.table.inputs);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        for (std::size_t c = 0; c < width; ++c)
            p.out[t * width + c] = float(weightAt(p.table, std::size_t(p.tokens[t]), c));
    }
}

} // namespace volary::reference
