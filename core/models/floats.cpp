#include "core/models/floats.h"

#include "core/base/check.h"
#include "core/base/half.h"
#include "core/base/text.h"
#include "core/tensor/blocks.h"

#include <cstring>

namespace volary {

namespace {

template <typename T>
T at(std::span<const std::byte> bytes, std::size_t index)
{
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

} // namespace

bool isFloat(DType type)
{
    return type == DType::F32 || type == DType::F16 || type == DType::BF16 || type == DType::F64;
}

std::vector<float> toFloats(std::span<const std::byte> bytes, DType type)
{
    if (isQuantised(type)) {
        std::vector<float> decoded(bytes.size() / bytesPerBlock(type) * std::size_t(elementsPerBlock(type)));
        decodeBlocks(type, bytes.data(), decoded);
        return decoded;
    }
    std::vector<float> numbers(bytes.size() / bytesPerElement(type));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        switch (type) {
        case DType::F32: numbers[i] = at<float>(bytes, i); break;
        case DType::F64: numbers[i] = float(at<double>(bytes, i)); break;
        case DType::F16: numbers[i] = f16ToFloat(at<std::uint16_t>(bytes, i)); break;
        case DType::BF16: numbers[i] = bf16ToFloat(at<std::uint16_t>(bytes, i)); break;
        default: VOLARY_CHECK(false, "the caller admits floats only");
        }
    }
    return numbers;
}

std::vector<std::byte> toBytes(std::span<const float> numbers, DType type)
{
    std::vector<std::byte> bytes(bytesOf(type, std::int64_t(numbers.size())));
    if (isQuantised(type)) {
        encodeBlocks(type, numbers, bytes.data());
        return bytes;
    }
    if (type == DType::F32) {
        std::memcpy(bytes.data(), numbers.data(), bytes.size());
        return bytes;
    }
    if (type == DType::F64) {
        const std::vector<double> wide(numbers.begin(), numbers.end());
        std::memcpy(bytes.data(), wide.data(), bytes.size());
        return bytes;
    }
    VOLARY_CHECK(type == DType::F16 || type == DType::BF16, "weights are stored in float types");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::uint16_t half = type == DType::F16 ? floatToF16(numbers[i]) : floatToBf16(numbers[i]);
        std::memcpy(bytes.data() + i * sizeof half, &half, sizeof half);
    }
    return bytes;
}

Result<std::vector<float>> readFloats(const TensorFile &file, std::size_t index)
{
    const TensorInfo &info = file.tensors()[index];
    if (!isFloat(info.type) && !isQuantised(info.type))
        return Error{ErrorCode::Mismatch,
                     format("The tensor %s holds %s numbers, no floats.", info.name.c_str(),
                            std::string(name(info.type)).c_str()),
                     ""};
    std::vector<std::byte> bytes(info.bytes());
    TRY_(file.read(index, bytes));
    return toFloats(bytes, info.type);
}

} // namespace volary
