#include "kernels/cuda/backend.h"

#include "core/base/check.h"
#include "core/base/text.h"
#include "kernels/cuda/errors.h"
#include "kernels/cuda/linear_many.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/program.h"

#include <cstring>
#include <cuda_runtime.h>

namespace volary::cuda {

namespace {

constexpr std::size_t kLargeMemory = std::size_t(15) << 30;

constexpr std::size_t kStagingBytes = std::size_t(1) << 20;
constexpr int kOldestCapability = 75; // what the library is built for (CMakeLists.txt)

std::byte *memoryOf(const Buffer &buffer)
{
    return static_cast<const DeviceBuffer &>(buffer).device();
}

class CudaBackend final : public Backend {
public:
    CudaBackend(Device device, cudaStream_t stream, void *staging)
        : m_device(std::move(device)), m_stream(stream), m_staging(staging)
    {}
    ~CudaBackend() override
    {
        cudaStreamSynchronize(m_stream);
        cudaStreamDestroy(m_stream);
        cudaFreeHost(m_staging);
    }

    const Device &device() const override { return m_device; }

    bool supports(OpKind kind, DType weights) const override
    {
        switch (kind) {
        case OpKind::Embed:
        case OpKind::Linear: return weights == DType::F32 || weights == DType::F16 || weights == DType::BF16;
        case OpKind::LayerNorm:
        case OpKind::TokenShift:
        case OpKind::Lerp:
        case OpKind::Activate:
        case OpKind::Add:
        case OpKind::Mul:
        case OpKind::Decay6:
        case OpKind::Decay7:
        case OpKind::NormalizeHeads:
        case OpKind::ScaleKey7:
        case OpKind::Wkv4:
        case OpKind::Wkv5:
        case OpKind::Wkv7:
        case OpKind::GroupNorm:
        case OpKind::Bonus7:
        case OpKind::RmsNorm:
        case OpKind::AtMost:
        case OpKind::Rope:
        case OpKind::RepeatHeads:
        case OpKind::KeepTokens:
        case OpKind::KeepRows:
        case OpKind::KeptRows:
        case OpKind::Attention:
        case OpKind::Window:
        case OpKind::LastRows: return weights == DType::F32;
        default: return false; // has been added since
        }
    }

    Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) override
    {
        TRY(auto buffer, DeviceBuffer::create(bytes));
        return std::shared_ptr<Buffer>(std::move(buffer));
    }

    Result<> upload(Buffer &to, std::size_t offset, std::span<const std::byte> from) override
    {
        VOLARY_CHECK(offset <= to.bytes() && from.size() <= to.bytes() - offset,
                     "an upload stays inside its buffer");
        return transfer(memoryOf(to) + offset, from.data(), from.size(), cudaMemcpyHostToDevice);
    }

    Result<> download(std::span<std::byte> to, const Buffer &from, std::size_t offset) override
    {
        VOLARY_CHECK(offset <= from.bytes() && to.size() <= from.bytes() - offset,
                     "a download stays inside its buffer");
        return transfer(to.data(), memoryOf(from) + offset, to.size(), cudaMemcpyDeviceToHost);
    }

    Result<> copy(Buffer &to, std::size_t toOffset, const Buffer &from, std::size_t fromOffset,
                  std::size_t bytes) override
    {
        VOLARY_CHECK(toOffset <= to.bytes() && bytes <= to.bytes() - toOffset,
                     "a copy stays inside its target");
        VOLARY_CHECK(fromOffset <= from.bytes() && bytes <= from.bytes() - fromOffset,
                     "a copy stays inside its source");
        return transfer(memoryOf(to) + toOffset, memoryOf(from) + fromOffset, bytes,
                        cudaMemcpyDeviceToDevice);
    }

    Result<std::unique_ptr<Program>> prepare(std::shared_ptr<const Plan> plan) override
    {
        for (const PlanOp &op : plan->ops) {
            const bool hasMatrix = op.kind == OpKind::Embed || op.kind == OpKind::Linear;
            const DType type = hasMatrix ? plan->values[std::size_t(op.inputs[0])].type : DType::F32;
            if (!supports(op.kind, type))
                return Error{ErrorCode::Unsupported,
                             format("The op %s with %s weights does not exist on %s.",
                                    std::string(name(op.kind)).c_str(), std::string(name(type)).c_str(),
                                    m_device.name.c_str()),
                             "Choose another weight type or device."};
        }
        TRY(auto program, CudaProgram::create(std::move(plan)));
        if (!m_arena || m_arena->bytes() < program->arenaBytes()) {
            m_arena.reset(); // first, so that both are never held at once
            ++m_arenaNumber;
            TRY(m_arena, DeviceBuffer::create(program->arenaBytes()));
        }
        return std::unique_ptr<Program>(std::move(program));
    }

