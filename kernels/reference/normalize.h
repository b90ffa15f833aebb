// Normalising one group of numbers, for layerNorm and groupNorm.
#pragma once

#include <cmath>

namespace volary::reference {

// out = (x - mean) / sqrt(population variance + epsilon) * scale + shift, over n numbers.
inline void normalize(const float *x, const float *scale, const float *shift, float *out, int n,
                      double epsilon)
{
    double mean = 0;
    for (int i = 0; i < n; ++i)
        mean += x[i];
    mean /= n;
    double variance = 0;
    for (int i = 0; i < n; ++i)
        variance += (x[i] - mean) * (x[i] - mean);
    variance /= n;
    const double factor = 1 / std::sqrt(variance + epsilon);
    for (int i = 0; i < n; ++i)
        out[i] = float((x[i] - mean) * factor * scale[i] + shift[i]);
}

} // namespace volary::reference
