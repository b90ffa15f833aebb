// PyTorch .pth files (the zip form, since 1.6): a pickle that describes tensors, and one entry of raw numbers
// per storage.
#include "core/base/text.h"
#include "core/io/checks.h"
#include "core/io/pickle.h"
#include "core/io/zip.h"

#include <algorithm>
#include <limits>
#include <map>

namespace volary {
namespace {

constexpr std::uint64_t kMaxPickleBytes = std::uint64_t(64) << 20;
// Files that ChatRWKV has converted for itself: matrices turned round, perhaps quantised, and nothing says
// how.
constexpr std::string_view kConvertedMark = "_strategy";

struct View {
    std::uint64_t storageOffset; // of the storage's bytes in the file
    std::int64_t first;          // element of the storage
    std::vector<std::int64_t> strides;
    bool contiguous;
};

bool isContiguous(const Shape &shape, const std::vector<std::int64_t> &strides)
{
    std::int64_t expected = 1;
    for (int d = shape.rank(); d-- > 0;) {
        if (shape[d] != 1 && strides[std::size_t(d)] != expected)
            return false;
        expected *= shape[d];
    }
    return true;
}

// The last element a view reaches, or nothing when the sum overflows.
std::optional<std::int64_t> lastElement(const PickledTensor &tensor)
{
    std::int64_t last = tensor.offset;
    for (std::size_t d = 0; d < tensor.extents.size(); ++d) {
        std::int64_t reach = 0;
        if (__builtin_mul_overflow(tensor.extents[d] - 1, tensor.strides[d], &reach) ||
            __builtin_add_overflow(last, reach, &last))
            return std::nullopt;
    }
    return last;
}

Result<> checkView(const PickledTensor &tensor, const Shape &shape)
{
    const bool sane = tensor.offset >= 0 && tensor.strides.size() == tensor.extents.size() &&
                      std::ranges::all_of(tensor.strides, [](std::int64_t stride) { return stride >= 0; });
    if (!sane)
        return corrupt("tensor " + tensor.name + " has impossible strides or a negative offset");
    if (shape.elements() == 0)
        return {};
    const auto last = lastElement(tensor);
    if (!last || *last >= tensor.storageElements)
        return corrupt("tensor " + tensor.name + " reaches beyond its storage of " +
                       formatCount(std::uint64_t(tensor.storageElements)) + " elements");
    // A view may repeat elements (stride 0), but never so often that reading it costs more than the file
    // holds.
    if (shape.elements() > tensor.storageElements)
        return corrupt("tensor " + tensor.name + " has more elements than its storage");
    return {};
}

class PthFile final : public TensorFile {
public:
    PthFile(InputFile file, std::vector<TensorInfo> tensors, std::vector<View> views)
        : TensorFile(file.path()), m_file(std::move(file)), m_tensors(std::move(tensors)),
          m_views(std::move(views))
    {}

