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
    }
    VOLARY_CHECK(false, "unknown number type");
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
    }
    VOLARY_CHECK(false, "unknown number type");
}

} // namespace volary
