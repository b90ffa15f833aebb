#include "core/models/weights.h"

#include "core/base/text.h"
#include "core/models/floats.h"

namespace volary {

WeightLoader::WeightLoader(const TensorFile &file, Backend &backend, LoadOptions options)
    : m_file(file), m_backend(backend), m_options(std::move(options))
{
    for (std::size_t i = 0; i < file.tensors().size(); ++i) {
        m_byName.emplace(file.tensors()[i].name, Entry{.index = i, .used = false, .digest = {}});
        m_totalBytes += file.tensors()[i].bytes();
    }
}

void WeightLoader::fail(Error error)
{
    if (!m_error)
        m_error = std::move(error);
}

WeightLoader::Entry *WeightLoader::find(const std::string &name)
{
    if (failed())
        return nullptr;
    const auto found = m_byName.find(name);
    if (found == m_byName.end()) {
        fail({ErrorCode::NotFound, format("The tensor %s is missing.", name.c_str()),
              "The file may be incomplete, or hold an adapter instead of a model."});
        return nullptr;
    }
    return &found->second;
}

Shape WeightLoader::shapeOf(std::string_view name)
{
    const Entry *entry = find(std::string(name));
    return entry ? m_file.tensors()[entry->index].shape : Shape{};
}

bool WeightLoader::shapeIs(const TensorInfo &info, const Shape &wanted)
{
    if (!isFloat(info.type) && !isQuantised(info.type)) {
        fail({ErrorCode::Mismatch,
              format("The tensor %s holds %s numbers; weights are floats.", info.name.c_str(),
                     std::string(name(info.type)).c_str()),
              ""});
        return false;
    }
    const bool vectorOfAnyShape = wanted.rank() == 1 && info.shape.elements() == wanted[0];
    if (info.shape == wanted || vectorOfAnyShape)
        return true;
    fail({ErrorCode::Mismatch,
          format("The tensor %s has the shape %s; this architecture needs %s.", info.name.c_str(),
                 info.shape.text().c_str(), wanted.text().c_str()),
          "The file may hold an adapter, or a variant that Volary does not know."});
    return false;
}

const std::vector<std::byte> *WeightLoader::fetch(Entry &entry)
{
    if (m_fetched == entry.index)
        return &m_bytes;
    const TensorInfo &info = m_file.tensors()[entry.index];
    m_fetched = SIZE_MAX;
    m_bytes.resize(info.bytes());
    if (auto read = m_file.read(entry.index, m_bytes); !read) {
        fail(std::move(read).error());
        return nullptr;
    }
    m_fetched = entry.index;
    if (!entry.digest) {
        entry.digest = sha256(m_bytes);
        m_doneBytes += m_bytes.size();
        if (m_options.progress && !m_options.progress(double(m_doneBytes) / double(m_totalBytes))) {
            fail({ErrorCode::Cancelled, "Opening the model was cancelled.", ""});
            return nullptr;
        }
    }
    return &m_bytes;
}

std::vector<float> WeightLoader::floats(Entry &entry)
{
    const auto *bytes = fetch(entry);
    return bytes ? toFloats(*bytes, m_file.tensors()[entry.index].type) : std::vector<float>();
}

Tensor WeightLoader::upload(std::span<const std::byte> bytes, DType type, Shape shape)
{
    auto place = room(bytes.size());
    if (!place) {
        fail(std::move(place).error());
        return {};
    }
    auto &[buffer, offset] = place.value();
    if (auto uploaded = m_backend.upload(*buffer, offset, bytes); !uploaded) {
        fail(std::move(uploaded).error());
        return {};
    }
    m_weightBytes += bytes.size();
    m_parameters += std::uint64_t(shape.elements());
    return {type, shape, std::move(buffer), offset};
}

// Smaller tensors share a buffer: memory in large pieces is faster to read and to find addresses in.
Result<std::pair<std::shared_ptr<Buffer>, std::size_t>> WeightLoader::room(std::size_t bytes)
{
    constexpr std::size_t kShared = std::size_t(16) << 20, kAlignment = 256;
    if (bytes > kShared / 2) {
        TRY(auto own, m_backend.allocate(bytes));
        return std::pair(std::move(own), std::size_t(0));
    }
    if (!m_shared || bytes > kShared - m_sharedUsed) {
        TRY(m_shared, m_backend.allocate(kShared));
        m_sharedUsed = 0;
    }
    const std::size_t offset = m_sharedUsed;
    m_sharedUsed = (offset + bytes + kAlignment - 1) / kAlignment * kAlignment;
    return std::pair(m_shared, offset);
}

Tensor WeightLoader::uploadFloats(std::vector<float> numbers, DType type, Shape shape)
{
    return failed() ? Tensor{} : upload(toBytes(numbers, type), type, shape);
}

DType matrixTypeOnDevice(DType stored, std::optional<DType> wanted, std::int64_t inputs,
                         const Backend &backend)
{
    DType type = wanted.value_or(stored);
    if (isQuantised(type) && inputs % elementsPerBlock(type) != 0)
        type = stored;
    if (type == DType::F64)
        return DType::F32;
    return isQuantised(type) && !backend.supports(OpKind::Linear, type) ? DType::F16 : type;
}

DType factorTypeOnDevice(DType stored, std::optional<DType> wanted)
{
    DType type = wanted.value_or(stored);
    if (isQuantised(type))
        type = isQuantised(stored) ? DType::F16 : stored;
    return type == DType::F64 ? DType::F32 : type;
}

Tensor WeightLoader::matrix(const std::string &name, std::int64_t outputs, std::int64_t inputs)
{
    return unturned(name, {outputs, inputs}, {outputs, inputs});
}

Tensor WeightLoader::matrices(const std::string &name, std::int64_t count, std::int64_t outputs,
                              std::int64_t inputs)
{
    return unturned(name, {count, outputs, inputs}, {count * outputs, inputs});
}

Tensor WeightLoader::transposed(const std::string &name, std::int64_t inputs, std::int64_t outputs)
{
    return turned(name, {inputs, outputs}, 1, std::size_t(inputs), std::size_t(outputs));
}

Tensor WeightLoader::transposedMatrices(const std::string &name, std::int64_t count, std::int64_t inputs,
                                        std::int64_t outputs)
{
    return turned(name, {count, inputs, outputs}, std::size_t(count), std::size_t(inputs),
                  std::size_t(outputs));
}

Tensor WeightLoader::unturned(const std::string &name, const Shape &stored, const Shape &made)
{
    Entry *entry = find(name);
    if (!entry || !shapeIs(m_file.tensors()[entry->index], stored))
        return {};
    entry->used = true;
    const DType type = m_file.tensors()[entry->index].type;
    const DType wanted = matrixTypeOnDevice(type, m_options.weightType, made[1], m_backend);
    if (wanted != type)
        return uploadFloats(floats(*entry), wanted, made);
    const auto *bytes = fetch(*entry);
    return bytes ? upload(*bytes, type, made) : Tensor{};
}

Tensor WeightLoader::turned(const std::string &name, const Shape &stored, std::size_t count,
                            std::size_t inputs, std::size_t outputs)
{
    Entry *entry = find(name);
    if (!entry || !shapeIs(m_file.tensors()[entry->index], stored))
        return {};
    entry->used = true;
    const std::vector<float> from = floats(*entry);
    if (failed())
        return {};
    std::vector<float> to(from.size());
    for (std::size_t first = 0; first < to.size(); first += inputs * outputs) {
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t o = 0; o < outputs; ++o)
                to[first + o * inputs + i] = from[first + i * outputs + o];
        }
    }
    const DType type = factorTypeOnDevice(m_file.tensors()[entry->index].type, m_options.weightType);
    return uploadFloats(std::move(to), type, {std::int64_t(count * outputs), std::int64_t(inputs)});
}

