#include "core/engine/store_thread.h"

namespace volary {

StoreThread::StoreThread(std::filesystem::path path, std::function<void(const Result<LibraryInfo> &)> opened)
{
    m_worker.post([this, path = std::move(path), opened = std::move(opened)](std::stop_token) {
        if (path.empty()) {
            m_error = Error{ErrorCode::NotFound, "There is no library: nothing is stored.",
                            "Start without --no-library."};
            return;
        }
        const auto open = [&]() -> Result<LibraryInfo> {
            TRY(m_library, Library::open(path));
            return m_library->info();
        };
        const Result<LibraryInfo> outcome = open();
        if (!outcome) {
            m_library.reset();
            m_error = outcome.error();
        }
        opened(outcome);
    });
}

void StoreThread::post(std::function<void(Result<Library *>)> job)
{
    m_worker.post([this, job = std::move(job)](std::stop_token) {
        if (m_library)
            job(m_library.get());
        else
            job(*m_error);
    });
}

} // namespace volary
