// The backends that tests run on: those in host memory always, a GPU where this machine has one.
#pragma once

#include "core/engine/backends.h"

#include <QTest>

namespace volary::test {

// Empty when the backend can be used here.
inline QString whyUnusable(const QString &backend)
{
    for (const DeviceChoice &choice : listDevices()) {
        if (choice.device.backend == backend.toStdString())
            return QString::fromStdString(choice.unusable);
    }
    return "there is no such backend";
}

// How often to try something at random: through Vulkan less often, since where there is no GPU its software
// device takes a hundred times as long.
inline int roundsOn(const QString &backend, int rounds)
{
    return backend == "vulkan" ? (rounds + 3) / 4 : rounds;
}

// Requires whyUnusable() to be empty.
inline std::unique_ptr<Backend> makeBackendForTest(const QString &backend)
{
    auto made = makeBackend(backend.toStdString(), 2);
    if (!made)
        qFatal("%s", made.error().what.c_str());
    return std::move(made).value();
}

} // namespace volary::test

// Skips the test, and says why, where a backend cannot be used.
#define SKIP_WITHOUT(backend)                                                                                \
    do {                                                                                                     \
        if (const QString reason = volary::test::whyUnusable(backend); !reason.isEmpty())                    \
            QSKIP(qPrintable(reason));                                                                       \
    } while (false)
