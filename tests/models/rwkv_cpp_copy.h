// Copies of the golden models in the conventions of rwkv.cpp, whose own converter stores some tensors
// transposed and some already transformed. All numbers become float32.
#pragma once

#include "core/base/file.h"
#include "tests/models/golden_model.h"

#include <QTemporaryDir>

#include <functional>

namespace volary::test {

// One tensor on its way into the copy.
struct Converted {
    Shape shape;
    std::vector<float> numbers;

    void each(const std::function<double(double)> &change)
    {
        for (float &number : numbers)
            number = float(change(double(number)));
    }

    // Swaps the last two dimensions.
    void transpose()
    {
        const bool stacked = shape.rank() == 3;
        const std::int64_t count = stacked ? shape[0] : 1;
        const std::int64_t rows = shape[shape.rank() - 2], columns = shape[shape.rank() - 1];
        std::vector<float> turned(numbers.size());
        for (std::int64_t at = 0; at < count * rows * columns; ++at) {
            const std::int64_t matrix = at / (rows * columns), row = at / columns % rows,
                               column = at % columns;
            turned[std::size_t((matrix * columns + column) * rows + row)] = numbers[std::size_t(at)];
        }
        numbers = std::move(turned);
        shape = stacked ? Shape{count, columns, rows} : Shape{columns, rows};
    }
};

// Changes the tensor as the converter of rwkv.cpp would; `name` is the part after "blocks.N.".
using Conversion = std::function<void(const std::string &name, Converted &tensor)>;

inline Result<> writeRwkvCppCopy(const std::filesystem::path &model, const std::filesystem::path &to,
                                 const Conversion &convert)
{
    TRY(const auto file, openTensorFile(model));
    std::string bytes;
    const auto put = [&](std::uint32_t number) {
        bytes.append(reinterpret_cast<const char *>(&number), sizeof number);
    };
    const auto infoOf = [&](std::string_view name) {
        return *std::ranges::find_if(file->tensors(), [&](const TensorInfo &t) { return t.name == name; });
    };
    const Shape embedding = infoOf("emb.weight").shape;
    const std::uint32_t header[] = {0x67676d66, 101, std::uint32_t(embedding[0]), std::uint32_t(embedding[1]),
                                    3,          0};
    for (const std::uint32_t field : header)
        put(field);

    for (const TensorInfo &info : file->tensors()) {
        Converted tensor{info.shape, readHalves(*file, info.name)};
        const std::size_t inBlock = info.name.starts_with("blocks.") ? info.name.find('.', 7) + 1 : 0;
        if (tensor.shape.rank() == 3 && tensor.shape[0] == 1 && tensor.shape[1] == 1)
            tensor.shape = {tensor.shape[2]};
        convert(info.name.substr(inBlock), tensor);
        put(std::uint32_t(tensor.shape.rank()));
        put(std::uint32_t(info.name.size()));
        put(0);
        for (int i = tensor.shape.rank(); i-- > 0;)
            put(std::uint32_t(tensor.shape[i]));
        bytes += info.name;
        bytes.append(reinterpret_cast<const char *>(tensor.numbers.data()),
                     tensor.numbers.size() * sizeof(float));
    }
    return writeFileAtomically(to, std::as_bytes(std::span(bytes)));
}

// The copy gives the logits of the original.
inline void checkRwkvCppCopy(const std::string &folder, const Conversion &convert)
{
    SKIP_WITHOUT_GOLDEN(folder);
    QTemporaryDir place;
    const std::filesystem::path copy = place.filePath("copy.bin").toStdString();
    VERIFY_OK(writeRwkvCppCopy(goldenFile(folder, "model.pth"), copy, convert));
    REQUIRE(const auto test, openForTest(copy, makeCpuBackend(2)));
    REQUIRE(const Golden golden, Golden::read(goldenFile(folder, "expected.safetensors")));
    REQUIRE(const auto tokens, readTokens(goldenFile(folder, "tokens.json")));
    REQUIRE(State state, test.runner->newState());

    REQUIRE(const auto logits, allLogits(*test.runner, state, tokens, tokens.size()));

    QVERIFY(largestDifference(logits, golden.floats("logits")) <= kLogitTolerance);
}

} // namespace volary::test
