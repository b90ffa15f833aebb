#include "app/cli/commands.h"
#include "app/cli/model.h"
#include "app/cli/sampling_options.h"
#include "app/cli/snapshot_argument.h"
#include "app/cli/token_file.h"

#include "core/base/text.h"
#include "core/engine/document_reading.h"

#include <cstdio>

namespace volary::cli {

const std::vector<Option> kAskOptions{
    {"document", "ID", "the document, by its number; several are asked in turn"},
    {"chat-format", "NAME", "how turns are written; default: the model's own"},
    {"initial-state", "FILE", "the tuned state that the document was read with"},
};

namespace {

Result<std::vector<DocumentId>> documentOptions(const Arguments &arguments)
{
    std::vector<DocumentId> documents;
    for (const std::string &word : arguments.all("document")) {
        const auto id = snapshotNumber(word);
        if (!id)
            return Error{ErrorCode::Invalid, format("“%s” is no document number.", printable(word).c_str()),
                         "volary-cli read tells it."};
        documents.push_back(*id);
    }
    if (documents.empty())
        return Error{ErrorCode::Invalid, "Say which document is asked, by --document.",
                     "volary-cli read tells its number."};
    return documents;
}

// One answer as it comes, from the events that the window gets, too.
class Answer {
public:
    explicit Answer(const Context &context) : m_context(context) {}

    void take(const Event &event)
    {
        if (const auto *started = std::get_if<event::TurnStarted>(&event)) {
            m_started = *started;
            show(started->reply.text);
        }
        if (const auto *more = std::get_if<event::TextAppended>(&event)) {
            show(more->text);
            for (const TokenTrace &trace : more->traces)
                m_tokens.push_back(trace.token);
            m_rate = more->tokensPerSecond;
        }
        if (const auto *finished = std::get_if<event::TurnFinished>(&event)) {
            m_finished = *finished;
            show("\n");
        }
        if (const auto *failed = std::get_if<event::GenerationFailed>(&event))
            m_error = failed->error;
    }

    const std::optional<Error> &error() const { return m_error; }
    bool cancelled() const { return m_finished && m_finished->reason == FinishReason::Cancelled; }

    Json asJson(DocumentId document, std::uint64_t seed) const
    {
        constexpr std::string_view reasons[] = {"stop", "length", "cancelled"};
        return Json::Object{{"document", document},
                            {"conversation", m_finished->conversation},
                            {"text", m_finished->reply.text},
                            {"tokens", cli::asJson(m_tokens)},
                            {"reason", reasons[int(m_finished->reason)]},
                            {"prompt_tokens", m_started->tokensRead},
                            {"prompt_tokens_per_s", m_started->readTokensPerSecond},
                            {"tokens_reused", m_started->tokensReused},
                            {"tokens_per_s", m_rate},
                            {"seed", std::int64_t(seed)}};
    }

private:
    void show(const std::string &piece) const
    {
        if (m_context.json())
            return;
        std::fwrite(piece.data(), 1, piece.size(), stdout);
        std::fflush(stdout);
    }

    const Context &m_context;
    std::optional<event::TurnStarted> m_started;
    std::optional<event::TurnFinished> m_finished;
    std::vector<TokenId> m_tokens;
    double m_rate = 0;
    std::optional<Error> m_error;
};

} // namespace

Result<> ask(Context &context)
{
    const Arguments &arguments = context.arguments();
    TRY(const std::vector<DocumentId> documents, documentOptions(arguments));
    TRY(const std::string question, context.word(1, "QUESTION"));
    GenerationSettings settings;
    TRY(settings.maxTokens, maxTokensOption(arguments));
    settings.chatFormat = arguments.text("chat-format").value_or("");
    if (!settings.chatFormat.empty() && !findChatFormat(settings.chatFormat))
        return Error{ErrorCode::Invalid, "There is no chat format " + printable(settings.chatFormat) + ".",
                     "Choose rwkv-chat, rwkv-g1, rwkv-g1-thinking, chatml or raw."};
    TRY(const auto model, openModelArgument(context));
    TRY(settings.sampler, samplerOptions(arguments, model->description()->suggestedSettings.sampler));

    StoreThread store(context.library(), [](const auto &) {});
    Json::Array answers;
    for (const DocumentId document : documents) {
        Answer answer(context);
        TRY_(askDocument(*model, store, {document, question, settings}, context.stop(),
                         [&](const Event &event) { answer.take(event); }));
        if (answer.error())
            return *answer.error();
        answers.push_back(answer.asJson(document, settings.sampler.seed));
        if (answer.cancelled())
            break;
    }
    if (context.json())
        context.print(documents.size() == 1 ? std::move(answers.front())
                                            : Json(Json::Object{{"answers", std::move(answers)}}));
    if (context.stop().stop_requested())
        return Error{ErrorCode::Cancelled, "Cancelled.", ""};
    return {};
}

} // namespace volary::cli
