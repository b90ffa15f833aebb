#include "core/tensor/dtype.h"

#include "core/base/check.h"

namespace volary {

std::size_t bytesPerElement(DType type)
{
    switch (type) {
    case DType::I8:
    case DType::U8: return 1;
    case DType::F16:
    case DType::BF16:
    case DType::I16: return 2;
    case DType::F32:
    case DType::I32: return 4;
    case DType::F64:
    case DType::I64: return 8;
    default: break;
    }
    VOLARY_CHECK(false, "elements of quantised types have no bytes of their own");
}

std::size_t bytesPerBlock(DType type)
{
    switch (type) {
    case DType::Q4_0: return 18;
    case DType::Q4_1: return 20;
    case DType::Q5_0: return 22;
    case DType::Q5_1: return 24;
    case DType::Q8_0: return 34;
    case DType::Q4_K: return 144;
    case DType::Q5_K: return 176;
    case DType::Q6_K: return 210;
    default: return bytesPerElement(type);
    }
}

std::size_t bytesOf(DType type, std::int64_t elements)
{
    VOLARY_CHECK(elements % elementsPerBlock(type) == 0, "rows are whole blocks");
    return std::size_t(elements / elementsPerBlock(type)) * bytesPerBlock(type);
}

std::string_view name(DType type)
{
    switch (type) {
    case DType::F32: return "f32";
    case DType::F16: return "f16";
    case DType::BF16: return "bf16";
    case DType::F64: return "f64";
    case DType::I8: return "i8";
    case DType::U8: return "u8";
    case DType::I16: return "i16";
    case DType::I32: return "i32";
    case DType::I64: return "i64";
    case DType::Q4_0: return "q4_0";
    case DType::Q4_1: return "q4_1";
    case DType::Q5_0: return "q5_0";
    case DType::Q5_1: return "q5_1";
    case DType::Q8_0: return "q8_0";
    case DType::Q4_K: return "q4_k";
    case DType::Q5_K: return "q5_k";
    case DType::Q6_K: return "q6_k";
    }
    VOLARY_CHECK(false, "unknown number type");
}

} // namespace volary
