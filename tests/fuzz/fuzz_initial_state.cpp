// Files of tuned states, for a model of two blocks with two heads of two channels.
#include "core/models/blocks/states.h"
#include "core/session/initial_state.h"
#include "kernels/reference/backend.h"
#include "tensor_input.h"

using namespace volary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto backend = makeReferenceBackend();
    static const std::vector<StateTensor> spec{attentionShift(0, 4), keyValueState(0, 2, 2),
                                               attentionShift(1, 4), keyValueState(1, 2, 2)};
    auto state = State::create(*backend, spec);
    VOLARY_CHECK(state, "a small state can be made");
    test::withFile({reinterpret_cast<const char *>(data), size}, [&](const std::filesystem::path &path) {
        const auto file = openTensorFile(path);
        test::checkRefusal(file);
        if (!file)
            return;
        const auto read = readInitialState(*file.value(), state.value());
        test::checkRefusal(read);
        if (read)
            VOLARY_CHECK(state.value().upload(read.value().tensors), "what was accepted fits");
    });
    return 0;
}
