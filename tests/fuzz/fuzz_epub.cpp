// Books: a zip archive, XML and XHTML in one.
#include "core/documents/epub.h"
#include "file_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    volary::test::withFile(
        {reinterpret_cast<const char *>(data), size},
        [](const std::filesystem::path &path) { volary::test::checkRefusal(volary::readEpub(path)); });
    return 0;
}
