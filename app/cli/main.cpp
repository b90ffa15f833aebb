// volary-cli: the engine without a window.
//
// Exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled by Ctrl-C.
#include "app/cli/commands.h"
#include "app/cli/sampling_options.h"
#include "core/base/text.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace volary;
using namespace volary::cli;

namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2, kInterrupted = 130;

struct Command {
    std::string_view name;
    std::string_view words; // after the name
    std::string_view help;
    const std::vector<Option> *options;
    Result<> (*run)(Context &);
    bool adapts = false;  // takes kAdapterOptions
    bool samples = false; // takes kSamplingOptions
};

const std::vector<Option> kNoOptions;

const std::array kCommands{
    Command{"devices", "", "list the devices that can be used, and why others cannot", &kNoOptions, devices},
    Command{"info", "MODEL", "architecture, sizes, tensors and state of a model", &kNoOptions, info, true},
    Command{"tokenize", "MODEL", "text to tokens", &kTokenizeOptions, tokenize},
    Command{"detokenize", "MODEL", "tokens to text, byte by byte", &kDetokenizeOptions, detokenize},
    Command{"logits", "MODEL", "run tokens and write the logits to a file", &kLogitsOptions, logits, true},
    Command{"generate", "MODEL", "continue a prompt", &kGenerateOptions, generate, true, true},
    Command{"perplexity", "MODEL", "how well a model predicts a text", &kPerplexityOptions, perplexity, true},
    Command{"merge", "MODEL ADAPTER[=S] OUT.safetensors", "write a model with an adapter merged into it",
            &kNoOptions, merge, true},
    Command{"quantize", "MODEL OUT.gguf --dtype TYPE", "write a smaller model, and tell what that costs",
            &kQuantizeOptions, quantize, true},
    Command{"bench", "[MODEL]", "speed, beside what the machine can do", &kBenchOptions, bench},
    Command{"snapshot", "list|show|save|rename|pin|diff|shrink|export|import|delete ...",
            "the snapshots of a library", &kSnapshotOptions, snapshot},
    Command{"library", "backup|restore|import FILE",
            "the whole library as one file, and back; chats from other programs", &kLibraryOptions, library},
    Command{"read", "MODEL DOCUMENT", "read a document once, to be asked about; goes on where it stopped",
            &kReadOptions, read, true},
    Command{"ask", "MODEL --document ID QUESTION", "ask about a document that was read", &kAskOptions, ask,
            true, true},
};

void printOptions(const std::vector<Option> &options)
{
    for (const Option &option : options) {
        const std::string left =
            "--" + std::string(option.name) + (option.value.empty() ? "" : " ") + std::string(option.value);
        std::printf("  %-26s %s\n", left.c_str(), std::string(option.help).c_str());
    }
}

void printHelp()
{
    std::printf("Usage: volary-cli COMMAND [options]\n\nCommands:\n");
    for (const Command &command : kCommands)
        std::printf("  %-12s %s\n", std::string(command.name).c_str(), std::string(command.help).c_str());
    std::printf("\nMODEL is a file, a folder, or bundled:NAME. Options of every command:\n");
    printOptions(kCommonOptions);
    std::printf("\nvolary-cli COMMAND --help tells more.\n");
}

void printHelp(const Command &command)
{
    std::printf("Usage: volary-cli %s %s [options]\n\n%s\n\nOptions:\n", std::string(command.name).c_str(),
                std::string(command.words).c_str(), std::string(command.help).c_str());
    printOptions(*command.options);
    if (command.samples)
        printOptions(kSamplingOptions);
    if (command.adapts)
        printOptions(kAdapterOptions);
    printOptions(kCommonOptions);
}

int report(const Error &error, int status)
{
    std::fprintf(stderr, "error: %s\n", error.what.c_str());
    if (!error.remedy.empty())
        std::fprintf(stderr, "hint: %s\n", error.remedy.c_str());
    return status;
}

// Turns Ctrl-C into a stop request. The signal is blocked everywhere and waited for here, because a handler
// may do next to nothing. A second Ctrl-C ends the program at once.
class Interrupts {
public:
    Interrupts()
    {
        sigemptyset(&m_set);
        sigaddset(&m_set, SIGINT);
        sigaddset(&m_set, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &m_set, nullptr);
        std::thread([this] {
            int signal = 0;
            sigwait(&m_set, &signal);
            m_stop.request_stop();
            sigwait(&m_set, &signal);
            std::_Exit(kInterrupted);
        }).detach(); // waits until the process ends
    }
    std::stop_token token() const { return m_stop.get_token(); }

private:
    sigset_t m_set{};
    std::stop_source m_stop;
};

int runCommand(const Command &command, std::span<const std::string> words, std::stop_token stop)
{
    std::vector<Option> options = *command.options;
    if (command.samples)
        options.insert(options.end(), kSamplingOptions.begin(), kSamplingOptions.end());
    if (command.adapts)
        options.insert(options.end(), kAdapterOptions.begin(), kAdapterOptions.end());
    options.insert(options.end(), kCommonOptions.begin(), kCommonOptions.end());
    auto arguments = Arguments::parse(words, options);
    if (!arguments)
        return report(arguments.error(), kWrongUsage);
    if (arguments.value().has("help")) {
        printHelp(command);
        return kDone;
    }
    Context context(std::move(arguments).value(), stop);
    const Result<> outcome = command.run(context);
    context.endProgress();
    if (outcome)
        return kDone;
    if (outcome.error().code == ErrorCode::Cancelled && stop.stop_requested())
        return report(outcome.error(), kInterrupted);
    return report(outcome.error(), outcome.error().code == ErrorCode::Invalid ? kWrongUsage : kFailed);
}

} // namespace

int main(int argc, char **argv)
{
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty() || words[0] == "--help" || words[0] == "help") {
        printHelp();
        return words.empty() ? kWrongUsage : kDone;
    }
    if (words[0] == "--version") {
        std::printf("volary-cli %s\n", VOLARY_VERSION);
        return kDone;
    }
    static Interrupts interrupts; // outlives its thread
    for (const Command &command : kCommands) {
        if (command.name == words[0])
            return runCommand(command, std::span(words).subspan(1), interrupts.token());
    }
    return report({ErrorCode::Invalid, format("There is no command “%s”.", printable(words[0]).c_str()),
                   "volary-cli --help lists them."},
                  kWrongUsage);
}
