// A disk that fails on demand: a shim around SQLite's own file layer.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstring>

namespace volary::test {

// While one is alive, files that SQLite opens go through it. Every write, sync and truncation counts; from
// call number `failAt` on (1 is the first) they fail. SQLite runs on one thread in these tests.
class FailingVfs {
public:
    FailingVfs()
    {
        s_active = this;
        m_base = sqlite3_vfs_find(nullptr);
        m_vfs = *m_base;
        m_vfs.zName = "failing";
        m_vfs.szOsFile = int(sizeof(File)) + m_base->szOsFile;
        m_vfs.xOpen = open;
        sqlite3_vfs_register(&m_vfs, 1);
    }
    ~FailingVfs()
    {
        sqlite3_vfs_register(m_base, 1);
        sqlite3_vfs_unregister(&m_vfs);
        s_active = nullptr;
    }
    FailingVfs(const FailingVfs &) = delete;
    FailingVfs &operator=(const FailingVfs &) = delete;

    void failFrom(int call, int code)
    {
        m_calls = 0;
        m_failAt = call;
        m_code = code;
    }
    void heal() { m_failAt = 0; }
    bool failed() const { return m_failAt != 0 && m_calls >= m_failAt; }

private:
    struct File {
        sqlite3_file file;
        const sqlite3_io_methods *base;
    };

    static int verdict()
    {
        ++s_active->m_calls;
        return s_active->failed() ? s_active->m_code : SQLITE_OK;
    }
    static sqlite3_file *real(sqlite3_file *file)
    {
        return reinterpret_cast<sqlite3_file *>(reinterpret_cast<std::byte *>(file) + sizeof(File));
    }
    template <auto Method, typename... Arguments>
    static int forward(sqlite3_file *file, Arguments... arguments)
    {
        sqlite3_file *const to = real(file);
        return (to->pMethods->*Method)(to, arguments...);
    }
    template <auto Method, typename... Arguments>
    static int counted(sqlite3_file *file, Arguments... arguments)
    {
        const int code = verdict();
        return code != SQLITE_OK ? code : forward<Method>(file, arguments...);
    }
    static void barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }

    static int open(sqlite3_vfs *, const char *name, sqlite3_file *file, int flags, int *outFlags)
    {
        using M = sqlite3_io_methods;
        static const sqlite3_io_methods methods{
            2,
            forward<&M::xClose>,
            forward<&M::xRead, void *, int, sqlite3_int64>,
            counted<&M::xWrite, const void *, int, sqlite3_int64>,
            counted<&M::xTruncate, sqlite3_int64>,
            counted<&M::xSync, int>,
            forward<&M::xFileSize, sqlite3_int64 *>,
            forward<&M::xLock, int>,
            forward<&M::xUnlock, int>,
            forward<&M::xCheckReservedLock, int *>,
            forward<&M::xFileControl, int, void *>,
            forward<&M::xSectorSize>,
            forward<&M::xDeviceCharacteristics>,
            forward<&M::xShmMap, int, int, int, void volatile **>,
            forward<&M::xShmLock, int, int, int>,
            barrier,
            forward<&M::xShmUnmap, int>,
            nullptr,
            nullptr,
        };
        file->pMethods = nullptr;
        sqlite3_file *const to = real(file);
        const int code = s_active->m_base->xOpen(s_active->m_base, name, to, flags, outFlags);
        if (to->pMethods)
            file->pMethods = &methods;
        return code;
    }

    static inline FailingVfs *s_active = nullptr;
    sqlite3_vfs *m_base = nullptr;
    sqlite3_vfs m_vfs{};
    int m_calls = 0;
    int m_failAt = 0;
    int m_code = SQLITE_OK;
};

} // namespace volary::test