    std::string_view format() const override { return "pth"; }
    std::span<const TensorInfo> tensors() const override { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const override { return m_metadata; }

    Result<> read(std::size_t index, std::span<std::byte> to) const override
    {
        const TensorInfo &info = m_tensors[index];
        const View &view = m_views[index];
        const std::size_t size = bytesPerElement(info.type);
        if (info.shape.elements() == 0)
            return {};
        if (view.contiguous)
            return m_file.read(view.storageOffset + std::uint64_t(view.first) * size, to);
        return gather(info.shape, view, size, to);
    }

private:
    // Reads the stretch of the storage that the view touches, and picks the elements in row-major order.
    Result<> gather(const Shape &shape, const View &view, std::size_t size, std::span<std::byte> to) const
    {
        std::int64_t reach = 0;
        for (int d = 0; d < shape.rank(); ++d)
            reach += (shape[d] - 1) * view.strides[std::size_t(d)];
        std::vector<std::byte> stretch((std::size_t(reach) + 1) * size);
        TRY_(m_file.read(view.storageOffset + std::uint64_t(view.first) * size, stretch));
        std::vector<std::int64_t> position(std::size_t(shape.rank()), 0);
        for (std::size_t out = 0; out < to.size(); out += size) {
            std::int64_t at = 0;
            for (std::size_t d = 0; d < position.size(); ++d)
                at += position[d] * view.strides[d];
            std::copy_n(stretch.begin() + at * std::int64_t(size), size, to.begin() + std::ptrdiff_t(out));
            for (std::size_t d = position.size(); d-- > 0 && ++position[d] == shape[int(d)];)
                position[d] = 0;
        }
        return {};
    }

    InputFile m_file;
    std::vector<TensorInfo> m_tensors;
    std::vector<View> m_views;
    std::map<std::string, std::string> m_metadata;
};

// The entries by their names below the archive's one top folder.
Result<std::map<std::string, ZipEntry>> entriesBelowRoot(const InputFile &file)
{
    TRY(const auto entries, readZipDirectory(file));
    std::map<std::string, ZipEntry> below;
    std::string root;
    for (const ZipEntry &entry : entries) {
        const std::size_t slash = entry.name.find('/');
        const std::string top = entry.name.substr(0, slash);
        if (slash == std::string::npos || (!root.empty() && top != root))
            return corrupt("the archive's entries are not below one folder: " + entry.name);
        root = top;
        below.emplace(entry.name.substr(slash + 1), entry);
    }
    return below;
}

Result<std::string> readEntry(const InputFile &file, const ZipEntry &entry, std::uint64_t limit)
{
    if (entry.bytes > limit)
        return corrupt("the entry " + entry.name + " has " + formatBytes(entry.bytes) +
                       ", more than any model's");
    std::string text(std::size_t(entry.bytes), '\0');
    TRY_(file.read(entry.offset, std::as_writable_bytes(std::span(text))));
    return text;
}

Result<> checkKind(const InputFile &file, const std::map<std::string, ZipEntry> &entries)
{
    if (entries.contains("constants.pkl"))
        return unsupported("this is a TorchScript program, not a model's weights",
                           "Save the weights with torch.save(model.state_dict(), ...).");
    if (!entries.contains("data.pkl"))
        return corrupt("the archive holds no data.pkl");
    const auto order = entries.find("byteorder");
    if (order == entries.end())
        return {};
    TRY(const std::string text, readEntry(file, order->second, 64));
    if (!text.starts_with("little"))
        return unsupported("the file is big-endian", "Save it on a little-endian machine.");
    return {};
}

Result<View> viewOf(const PickledTensor &tensor, const Shape &shape,
                    const std::map<std::string, ZipEntry> &entries)
{
    TRY_(checkView(tensor, shape));
    const auto storage = entries.find("data/" + tensor.storage);
    if (storage == entries.end())
        return corrupt("the storage of tensor " + tensor.name + " is missing from the archive");
    if (std::uint64_t(tensor.storageElements) > storage->second.bytes / bytesPerElement(tensor.type))
        return corrupt("the storage of tensor " + tensor.name + " is shorter than the file says");
    return View{storage->second.offset, tensor.offset, tensor.strides, isContiguous(shape, tensor.strides)};
}

} // namespace

Result<std::unique_ptr<TensorFile>> openPth(InputFile file)
{
    TRY(const auto entries, entriesBelowRoot(file));
    TRY_(checkKind(file, entries));
    TRY(const std::string pickle, readEntry(file, entries.at("data.pkl"), kMaxPickleBytes));
    TRY(const auto pickled, readPickle(std::as_bytes(std::span(pickle))));

    std::vector<TensorInfo> tensors;
    std::vector<View> views;
    for (const PickledTensor &tensor : pickled) {
        if (tensor.name.starts_with(kConvertedMark))
            return unsupported("this file was converted by ChatRWKV for its own use",
                               "Use the original .pth file.");
        TRY(TensorInfo info, checkedTensor(tensor.name, tensor.type, tensor.extents));
        TRY(View view, viewOf(tensor, info.shape, entries));
        tensors.push_back(std::move(info));
        views.push_back(std::move(view));
    }
    TRY_(refuseDuplicates(tensors));
    return std::unique_ptr<TensorFile>(
        std::make_unique<PthFile>(std::move(file), std::move(tensors), std::move(views)));
}

} // namespace volary
