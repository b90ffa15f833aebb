// Expected values from files, and models opened for tests.
#pragma once

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/io/tensor_file.h"
#include "core/models/model_file.h"
#include "core/models/registry.h"
#include "core/session/runner.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace volary::test {

inline std::filesystem::path dataFile(const std::string &name)
{
    return std::filesystem::path(VOLARY_TEST_DATA) / name;
}

// The folder of a model that comes with the program.
inline std::filesystem::path bundledModel(const char *name = "goose-tiny")
{
    return std::filesystem::path(VOLARY_SOURCE_DIR) / "resources/models" / name;
}

// Data of other projects that is not part of ours; nothing where it is absent.
inline std::optional<std::filesystem::path> sharedFile(const std::string &name)
{
    const std::filesystem::path path = std::filesystem::path(VOLARY_SHARED_DIR) / name;
    return std::filesystem::exists(path) ? std::optional(path) : std::nullopt;
}

// Golden data: in tests/data, or beside the project where they would make a checkout too large; nothing where
// they are in neither place.
inline std::optional<std::filesystem::path> goldenPath(const std::string &name)
{
    const std::filesystem::path inside = dataFile(name);
    return std::filesystem::exists(inside) ? std::optional(inside) : sharedFile("golden/" + name);
}

// The float32 tensors of a safetensors file, by name.
class Golden {
public:
    static Result<Golden> read(const std::filesystem::path &path)
    {
        Golden golden;
        TRY(golden.m_file, openTensorFile(path));
        for (std::size_t i = 0; i < golden.m_file->tensors().size(); ++i)
            golden.m_index[golden.m_file->tensors()[i].name] = i;
        return golden;
    }

    bool has(const std::string &name) const { return m_index.contains(name); }

    // Stops the test program when the tensor is missing: the test itself is wrong then.
    std::vector<float> floats(const std::string &name) const { return numbers<float>(name); }
    std::vector<std::int32_t> integers(const std::string &name) const { return numbers<std::int32_t>(name); }

private:
    template <typename T>
    std::vector<T> numbers(const std::string &name) const
    {
        const auto found = m_index.find(name);
        if (found == m_index.end()) {
            std::fprintf(stderr, "no tensor %s in %s\n", name.c_str(), m_file->path().c_str());
            std::abort();
        }
        const TensorInfo &info = m_file->tensors()[found->second];
        std::vector<T> values(info.bytes() / sizeof(T));
        if (!m_file->read(found->second, std::as_writable_bytes(std::span(values))))
            std::abort();
        return values;
    }

    std::unique_ptr<TensorFile> m_file;
    std::map<std::string, std::size_t> m_index;
};

// A JSON array of token ids, or the member `key` of an object.
inline Result<std::vector<TokenId>> readTokens(const std::filesystem::path &path,
                                               const std::string &key = "tokens")
{
    TRY(const std::string text, readFile(path, 1 << 20));
    TRY(const Json json, Json::parse(text));
    const Json *list = json.array() ? &json : json.find(key);
    std::vector<TokenId> tokens;
    if (!list || !list->array())
        return Error{ErrorCode::Corrupt, "no token list in " + path.string(), ""};
    for (const Json &token : *list->array())
        tokens.push_back(TokenId(token.integerOr(-1)));
    return tokens;
}

// A model on a backend, without vocabulary.
struct OpenedForTest {
    std::unique_ptr<Backend> backend;
    OpenedModel opened;
    std::unique_ptr<Runner> runner;
};

inline Result<OpenedForTest> openForTest(const std::filesystem::path &path, std::unique_ptr<Backend> backend,
                                         LoadOptions options = {})
{
    OpenedForTest test{.backend = std::move(backend), .opened = {}, .runner = {}};
    TRY(const ModelFile file, openModelFile(path));
    TRY(test.opened, openModel(*file.tensors, *test.backend, std::move(options)));
    test.runner = std::make_unique<Runner>(*test.opened.model, *test.backend);
    return test;
}

// The logits of every position, reading `chunk` tokens at a time; the state moves on.
inline Result<std::vector<float>> allLogits(Runner &runner, State &state, std::span<const TokenId> tokens,
                                            std::size_t chunk)
{
    const auto vocabulary = std::size_t(runner.model().info().vocabulary);
    std::vector<float> logits(tokens.size() * vocabulary);
    for (std::size_t at = 0; at < tokens.size(); at += chunk) {
        const SequenceInput input{tokens.subspan(at, std::min(chunk, tokens.size() - at)), &state};
        TRY_(runner.run({&input, 1}, Want::AllLogits));
        TRY_(runner.readLogits(std::span(logits).subspan(at * vocabulary, input.tokens.size() * vocabulary)));
    }
    return logits;
}

inline std::vector<float> toFloats(const TensorImage &image)
{
    std::vector<float> numbers(image.bytes->size() / sizeof(float));
    std::memcpy(numbers.data(), image.bytes->data(), image.bytes->size());
    return numbers;
}

// Infinite when the sizes differ or a NaN is among them.
inline double largestDifference(std::span<const float> got, std::span<const float> expected)
{
    if (got.size() != expected.size())
        return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double difference = std::abs(double(got[i]) - double(expected[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

// The same with every difference divided by max(1, |expected|).
inline double largestRelativeDifference(std::span<const float> got, std::span<const float> expected)
{
    if (got.size() != expected.size())
        return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double scale = std::max(1.0, std::abs(double(expected[i])));
        const double difference = std::abs(double(got[i]) - double(expected[i])) / scale;
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

} // namespace volary::test

// Skips the test, and says so, where golden data are not to be had.
#define SKIP_WITHOUT_GOLDEN(name)                                                                            \
    do {                                                                                                     \
        if (!volary::test::goldenPath(name))                                                                 \
            QSKIP("these golden data are not here (all together they are too large to come along)");         \
    } while (false)
