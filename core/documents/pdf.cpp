#include "core/documents/pdf.h"

#include "core/documents/child_process.h"
#include "core/documents/decode_text.h"
#include "core/documents/document.h"

namespace volary {

namespace {
constexpr std::string_view kProgram = "pdftotext";
} // namespace

bool canReadPdf()
{
    return findProgram(kProgram).has_value();
}

Result<std::string> readPdf(const std::filesystem::path &path, std::stop_token stop)
{
    const auto program = findProgram(kProgram);
    if (!program)
        return Error{ErrorCode::NotFound, "Reading PDF needs the program pdftotext, which is not installed.",
                     "Install the package poppler-utils."};
    std::error_code failure;
    const auto whole = std::filesystem::absolute(path, failure); // a name that begins with "-" is no option
    ChildLimits limits;
    limits.outputBytes = kMaxDocumentText;
    TRY(const std::string output,
        runChild(*program, {"-q", "-enc", "UTF-8", "-eol", "unix", whole.native(), "-"}, limits,
                 std::move(stop)));
    TRY(DecodedText decoded, decodeText(output));
    if (decoded.text.find_first_not_of(" \n\t") == std::string::npos)
        return Error{ErrorCode::Unsupported, "This PDF holds no text: its pages are pictures.",
                     "Run a text recognition (OCR) over it first."};
    return std::move(decoded.text);
}

} // namespace volary
