#include "core/io/pickle.h"

#include "core/base/text.h"
#include "core/io/checks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>

namespace volary {
namespace {

constexpr std::size_t kMaxStack = 1'000'000;  // also of the memo
constexpr std::size_t kMaxValues = 1'000'000; // a tensor takes about 30
constexpr std::size_t kMaxKeyBytes = 64;      // of a storage; PyTorch numbers them

struct Object;
using Value = std::shared_ptr<const Object>;

// What GLOBAL may name: tags that REDUCE and storage references understand.
enum class Callable { OrderedDict, RebuildTensor, RebuildParameter, Size, Ignored };
struct StorageType {
    DType type;
};
struct Storage {
    DType type;
    std::string key;
    std::int64_t elements;
};
struct Mark {};
struct None {};
using List = std::vector<Value>; // lists, tuples and sets alike

// Views of containers that the machine owns: they are filled after they were pushed, and a hostile file may
// nest them without end or make them hold themselves. Owned side by side, they are released without
// recursion.
struct Sequence {
    List *items;
};
struct Map { // insertion order kept
    std::vector<std::pair<Value, Value>> *entries;
};

struct Object {
    std::variant<None, Mark, bool, std::int64_t, double, std::string, Sequence, Map, Callable, StorageType,
                 Storage, PickledTensor>
        value;
};

template <typename T>
Value make(T value)
{
    return std::make_shared<const Object>(Object{std::move(value)});
}

template <typename T>
const T *as(const Value &value)
{
    return value ? std::get_if<T>(&value->value) : nullptr;
}

struct NamedStorage {
    std::string_view name;
    DType type;
};
constexpr std::array kStorages{
    NamedStorage{"FloatStorage", DType::F32}, NamedStorage{"DoubleStorage", DType::F64},
    NamedStorage{"HalfStorage", DType::F16},  NamedStorage{"BFloat16Storage", DType::BF16},
    NamedStorage{"LongStorage", DType::I64},  NamedStorage{"IntStorage", DType::I32},
    NamedStorage{"ShortStorage", DType::I16}, NamedStorage{"CharStorage", DType::I8},
    NamedStorage{"ByteStorage", DType::U8},   NamedStorage{"BoolStorage", DType::U8},
};

// The whole world outside, as far as a pickle may name it.
std::optional<Value> lookUp(std::string_view module, std::string_view name)
{
    if (module == "torch" || module == "torch.storage") {
        const auto found = std::ranges::find(kStorages, name, &NamedStorage::name);
        if (found != kStorages.end())
            return make(StorageType{found->type});
    }
    if (module == "torch" && name == "Size")
        return make(Callable::Size);
    if (module == "torch" &&
        (name == "float16" || name == "bfloat16" || name == "float32" || name == "float64"))
        return make(Callable::Ignored);
    if (module == "collections" && name == "OrderedDict")
        return make(Callable::OrderedDict);
    if (module == "torch._utils" && (name == "_rebuild_tensor_v2" || name == "_rebuild_tensor"))
        return make(Callable::RebuildTensor);
    if (module == "torch._utils" && name == "_rebuild_parameter")
        return make(Callable::RebuildParameter);
    return std::nullopt;
}

Error refused(const std::string &what)
{
    return {ErrorCode::Unsupported, "The file asks to run program code (" + what + "). It was not opened.",
            "Do not trust this file. Get the model as .safetensors, or from its official source."};
}

class Machine {
public:
    explicit Machine(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    Result<Value> run()
    {
        for (;;) {
            TRY(const std::uint8_t opcode, take<std::uint8_t>());
            if (opcode == '.')
                break;
            TRY_(step(opcode));
            if (m_stack.size() > kMaxStack || m_values > kMaxValues)
                return corrupt("the pickle is larger than any model's");
        }
        if (m_stack.size() != 1)
            return corrupt("the pickle leaves more or less than one object");
        return m_stack.back();
    }

private:
    template <typename T>
    Result<T> take()
    {
        if (m_bytes.size() < sizeof(T))
            return corrupt("the pickle is cut off");
        const T value = loadLittle<T>(m_bytes.data());
        m_bytes = m_bytes.subspan(sizeof(T));
        return value;
    }

    Result<std::string> takeText(std::uint64_t count)
    {
        if (count > m_bytes.size())
            return corrupt("a text in the pickle is longer than the file");
        std::string text(reinterpret_cast<const char *>(m_bytes.data()), std::size_t(count));
        m_bytes = m_bytes.subspan(std::size_t(count));
        return text;
    }

    Result<std::string> takeLine()
    {
        const auto end = std::ranges::find(m_bytes, std::byte('\n'));
        TRY(std::string line, takeText(std::uint64_t(end - m_bytes.begin())));
        TRY_(take<std::uint8_t>());
        return line;
    }

    // Two's complement of up to eight bytes.
    Result<std::int64_t> takeLong(std::uint64_t count)
    {
        if (count > 8)
            return corrupt("an integer in the pickle has more than 64 bits");
        TRY(const std::string bytes, takeText(count));
        std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t(0) : 0;
        for (std::size_t i = bytes.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return std::int64_t(value);
    }

    void push(Value value)
    {
        m_stack.push_back(std::move(value));
        ++m_values;
    }

    Result<Value> pop()
    {
        if (m_stack.empty() || as<Mark>(m_stack.back()))
            return corrupt("the pickle takes from an empty stack");
        Value top = std::move(m_stack.back());
        m_stack.pop_back();
        return top;
    }

    Result<List> popToMark()
    {
        List items;
        while (!m_stack.empty() && !as<Mark>(m_stack.back())) {
            items.push_back(std::move(m_stack.back()));
            m_stack.pop_back();
        }
        if (m_stack.empty())
            return corrupt("the pickle uses a mark that was never set");
        m_stack.pop_back();
        std::ranges::reverse(items);
        return items;
    }

    void pushSequence(List items = {})
    {
        m_lists.push_back(std::move(items));
        push(make(Sequence{&m_lists.back()}));
    }

    void pushMap()
    {
        m_maps.emplace_back();
        push(make(Map{&m_maps.back()}));
    }

    Result<> pushTupleOf(std::size_t count)
    {
        List items(count);
        for (std::size_t i = count; i-- > 0;) {
            TRY(items[i], pop());
        }
        pushSequence(std::move(items));
        return {};
    }

    Result<> append(List items)
    {
        const Sequence *list = m_stack.empty() ? nullptr : as<Sequence>(m_stack.back());
        if (!list)
            return corrupt("the pickle appends to something that is no list");
        list->items->insert(list->items->end(), items.begin(), items.end());
        return {};
    }

    Result<> setItems(const List &items)
    {
        const Map *map = m_stack.empty() ? nullptr : as<Map>(m_stack.back());
        if (!map || items.size() % 2 != 0)
            return corrupt("the pickle sets items of something that is no map");
        for (std::size_t i = 0; i < items.size(); i += 2)
            map->entries->emplace_back(items[i], items[i + 1]);
        return {};
    }

    Result<> memoise(std::uint64_t slot)
    {
        if (m_stack.empty() || slot > kMaxStack)
            return corrupt("the pickle remembers more than any model needs");
        m_memo[slot] = m_stack.back();
        return {};
    }

    Result<> recall(std::uint64_t slot)
    {
        const auto found = m_memo.find(slot);
        if (found == m_memo.end())
            return corrupt("the pickle recalls something it never stored");
        push(found->second);
        return {};
    }

    Result<> global(const std::string &module, const std::string &name)
    {
        const auto value = lookUp(module, name);
        if (!value)
            return refused(printable(module) + "." + printable(name));
        push(*value);
        return {};
    }

    Result<> stackGlobal()
    {
        TRY(const Value name, pop());
        TRY(const Value module, pop());
        if (!as<std::string>(name) || !as<std::string>(module))
            return corrupt("the pickle names something by what is no text");
        return global(*as<std::string>(module), *as<std::string>(name));
    }

    // ('storage', TYPE, key, location, elements)
    Result<> storageReference()
    {
        TRY(const Value argument, pop());
        const Sequence *tuple = as<Sequence>(argument);
        if (!tuple || tuple->items->size() != 5)
            return corrupt("the pickle refers to a storage in an unknown way");
        const List &items = *tuple->items;
        const auto *tag = as<std::string>(items[0]), *key = as<std::string>(items[2]);
        const auto *type = as<StorageType>(items[1]);
        const auto *elements = as<std::int64_t>(items[4]);
        if (!tag || *tag != "storage" || !type || !key || !elements || *elements < 0 ||
            key->size() > kMaxKeyBytes)
            return corrupt("the pickle refers to a storage in an unknown way");
        push(make(Storage{type->type, *key, *elements}));
        return {};
    }

    static Result<std::vector<std::int64_t>> integers(const Value &value)
    {
        const Sequence *tuple = as<Sequence>(value);
        if (!tuple || tuple->items->size() > 8)
            return corrupt("a tensor's shape is no list of at most 8 numbers");
        std::vector<std::int64_t> numbers;
        for (const Value &item : *tuple->items) {
            if (!as<std::int64_t>(item))
                return corrupt("a tensor's shape holds something that is no number");
            numbers.push_back(*as<std::int64_t>(item));
        }
        return numbers;
    }

    // (storage, offset, size, stride, ...)
    Result<> rebuildTensor(const List &arguments)
    {
        const Storage *storage = arguments.size() < 4 ? nullptr : as<Storage>(arguments[0]);
        const auto *offset = arguments.size() < 4 ? nullptr : as<std::int64_t>(arguments[1]);
        if (!storage || !offset)
            return corrupt("the pickle rebuilds a tensor from something that is no storage");
        TRY(auto extents, integers(arguments[2]));
        TRY(auto strides, integers(arguments[3]));
        push(make(PickledTensor{"", storage->key, storage->type, storage->elements, *offset,
                                std::move(extents), std::move(strides)}));
        return {};
    }

    Result<> reduce()
    {
        TRY(const Value argument, pop());
        TRY(const Value function, pop());
        const Callable *callable = as<Callable>(function);
        const Sequence *arguments = as<Sequence>(argument);
        if (!callable || !arguments)
            return refused("a call of something unknown");
        switch (*callable) {
        case Callable::OrderedDict: pushMap(); return {};
        case Callable::RebuildTensor: return rebuildTensor(*arguments->items);
        case Callable::RebuildParameter:
            if (arguments->items->empty() || !as<PickledTensor>(arguments->items->front()))
                return corrupt("the pickle makes a parameter of something that is no tensor");
            push(arguments->items->front());
            return {};
        case Callable::Size:
            if (arguments->items->size() != 1)
                return corrupt("the pickle makes a size of something unknown");
            push(arguments->items->front());
            return {};
        case Callable::Ignored: break;
        }
        return refused("a call of something unknown");
    }

    template <typename Length>
    Result<> pushText()
    {
        TRY(const Length count, take<Length>());
        TRY(std::string text, takeText(std::uint64_t(count)));
        if (!isValidUtf8(text))
            return corrupt("a text in the pickle is no valid UTF-8");
        push(make(std::move(text)));
        return {};
    }

    template <typename Length>
    Result<> pushBytes()
    {
        TRY(const Length count, take<Length>());
        TRY(std::string text, takeText(std::uint64_t(count)));
        push(make(std::move(text)));
        return {};
    }

    template <typename T>
    Result<> pushInteger()
    {
        TRY(const T value, take<T>());
        push(make(std::int64_t(value)));
        return {};
    }

    Result<> pushFloat() // big-endian, the only such field
    {
        TRY(const std::uint64_t bits, take<std::uint64_t>());
        push(make(std::bit_cast<double>(__builtin_bswap64(bits))));
        return {};
    }

    template <typename Length>
    Result<> pushLong()
    {
        TRY(const Length count, take<Length>());
        TRY(const std::int64_t value, takeLong(std::uint64_t(count)));
        push(make(value));
        return {};
    }

    template <typename Slot>
    Result<> put()
    {
        TRY(const Slot slot, take<Slot>());
        return memoise(slot);
    }

    template <typename Slot>
    Result<> get()
    {
        TRY(const Slot slot, take<Slot>());
        return recall(slot);
    }

    Result<> step(std::uint8_t opcode)
    {
        switch (opcode) {
        case 0x80: return checkProtocol();
        case 0x95: return checkFrame();
        case '}': pushMap(); return {};
        case ']':
        case ')':
        case 0x8F: pushSequence(); return {};
        case '(': push(make(Mark{})); return {};
        case 0x85: return pushTupleOf(1);
        case 0x86: return pushTupleOf(2);
        case 0x87: return pushTupleOf(3);
        case 't': {
            TRY(List items, popToMark());
            pushSequence(std::move(items));
            return {};
        }
        case 's': {
            TRY(const Value value, pop());
            TRY(const Value key, pop());
            return setItems({key, value});
        }
        case 'u': {
            TRY(const List items, popToMark());
            return setItems(items);
        }
        case 'a': {
            TRY(const Value item, pop());
            return append({item});
        }
        case 'e': {
            TRY(List items, popToMark());
            return append(std::move(items));
        }
        case 'K': return pushInteger<std::uint8_t>();
        case 'M': return pushInteger<std::uint16_t>();
        case 'J': return pushInteger<std::int32_t>();
        case 0x8A: return pushLong<std::uint8_t>();
        case 0x8B: return pushLong<std::uint32_t>();
        case 'G': return pushFloat();
        case 'X': return pushText<std::uint32_t>();
        case 0x8C: return pushText<std::uint8_t>();
        case 0x8D: return pushText<std::uint64_t>();
        case 'T':
        case 'B': return pushBytes<std::uint32_t>();
        case 'U':
        case 'C': return pushBytes<std::uint8_t>();
        case 0x8E: return pushBytes<std::uint64_t>();
        case 'N': push(make(None{})); return {};
        case 0x88: push(make(true)); return {};
        case 0x89: push(make(false)); return {};
        case 'c': {
            TRY(const std::string module, takeLine());
            TRY(const std::string name, takeLine());
            return global(module, name);
        }
        case 0x93: return stackGlobal();
        case 'q': return put<std::uint8_t>();
        case 'r': return put<std::uint32_t>();
        case 0x94: return memoise(m_memo.size());
        case 'h': return get<std::uint8_t>();
        case 'j': return get<std::uint32_t>();
        case 'Q': return storageReference();
        case 'R': return reduce();
        case 'b': // the state of an object we know has nothing that we need
        case '0': {
            TRY_(pop());
            return {};
        }
        case '1': {
            TRY_(popToMark());
            return {};
        }
        case '2':
            if (m_stack.empty())
                return corrupt("the pickle takes from an empty stack");
            push(m_stack.back());
            return {};
        default: return refused(format("pickle opcode 0x%02x", opcode));
        }
    }

    Result<> checkProtocol()
    {
        TRY(const std::uint8_t protocol, take<std::uint8_t>());
        if (protocol < 2 || protocol > 5)
            return unsupported(format("pickle protocol %d is unknown", protocol));
        return {};
    }

    Result<> checkFrame()
    {
        TRY(const std::uint64_t frame, take<std::uint64_t>());
        if (frame > m_bytes.size())
            return corrupt("a frame of the pickle is longer than the file");
        return {};
    }

    std::span<const std::byte> m_bytes;
    std::deque<List> m_lists; // deques: views of what lies in them stay valid
    std::deque<std::vector<std::pair<Value, Value>>> m_maps;
    std::vector<Value> m_stack;
    std::map<std::uint64_t, Value> m_memo;
    std::size_t m_values = 0;
};

// A name may be recalled any number of times, so it is compared before it is copied.
Result<std::vector<PickledTensor>> tensorsOf(const Map &map)
{
    std::vector<PickledTensor> tensors;
    std::set<std::string_view> seen;
    for (const auto &[key, value] : *map.entries) {
        const auto *name = as<std::string>(key);
        const auto *tensor = as<PickledTensor>(value);
        if (!name || !tensor)
            continue;
        if (!seen.insert(*name).second)
            return corrupt("duplicate tensor " + printable(*name));
        tensors.push_back(*tensor);
        tensors.back().name = *name;
    }
    return tensors;
}

} // namespace

Result<std::vector<PickledTensor>> readPickle(std::span<const std::byte> bytes)
{
    Machine machine(bytes);
    TRY(const Value root, machine.run());
    const Map *map = as<Map>(root);
    if (!map)
        return corrupt("the file holds no map from names to tensors");
    TRY(auto tensors, tensorsOf(*map));
    if (!tensors.empty())
        return tensors;
    std::vector<std::vector<PickledTensor>> nested;
    for (const auto &[key, value] : *map->entries) {
        if (const Map *inner = as<Map>(value)) {
            TRY(auto found, tensorsOf(*inner));
            if (!found.empty())
                nested.push_back(std::move(found));
            if (nested.size() > 1)
                return corrupt("the file holds several maps of tensors");
        }
    }
    if (nested.empty())
        return corrupt("the file holds no tensors");
    return std::move(nested.front());
}

} // namespace volary
