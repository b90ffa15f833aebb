#include "app/window/arguments.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace volary {

namespace {

Error wrongUsage(std::string what)
{
    return {ErrorCode::Invalid, std::move(what), "volary --help shows what there is."};
}

Result<int> threadCount(const std::string &word)
{
    int count = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), count);
    if (failure != std::errc() || end != word.data() + word.size() || count < 0 || count > 1024)
        return wrongUsage("--threads needs a number from 0 (one per core) to 1024, not \"" + printable(word) +
                          "\".");
    return count;
}

bool isOption(const std::string &word)
{
    constexpr std::array kOptions = {"--library", "--model",       "--backend",
                                     "--threads", "--screenshots", "--theme"};
    return std::find(kOptions.begin(), kOptions.end(), word) != kOptions.end();
}

// `option` is one of those above.
Result<> apply(WindowArguments &parsed, const std::string &option, const std::string &value)
{
    if (option == "--library") {
        parsed.library = value;
    } else if (option == "--model") {
        parsed.model = value;
    } else if (option == "--backend") {
        parsed.backend = value;
    } else if (option == "--threads") {
        TRY(parsed.threads, threadCount(value));
    } else if (option == "--screenshots") {
        parsed.task = WindowArguments::Task::Screenshots;
        parsed.pictures = value;
    } else {
        if (value != "light" && value != "dark" && value != "both")
            return wrongUsage("--theme takes light, dark or both, not \"" + printable(value) + "\".");
        parsed.theme = value;
    }
    return {};
}

} // namespace

Result<WindowArguments> parseWindowArguments(const std::vector<std::string> &arguments)
{
    WindowArguments parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string &word = arguments[i];
        if (word == "--help" || word == "-h") {
            parsed.task = WindowArguments::Task::Help;
            return parsed;
        }
        if (word == "--version") {
            parsed.task = WindowArguments::Task::Version;
            return parsed;
        }
        if (!word.starts_with("-")) {
            if (parsed.model)
                return wrongUsage("One model can be opened at a time; \"" + printable(word) +
                                  "\" is a second one.");
            parsed.model = word;
            continue;
        }
        const auto equals = word.find('=');
        const std::string option = word.substr(0, equals);
        if (!isOption(option))
            return wrongUsage("There is no option " + printable(option) + ".");
        if (equals != std::string::npos) {
            TRY_(apply(parsed, option, word.substr(equals + 1)));
        } else if (i + 1 < arguments.size()) {
            TRY_(apply(parsed, option, arguments[++i]));
        } else {
            return wrongUsage(printable(option) + " needs a value.");
        }
    }
    return parsed;
}

std::string windowHelp()
{
    return "Usage: volary [options] [MODEL]\n"
           "\n"
           "A desktop studio for recurrent language models. MODEL is a model file or folder.\n"
           "\n"
           "  --model MODEL       the same as MODEL\n"
           "  --library FILE      where conversations are kept (default: the user's library)\n"
           "  --backend NAME      auto, cpu or reference\n"
           "  --threads N         processor threads, 0 for one per core\n"
           "  --screenshots DIR   writes pictures of the window into DIR and ends\n"
           "  --theme NAME        of the pictures: light, dark or both\n"
           "  --help, --version   show this text, or the version, and end\n";
}

} // namespace volary