Tensor WeightLoader::columns(const std::string &name, std::int64_t outputs, std::int64_t inputs,
                             std::int64_t first, std::int64_t count)
{
    Entry *entry = find(name);
    if (!entry || !shapeIs(m_file.tensors()[entry->index], {outputs, inputs}))
        return {};
    entry->used = true;
    const std::vector<float> from = floats(*entry);
    if (failed())
        return {};
    std::vector<float> to;
    to.reserve(std::size_t(outputs * count));
    for (std::int64_t o = 0; o < outputs; ++o) {
        const auto begin = from.begin() + o * inputs + first;
        to.insert(to.end(), begin, begin + count);
    }
    const DType type = factorTypeOnDevice(m_file.tensors()[entry->index].type, m_options.weightType);
    return uploadFloats(std::move(to), type, {outputs, count});
}

Tensor WeightLoader::vector(const std::string &name, std::int64_t count)
{
    return vectorRow(name, 0, 1, count);
}

Tensor WeightLoader::vectorRow(const std::string &name, std::int64_t row, std::int64_t rows,
                               std::int64_t count)
{
    const std::vector<float> all = numbers(name, rows * count);
    if (failed())
        return {};
    const auto begin = all.begin() + row * count;
    return vectorOf({begin, begin + count});
}

std::vector<float> WeightLoader::numbers(const std::string &name, std::int64_t count)
{
    Entry *entry = find(name);
    if (!entry || !shapeIs(m_file.tensors()[entry->index], {count}))
        return {};
    entry->used = true;
    return floats(*entry);
}

Tensor WeightLoader::vectorOf(std::vector<float> numbers)
{
    const auto count = std::int64_t(numbers.size());
    return uploadFloats(std::move(numbers), DType::F32, {count});
}

Tensor rowsOf(const Tensor &matrix, std::int64_t first, std::int64_t count)
{
    Tensor view = matrix;
    view.shape = {count, matrix.shape[1]};
    view.offset += bytesOf(matrix.type, first * matrix.shape[1]);
    return view;
}

Result<WeightLoader::Summary> WeightLoader::finish(std::string_view architecture)
{
    Summary summary;
    Sha256 hash;
    hash.update(format("volary-model-1\n%s\n", std::string(architecture).c_str()));
    hash.update(m_settings);
    for (auto &[tensorName, entry] : m_byName) {
        if (failed())
            break;
        if (!entry.used)
            summary.unused.push_back(tensorName);
        if (!entry.digest)
            fetch(entry);
        if (!entry.digest)
            break;
        const TensorInfo &info = m_file.tensors()[entry.index];
        hash.update(format("%s\n%s\n%s\n%s\n", tensorName.c_str(), std::string(name(info.type)).c_str(),
                           info.shape.text().c_str(), toHex(*entry.digest).c_str()));
    }
    if (m_error)
        return std::move(*m_error).during("Opening " + m_file.path().filename().string());
    summary.fingerprint = toHex(hash.finish());
    summary.weightBytes = m_weightBytes;
    summary.parameters = m_parameters;
    return summary;
}

} // namespace volary
