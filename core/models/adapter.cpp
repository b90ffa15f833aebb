#include "core/models/adapter.h"

#include "core/base/text.h"
#include "core/models/floats.h"

#include <algorithm>

namespace volary {

namespace {

constexpr std::string_view kRemedy = "Use an adapter that was trained for this model.";

Error mismatch(std::string what)
{
    return {ErrorCode::Mismatch, std::move(what), std::string(kRemedy)};
}

Error unsupported(std::string what, std::string remedy)
{
    return {ErrorCode::Unsupported, std::move(what), std::move(remedy)};
}

// W + scale * B A, for B [out, r] and A [r, in]. Sums in float64, so that nothing is lost before the result
// is rounded.
void addProduct(std::vector<float> &w, const std::vector<float> &b, const std::vector<float> &a,
                std::size_t rank, double scale)
{
    const std::size_t in = a.size() / rank, out = b.size() / rank;
    std::vector<double> row(in);
    for (std::size_t o = 0; o < out; ++o) {
        std::ranges::fill(row, 0.0);
        for (std::size_t j = 0; j < rank; ++j) {
            const double factor = scale * double(b[o * rank + j]);
            for (std::size_t i = 0; i < in; ++i)
                row[i] += factor * double(a[j * in + i]);
        }
        for (std::size_t i = 0; i < in; ++i)
            w[o * in + i] = float(double(w[o * in + i]) + row[i]);
    }
}

// W_ab + strength * (W_ab D + D), block by block.
void addBat(std::vector<float> &w, const std::vector<float> &d, std::size_t out, std::size_t in,
            std::size_t r, bool byInput, double strength)
{
    std::vector<double> old(r), sum(r);
    for (std::size_t o = 0; o < out; ++o) {
        for (std::size_t b = 0; b < in / r; ++b) {
            const float *block = &d[(byInput ? b : o / r) * r * r];
            float *row = &w[o * in + b * r];
            std::copy(row, row + r, old.begin());
            std::copy(block + (o % r) * r, block + (o % r + 1) * r, sum.begin());
            for (std::size_t k = 0; k < r; ++k) {
                for (std::size_t i = 0; i < r; ++i)
                    sum[i] += old[k] * double(block[k * r + i]);
            }
            for (std::size_t i = 0; i < r; ++i)
                row[i] = float(old[i] + strength * sum[i]);
        }
    }
}

std::size_t extent(const Shape &shape, int dimension)
{
    return std::size_t(shape[dimension]);
}

std::string text(const TensorInfo &info)
{
    return info.name + " " + info.shape.text();
}

} // namespace

Result<std::size_t> Adapter::find(const std::string &name) const
{
    const auto found = std::ranges::find(m_file->tensors(), name, &TensorInfo::name);
    if (found == m_file->tensors().end())
        return Error{ErrorCode::NotFound, format("The tensor %s is missing.", name.c_str()),
                     "The file of the adapter may be incomplete."};
    return std::size_t(found - m_file->tensors().begin());
}

Result<> Adapter::check(const std::string &tensor, const TensorInfo &info) const
{
    const AdapterPart &part = m_parts.at(tensor);
    const TensorInfo &first = m_file->tensors()[part.first];
    if (!isFloat(info.type) || !isFloat(first.type))
        return unsupported(format("The tensor %s holds %s numbers and its adapter %s; both must be floats.",
                                  tensor.c_str(), std::string(name(info.type)).c_str(),
                                  std::string(name(first.type)).c_str()),
                           "Adapt the model in f32, f16 or bf16 and quantise it afterwards.");
    const Shape &w = info.shape, &d = first.shape;
    const auto refuse = [&] {
        return mismatch(format("%s does not fit the weight %s.", text(first).c_str(), text(info).c_str()));
    };
    if (part.form == AdapterForm::Full) {
        if (d.elements() != w.elements())
            return refuse();
        return {};
    }
    if (w.rank() != 2 || w.elements() == 0 || d.elements() == 0)
        return refuse();
    switch (part.form) {
    case AdapterForm::Lora:
    case AdapterForm::Pissa: {
        const auto fits = [&](const TensorInfo &b, const TensorInfo &a) {
            return isFloat(a.type) && isFloat(b.type) && a.shape.rank() == 2 && b.shape.rank() == 2 &&
                   b.shape[0] == w[0] && a.shape[1] == w[1] && a.shape[0] == b.shape[1] && a.shape[0] > 0;
        };
        if (!fits(first, m_file->tensors()[part.second]))
            return refuse();
        if (part.form == AdapterForm::Pissa &&
            !fits(m_init->tensors()[part.initB], m_init->tensors()[part.initA]))
            return mismatch(format("The initial factors of %s do not fit it.", tensor.c_str()));
        return {};
    }
    case AdapterForm::Bone:
        if (d.rank() != 2 || d[1] != w[0])
            return refuse();
        return {};
    case AdapterForm::Mini:
        if (d.rank() != 2 || w[0] % d[1] != 0)
            return refuse();
        return {};
    case AdapterForm::BatByInput:
    case AdapterForm::BatByOutput: {
        const int along = part.form == AdapterForm::BatByInput ? 1 : 0;
        if (d.rank() != 3 || d[1] != d[2] || w[0] % d[1] != 0 || w[1] % d[1] != 0 || d[0] != w[along] / d[1])
            return refuse();
        return {};
    }
    case AdapterForm::Full: break;
    }
    return {};
}

Result<> Adapter::apply(const std::string &tensor, const Shape &shape, std::vector<float> &numbers) const
{
    const AdapterPart &part = m_parts.at(tensor);
    const double s = m_request.strength;
    TRY(const std::vector<float> first, readFloats(*m_file, part.first));
    const Shape &d = m_file->tensors()[part.first].shape;
    switch (part.form) {
    case AdapterForm::Lora:
    case AdapterForm::Pissa: {
        TRY(const std::vector<float> a, readFloats(*m_file, part.second));
        addProduct(numbers, first, a, extent(d, 1), s * part.scale);
        if (part.form == AdapterForm::Pissa) {
            TRY(const std::vector<float> initB, readFloats(*m_init, part.initB));
            TRY(const std::vector<float> initA, readFloats(*m_init, part.initA));
            addProduct(numbers, initB, initA, extent(m_init->tensors()[part.initA].shape, 0), -s);
        }
        break;
    }
    case AdapterForm::Bone:
    case AdapterForm::Mini: {
        const std::size_t in = extent(shape, 1), r = extent(d, 0), m = extent(d, 1);
        for (std::size_t n = 0; n < numbers.size(); ++n)
            numbers[n] = float(double(numbers[n]) + s * double(first[n % in % r * m + n / in % m]));
        break;
    }
    case AdapterForm::BatByInput:
    case AdapterForm::BatByOutput:
        addBat(numbers, first, extent(shape, 0), extent(shape, 1), extent(d, 1),
               part.form == AdapterForm::BatByInput, s);
        break;
    case AdapterForm::Full:
        for (std::size_t n = 0; n < numbers.size(); ++n)
            numbers[n] =
                s == 1 ? first[n] : float(double(numbers[n]) + s * (double(first[n]) - double(numbers[n])));
        break;
    }
    return {};
}

namespace {

// A model file whose tensors come out changed.
class AdaptedFile final : public TensorFile {
public:
    AdaptedFile(std::unique_ptr<TensorFile> base, Adapter adapter)
        : TensorFile(base->path()), m_base(std::move(base)), m_adapter(std::move(adapter)),
          m_tensors(m_base->tensors().begin(), m_base->tensors().end())
    {
        // Changed blocks would have to be quantised anew, which loses more than half floats do.
        for (TensorInfo &tensor : m_tensors) {
            if (isQuantised(tensor.type) && m_adapter.parts().contains(tensor.name))
                tensor.type = DType::F16;
        }
    }

