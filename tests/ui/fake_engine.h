// Stands for the engine in tests of pages: records what the window asks, and answers what the test says.
#pragma once

#include "core/text/tokenizer.h"
#include "ui/bridge/engine_bridge.h"

#include <QCoreApplication>

#include <functional>
#include <vector>

namespace volary::ui {

// Lives on the UI thread, like the pages. Events go through the real bridge; settle() waits until they are
// through.
class FakeEngine {
public:
    struct Posted {
        RequestId request;
        Command command;
    };

    FakeEngine()
        : m_bridge([this](Command command) { return record(std::move(command)); },
                   [this](RequestId request) { cancelled.push_back(request); })
    {}

    EngineBridge &bridge() { return m_bridge; }

    // Answers every command of a kind from now on:
    // engine.on<command::Search>([&](RequestId id, const command::Search &c) { ... });
    template <typename C>
    void on(std::function<void(RequestId, const C &)> reply)
    {
        m_replies.push_back([reply = std::move(reply)](const Posted &posted) {
            if (const auto *command = std::get_if<C>(&posted.command))
                reply(posted.request, *command);
        });
    }

    void send(RequestId request, Event event) { m_bridge.deliver(request, std::move(event)); }

    // Until every event that was sent has been announced, held-back text too.
    void settle()
    {
        bool arrived = false;
        const auto marker =
            QObject::connect(&m_bridge, &EngineBridge::libraryVerified, &m_bridge, [&] { arrived = true; });
        send(0, event::LibraryVerified{});
        while (!arrived)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QObject::disconnect(marker);
        QCoreApplication::processEvents();
    }

    template <typename C>
    int count() const
    {
        int found = 0;
        for (const Posted &posted : commands)
            found += std::holds_alternative<C>(posted.command) ? 1 : 0;
        return found;
    }

    // The newest command of a kind, or null.
    template <typename C>
    const C *last() const
    {
        for (auto posted = commands.rbegin(); posted != commands.rend(); ++posted)
            if (const auto *command = std::get_if<C>(&posted->command))
                return command;
        return nullptr;
    }
    RequestId lastRequest() const { return commands.empty() ? 0 : commands.back().request; }

    std::vector<Posted> commands;
    std::vector<RequestId> cancelled;

private:
    RequestId record(Command command)
    {
        const Posted posted{m_nextRequest++, std::move(command)};
        commands.push_back(posted);
        for (const auto &reply : m_replies)
            reply(posted);
        return posted.request;
    }

    std::vector<std::function<void(const Posted &)>> m_replies;
    RequestId m_nextRequest = 1;
    EngineBridge m_bridge;
};

// A small RWKV-7 with the proportions of a real one: two layers, 128 wide, 1000 tokens.
inline std::shared_ptr<const ModelDescription> sampleModel()
{
    auto model = std::make_shared<ModelDescription>();
    model->path = "/models/sample-goose/model.safetensors";
    model->info = {.architecture = "rwkv7",
                   .title = "RWKV-7 “Goose”",
                   .layers = 2,
                   .width = 128,
                   .heads = 2,
                   .headSize = 64,
                   .hidden = 512,
                   .vocabulary = 1000,
                   .parameters = 700'000};
    model->format = "safetensors";
    model->device = "CPU, 2 threads";
    model->tokenizer = "sentencepiece";
    model->chatFormat = "goose-tiny";
    model->weightTypes = "f16";
    model->fileBytes = 1'400'000;
    model->weightBytes = 1'400'000;
    model->tensors.push_back({"emb.weight", DType::F16, Shape{1000, 128}});
    for (int layer = 0; layer < model->info.layers; ++layer) {
        const std::string block = "blocks." + std::to_string(layer);
        model->tensors.push_back({block + ".att.receptance.weight", DType::F16, Shape{128, 128}});
        model->tensors.push_back({block + ".ffn.key.weight", DType::F16, Shape{512, 128}});
        model->state.push_back({block + ".att.shift", DType::F32, Shape{128}, StateGrowth::Fixed,
                                StateRole::AttentionShift, layer, "channel"});
        model->state.push_back({block + ".att.wkv", DType::F32, Shape{2, 64, 64}, StateGrowth::Fixed,
                                StateRole::Wkv, layer, "head,value,key"});
        model->stateBytes += 4 * (128 + 2 * 64 * 64);
    }
    model->tensors.push_back({"head.weight", DType::F16, Shape{1000, 128}});
    return model;
}

} // namespace volary::ui
