#include "kernels/reference/ops.h"

namespace volary::reference {

namespace {

template <typename Operation>
void forAll(const ElementwiseArgs &p, Operation operation)
{
    const auto width = std::size_t(p.width);
    for (std::size_t t = 0; t < std::size_t(p.rows); ++t) {
        const float *b = p.b + (p.broadcast ? 0 : t * width);
        for (std::size_t c = 0; c < width; ++c)
            p.out[t * width + c] = float(operation(double(p.a[t * width + c]), double(b[c])));
    }
}

} // namespace

void add(const ElementwiseArgs &p, Parallel &)
{
    forAll(p, [](double a, double b) { return a + b; });
}

void mul(const ElementwiseArgs &p, Parallel &)
{
    forAll(p, [](double a, double b) { return a * b; });
}

} // namespace volary::reference
