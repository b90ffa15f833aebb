// A model made ready: its file, device, vocabulary and what to tell people about it.
#pragma once

#include "core/engine/messages.h"
#include "core/models/registry.h"
#include "core/session/session.h"
#include "core/text/chat_format.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace volary {

struct ModelRequest {
    std::filesystem::path path; // of a weights file, or of a folder that holds one
    std::string backend = "auto";
    int threads = 0;
    ModelOptions options = {};
    // Of GoldFinch models: bytes for the rows that are derived from a conversation's cache, and their type.
    std::optional<std::uint64_t> cacheBudget; // nothing: a quarter of the device's memory; 0: no bound
    DType cacheType = DType::F32;
    std::vector<std::filesystem::path> vocabularies; // folders to search after the model's own
    bool vocabularyNeeded = true; // else a model without one opens too, for work on token ids
};

// Owns everything that a session needs. Lives on the engine thread; sessions must not outlive it.
class LoadedModel {
public:
    using Progress = std::function<void(double fraction, std::string_view stage)>;

    // A stop is answered within one tensor, as ErrorCode::Cancelled.
    static Result<std::unique_ptr<LoadedModel>>
    open(const ModelRequest &request, const Progress &progress = {}, std::stop_token stop = {});

    // Shared, because the window keeps it beyond the model's life.
    const std::shared_ptr<const ModelDescription> &description() const { return m_description; }
    const ModelIdentity &identity() const { return m_description->identity; }
    const Tokenizer &tokenizer() const { return *m_description->vocabulary; }
    Runner &runner() { return *m_runner; }

    // Tokens that end a text and are never shown.
    const std::vector<TokenId> &endTokens() const { return m_endTokens; }
    // The same and those that end a reply in this format.
    std::vector<TokenId> endTokens(const ChatFormat &format) const;

    Result<Session> newSession(const SamplerSettings &settings);

private:
    LoadedModel() = default;

    std::unique_ptr<Backend> m_backend; // first: everything below lives on it
    std::unique_ptr<const Model> m_model;
    std::unique_ptr<Runner> m_runner;
    std::shared_ptr<const ModelDescription> m_description;
    std::vector<TokenId> m_endTokens;
};

} // namespace volary
