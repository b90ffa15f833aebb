// From tensors in a file to tensors on a device.
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/io/tensor_file.h"
#include "core/tensor/backend.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace volary {

struct LoadOptions {
    // For matrices; nothing: as stored in the file. A quantised type leaves those as they are whose rows are
    // no whole blocks, and the factors of low rank.
    std::optional<DType> weightType;
    // Bytes for the rows that a GoldFinch model derives from each conversation's cache, and their type (F32
    // or F16); older rows are rebuilt when they are met. 0: all rows are kept.
    std::uint64_t cacheBudget = 0;
    DType cacheType = DType::F32;
    // Called after every tensor with the share of the file's bytes that is done; false cancels.
    std::function<bool(double fraction)> progress;
};

// Fetches the tensors of an architecture's table one by one: finds it by name, compares the shape, converts
// the numbers and uploads them. The first failure sticks and everything after it does nothing, so that the
// table in the architecture's file stays free of error handling; finish() tells it once.
//
// Vectors become float32, matrices stay as stored or become LoadOptions::weightType. Also computes the
// fingerprint: the bytes of every tensor are hashed on their way through.
class WeightLoader {
public:
    // `file` and `backend` must outlive the loader.
    WeightLoader(const TensorFile &file, Backend &backend, LoadOptions options);

    const TensorFile &file() const { return m_file; }
    const LoadOptions &options() const { return m_options; }
    bool has(std::string_view name) const { return m_byName.contains(name); }
    // Nothing (and an error that sticks) when the tensor is missing.
    Shape shapeOf(std::string_view name);

    // A linear layer, stored [outputs, inputs].
    Tensor matrix(const std::string &name, std::int64_t outputs, std::int64_t inputs);
    // The same for a layer stored the other way round, [inputs, outputs].
    Tensor transposed(const std::string &name, std::int64_t inputs, std::int64_t outputs);
    // The same for several layers in one tensor, [count, outputs, inputs] or [count, inputs, outputs]. They
    // come one below the other: [count * outputs, inputs].
    Tensor matrices(const std::string &name, std::int64_t count, std::int64_t outputs, std::int64_t inputs);
    Tensor transposedMatrices(const std::string &name, std::int64_t count, std::int64_t inputs,
                              std::int64_t outputs);
    // The columns first .. first + count - 1 of a linear layer.
    Tensor columns(const std::string &name, std::int64_t outputs, std::int64_t inputs, std::int64_t first,
                   std::int64_t count);
    // `count` numbers in whatever shape.
    Tensor vector(const std::string &name, std::int64_t count);
    // Row `row` of a tensor of `rows` x `count` numbers, as a vector.
    Tensor vectorRow(const std::string &name, std::int64_t row, std::int64_t rows, std::int64_t count);
    // The numbers of a vector themselves, for what is computed once before the first token, and the vector
    // made of the result. Empty after a failure.
    std::vector<float> numbers(const std::string &name, std::int64_t count);
    Tensor vectorOf(std::vector<float> numbers);

    // Something beside the tensors that makes this another model: it enters the fingerprint.
    void distinguish(std::string_view setting) { m_settings += std::string(setting) + "\n"; }

    void fail(Error error); // keeps the first one
    bool failed() const { return m_error.has_value(); }

    struct Summary {
        std::string fingerprint;         // hexadecimal SHA-256
        std::uint64_t weightBytes;       // on the device
        std::uint64_t parameters;        // of the tensors that were used
        std::vector<std::string> unused; // in the file, but not in the architecture's table
    };
    // Reads what was not asked for (the fingerprint covers it) and reports.
    Result<Summary> finish(std::string_view architecture);

private:
    struct Entry {
        std::size_t index;
        bool used = false;
        std::optional<Digest> digest;
    };

    Entry *find(const std::string &name);
    // The bytes as stored, hashed and counted as progress; nullptr after a failure. Valid until the next
    // call.
    const std::vector<std::byte> *fetch(Entry &entry);
    // A matrix of the shape `made` from a tensor of the shape `stored`, which has the same order of numbers.
    Tensor unturned(const std::string &name, const Shape &stored, const Shape &made);
    Tensor turned(const std::string &name, const Shape &stored, std::size_t count, std::size_t inputs,
                  std::size_t outputs);
    Tensor upload(std::span<const std::byte> bytes, DType type, Shape shape);
    // A place on the device for so many bytes: a buffer and the offset in it.
    Result<std::pair<std::shared_ptr<Buffer>, std::size_t>> room(std::size_t bytes);
    Tensor uploadFloats(std::vector<float> numbers, DType type, Shape shape);
    std::vector<float> floats(Entry &entry);
    bool shapeIs(const TensorInfo &info, const Shape &wanted);

    const TensorFile &m_file;
    Backend &m_backend;
    LoadOptions m_options;
    std::map<std::string, Entry, std::less<>> m_byName;
    std::vector<std::byte> m_bytes;   // of the tensor fetched last
    std::size_t m_fetched = SIZE_MAX; // whose bytes those are
    std::shared_ptr<Buffer> m_shared; // what the next small tensors go into
    std::size_t m_sharedUsed = 0;
    std::uint64_t m_doneBytes = 0, m_totalBytes = 0;
    std::uint64_t m_weightBytes = 0, m_parameters = 0;
    std::string m_settings;
    std::optional<Error> m_error;
};

// The type that a matrix with rows of `inputs` numbers has on a device: the wanted one, or as it is stored.
// Blocks that the device cannot multiply become half floats, which hold their numbers to 11 bits.
DType matrixTypeOnDevice(DType stored, std::optional<DType> wanted, std::int64_t inputs,
                         const Backend &backend);
// The same for small matrices whose numbers change places: blocks would cost accuracy there and save nothing.
DType factorTypeOnDevice(DType stored, std::optional<DType> wanted);

// A view of the rows first .. first + count - 1 of a matrix.
Tensor rowsOf(const Tensor &matrix, std::int64_t first, std::int64_t count);

} // namespace volary