    Result<> run(Program &program, const Bindings &bindings) override
    {
        const Plan &plan = program.plan();
        VOLARY_CHECK(bindings.tokens.size() == std::size_t(plan.rows) &&
                         bindings.firstRow.size() == std::size_t(plan.sequences) + 1 &&
                         bindings.states.size() == std::size_t(plan.sequences) &&
                         bindings.positions.size() == std::size_t(plan.sequences),
                     "bindings fit the plan");
        TRY_(static_cast<CudaProgram &>(program).enqueue(bindings, m_arena->device(), m_arenaNumber,
                                                         m_stream));
        return check(cudaStreamSynchronize(m_stream), "running the model");
    }

    Result<> read(const Program &program, ValueId id, std::span<float> to) override
    {
        const PlanValue &value = program.plan().values[std::size_t(id)];
        VOLARY_CHECK(value.kept && to.size() == std::size_t(value.shape.elements()),
                     "only kept values can be read");
        const std::byte *from = m_arena->device() + static_cast<const CudaProgram &>(program).offset(id);
        if (to.size_bytes() > kStagingBytes)
            return transfer(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost);
        TRY_(transfer(m_staging, from, to.size_bytes(), cudaMemcpyDeviceToHost));
        std::memcpy(to.data(), m_staging, to.size_bytes());
        return {};
    }

private:
    Result<> transfer(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind)
    {
        TRY_(check(cudaMemcpyAsync(to, from, bytes, kind, m_stream), "copying memory"));
        return check(cudaStreamSynchronize(m_stream), "copying memory");
    }

    Device m_device;
    cudaStream_t m_stream;
    void *m_staging; // memory that the device writes into without help, for the logits of a few rows
    std::shared_ptr<DeviceBuffer> m_arena; // shared by all programs: they never run together
    int m_arenaNumber = 0;                 // of the arenas so far; an address may come back
};

std::string driverVersion(int version)
{
    return format("%d.%d", version / 1000, version % 1000 / 10);
}

} // namespace

Result<Device> describeDevice()
{
    int driver = 0, devices = 0;
    if (cudaDriverGetVersion(&driver) != cudaSuccess)
        driver = 0;
    const cudaError_t counted = cudaGetDeviceCount(&devices);
    if (driver == 0)
        return Error{ErrorCode::Unsupported, "There is no NVIDIA driver.",
                     "Install the driver of the GPU, or use the cpu backend."};
    if (counted == cudaErrorInsufficientDriver || driver < CUDART_VERSION / 1000 * 1000)
        return Error{ErrorCode::Unsupported,
                     format("The NVIDIA driver knows CUDA %s only, and %s is needed.",
                            driverVersion(driver).c_str(),
                            driverVersion(CUDART_VERSION / 1000 * 1000).c_str()),
                     "Install a newer driver, or use the cpu backend."};
    if (counted == cudaErrorNoDevice || (counted == cudaSuccess && devices == 0))
        return Error{ErrorCode::Unsupported, "The NVIDIA driver finds no GPU.", "Use the cpu backend."};
    TRY_(check(counted, "looking for devices"));
    cudaDeviceProp properties;
    TRY_(check(cudaGetDeviceProperties(&properties, 0), "asking what it is"));
    const int capability = properties.major * 10 + properties.minor;
    if (capability < kOldestCapability)
        return Error{ErrorCode::Unsupported,
                     format("%s has compute capability %d.%d, and 7.5 is the oldest that is supported.",
                            printable(properties.name).c_str(), properties.major, properties.minor),
                     "Use the cpu backend."};
    return Device{
        .backend = "cuda",
        .name = printable(properties.name),
        .memoryBytes = properties.totalGlobalMem,
        // The order of sums is fixed, but exp() and the like are the compiler's for each generation.
        .numericProfile = format("cuda-3 sm_%d", capability),
        // More rows fill more multiprocessors and take more memory for their activations.
        .rowsAtOnce = properties.totalGlobalMem >= kLargeMemory ? 2048 : 1024,
        .manyRows = kManyRows};
}

Result<std::unique_ptr<Backend>> makeBackend()
{
    TRY(Device device, describeDevice());
    TRY_(check(cudaSetDevice(0), "opening it"));
    cudaStream_t stream = nullptr;
    TRY_(check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "opening it"));
    void *staging = nullptr;
    TRY_(check(cudaMallocHost(&staging, kStagingBytes), "opening it"));
    return std::unique_ptr<Backend>(std::make_unique<CudaBackend>(std::move(device), stream, staging));
}

} // namespace volary::cuda
