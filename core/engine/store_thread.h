// The thread that owns the library.
#pragma once

#include "core/base/worker.h"
#include "core/store/library.h"

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>

namespace volary {

// Everything that touches the library is posted here. The engine thread may wait for an answer; this thread
// never waits for the engine, so there is no circle.
class StoreThread {
public:
    // `opened` is called on the store thread with the outcome. Without a path there is no library, and every
    // call fails politely.
    StoreThread(std::filesystem::path path, std::function<void(const Result<LibraryInfo> &)> opened);

    // Runs `job` with the library, or with the reason why there is none.
    void post(std::function<void(Result<Library *>)> job);

    // Runs `job` there and waits for its result. Not to be called on the store thread.
    template <typename T>
    Result<T> call(std::function<Result<T>(Library &)> job)
    {
        std::promise<Result<T>> promise;
        auto answer = promise.get_future();
        post([&](Result<Library *> library) {
            promise.set_value(library ? job(*library.value()) : Result<T>(std::move(library).error()));
        });
        return answer.get();
    }

private:
    std::unique_ptr<Library> m_library; // touched on the worker only
    std::optional<Error> m_error;       // why there is none; likewise
    Worker m_worker;                    // last: it ends before what its jobs use
};

} // namespace volary