    Result<> check() const
    {
        for (const auto &[name, part] : m_adapter.parts()) {
            const auto found = std::ranges::find(tensors(), name, &TensorInfo::name);
            if (found == tensors().end())
                return mismatch(
                    volary::format("It changes %s, which the model does not have.", name.c_str()));
            if (part.form == AdapterForm::Full && format() == "rwkv.cpp")
                return unsupported(
                    volary::format("It replaces %s, which files of rwkv.cpp hold transformed.", name.c_str()),
                    "Adapt the original model instead.");
            TRY_(m_adapter.check(name, *found));
        }
        return {};
    }

    std::string_view format() const override { return m_base->format(); }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_base->metadata(); }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        const TensorInfo &info = m_tensors[index], &stored = m_base->tensors()[index];
        if (!m_adapter.parts().contains(info.name))
            return m_base->read(index, to);
        std::vector<std::byte> raw(stored.bytes());
        TRY_(m_base->read(index, raw));
        std::vector<float> numbers = toFloats(raw, stored.type);
        TRY_(m_adapter.apply(info.name, info.shape, numbers));
        std::ranges::copy(toBytes(numbers, info.type), to.begin());
        return {};
    }

private:
    std::unique_ptr<TensorFile> m_base;
    Adapter m_adapter;
    std::vector<TensorInfo> m_tensors;
};

} // namespace

Result<std::unique_ptr<TensorFile>> adaptTensorFile(std::unique_ptr<TensorFile> base,
                                                    const std::vector<AdapterRequest> &adapters)
{
    for (const AdapterRequest &request : adapters) {
        const std::string task = "Applying the adapter " + printable(request.path.filename().string());
        auto adapter = Adapter::open(request);
        if (!adapter)
            return std::move(adapter).error().during(task);
        auto adapted = std::make_unique<AdaptedFile>(std::move(base), std::move(adapter).value());
        if (auto fits = adapted->check(); !fits)
            return std::move(fits).error().during(task);
        base = std::move(adapted);
    }
    return base;
}

} // namespace volary
