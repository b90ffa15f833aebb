// The elementwise functions, fused or not. The standard ones of a driver may be wrong in the twelfth bit;
// these are good to about 1e-7, and the same numbers everywhere.

// e^x as 2^n e^r, |r| <= ln(2) / 2 (Cody and Waite, 1980); Taylor's series is cut where its next term no longer
// counts. Neither overflows nor gives numbers too small for a full mantissa.
float exponential(float x)
{
    if (x < -87.0)
        return 0;
    x = min(x, 88.0);
    precise float n = floor(fma(x, 1.44269504, 0.5));
    precise float r = fma(n, -0.693359375, x);
    r = fma(n, 2.12194440e-4, r);
    precise float sum = 1.0 / 5040;
    sum = fma(sum, r, 1.0 / 720);
    sum = fma(sum, r, 1.0 / 120);
    sum = fma(sum, r, 1.0 / 24);
    sum = fma(sum, r, 1.0 / 6);
    sum = fma(sum, r, 0.5);
    sum = fma(sum, r, 1);
    sum = fma(sum, r, 1);
    return sum * uintBitsToFloat(uint(int(n) + 127) << 23);
}

// e^x - 1 for x <= 0, with all its digits where x is small.
float exponentialMinusOne(float x)
{
    if (x < -0.35)
        return exponential(x) - 1;
    precise float sum = 1.0 / 40320;
    sum = fma(sum, x, 1.0 / 5040);
    sum = fma(sum, x, 1.0 / 720);
    sum = fma(sum, x, 1.0 / 120);
    sum = fma(sum, x, 1.0 / 24);
    sum = fma(sum, x, 1.0 / 6);
    sum = fma(sum, x, 0.5);
    sum = fma(sum, x, 1);
    return sum * x;
}

float hyperbolicTangent(float x)
{
    precise float lost = exponentialMinusOne(-2 * abs(x));
    precise float size = -lost / (lost + 2);
    return x < 0 ? -size : size;
}

float sigmoid(float x)
{
    precise float sum = 1 + exponential(-x);
    return 1 / sum;
}

// The order of gpu::Scalar.
const uint kAdd = 0, kMul = 1, kLerp = 2, kScaleKey7 = 3, kDecay6 = 4, kDecay7 = 5, kAtMost = 6, kTanh = 7,
           kSigmoid = 8, kSquaredRelu = 9, kSilu = 10, kOneMinusDecay6 = 11;

// Arguments in the order of the op's inputs; those that it does not have are ignored.
float apply(uint function, float a, float b, float c, float bound)
{
    precise float result = 0;
    switch (function) {
    case kAdd: result = a + b; break;
    case kMul: result = a * b; break;
    case kLerp: result = fma(b - a, c, a); break;
    case kScaleKey7: result = a * fma(b - 1, c, 1); break;
    case kDecay6: result = exponential(-exponential(a)); break;
    case kDecay7: result = exponential(-0.60653065971263342 * sigmoid(a)); break; // e^(-1/2)
    case kAtMost: result = min(a, bound); break;
    case kTanh: result = hyperbolicTangent(a); break;
    case kSigmoid: result = sigmoid(a); break;
    case kSquaredRelu: result = max(a, 0) * max(a, 0); break;
    case kSilu: result = a * sigmoid(a); break;
    case kOneMinusDecay6: result = -exponentialMinusOne(-exponential(a)); break;
    }
    return result;
}
