// Runs a model: plans for the sizes that come up, several sequences at once.
#pragma once

#include "core/io/tensor_file.h"
#include "core/models/model.h"
#include "core/session/initial_state.h"
#include "core/session/state.h"
#include "core/tensor/backend.h"

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

namespace volary {

// What one sequence contributes to a run.
struct SequenceInput {
    std::span<const TokenId> tokens; // at least one
    State *state;                    // advanced by all of them
};

// What one attention asked for and got, in the run of one token.
struct AttentionProbe {
    int keys, values; // the state tensors
    int heads, keyHeads;
    std::vector<float> query; // [H, N]
    std::vector<float> read;  // [H, N]
};

// A model on a backend. Records a plan when a size comes up for the first time and keeps the last few. Used
// by one thread; model and backend must outlive it.
class Runner {
public:
    // What every device takes in one run. Where more rows at once are faster, rowsAtOnce() says how many.
    static constexpr int kMaxRows = 256;

    Runner(const Model &model, Backend &backend) : m_model(model), m_backend(backend) {}

    const Model &model() const { return m_model; }
    Backend &backend() const { return m_backend; }

    // Longer inputs are cut into chunks of this many rows; a cancel answers within one chunk.
    int rowsAtOnce() const { return m_backend.device().rowsAtOnce; }

    // As the spec says, or as startFrom() was told.
    Result<State> newState() const;
    // Every state made from now on begins with the tuned matrices in `file` (initial_state.h).
    Result<> startFrom(const TensorFile &file);
    const std::string &beginning() const { return m_initial.fingerprint; } // SnapshotImage::beginning

    // One run of at most rowsAtOnce() rows in all. After an error the states are undefined.
    Result<> run(std::span<const SequenceInput> inputs, Want want);

    // A run of one token that also tells of every attention, in the order of the layers; empty where the
    // model has none. It has a plan of its own, so that other runs keep nothing for it.
    Result<std::vector<AttentionProbe>> probe(TokenId token, State &state);

    // The rows of the last run: [B, V] or [R, V] logits, and [B, C] or [R, C] of what entered the head.
    Result<> readLogits(std::span<float> to);
    Result<> readHidden(std::span<float> to);

private:
    enum class Task : std::uint8_t { Run, Probe, Rebuild };
    struct KnownProgram {
        Task task;
        std::unique_ptr<Program> program;
    };

    Result<Program *> programFor(Task task, int rows, int sequences, Want want);
    Result<> runAs(Task task, std::span<const SequenceInput> inputs, Want want);
    Result<> rebuild(State &state); // what its restored tensors derive
    Result<> execute(Program &program, std::span<const SequenceInput> inputs,
                     std::span<const std::int64_t> positions);
    Result<> checkTokens(std::span<const TokenId> tokens) const;

    const Model &m_model;
    Backend &m_backend;
    std::list<KnownProgram> m_programs; // most recently used first
    InitialState m_initial;             // without tensors: as the spec says
    Program *m_last = nullptr;          // one of them
};

} // namespace volary
