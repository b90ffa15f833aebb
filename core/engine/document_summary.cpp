#include "core/engine/document_summary.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/documents/sections.h"
#include "core/session/generation.h"

#include <algorithm>
#include <chrono>

namespace volary {

namespace {

constexpr auto kShowEvery = std::chrono::milliseconds(100);
constexpr int kLongestSummary = 400; // tokens

constexpr const char *kAskWhole = "Summarise this text in a few sentences.";
constexpr const char *kAskChapter = "Summarise the part “%s” in a few sentences.";
constexpr const char *kAskOfSummaries =
    "These are summaries of the parts of one text. Summarise them in a few sentences.";

class SummaryWriter {
public:
    SummaryWriter(LoadedModel &model, StoreThread &store, const command::SummariseDocument &command,
                  std::stop_token stop, const ReadingJob::Emit &emit)
        : m_model(model), m_store(store), m_command(command), m_stop(std::move(stop)), m_emit(emit)
    {}

    Result<> begin()
    {
        TRY_(m_command.settings.sampler.validate());
        TRY(m_reading, m_store.call<Reading>([&](Library &library) {
            return completeReading(library, m_command.document, m_model.identity());
        }));
        if (!m_command.chapters)
            return {};
        TRY(const auto sections, m_store.call<std::vector<Section>>([&](Library &library) {
            return library.documentSections(m_command.document);
        }));
        m_chapters = chaptersOf(sections);
        return {};
    }

    Result<> run()
    {
        if (!m_command.chapters)
            return writeFrom(*m_reading.snapshot, Summary::kWhole, "", kAskWhole);
        std::string all;
        for (std::size_t i = 0; i < m_chapters.size(); ++i) {
            const std::string &title = m_chapters[i].title;
            TRY(const auto snapshot, m_store.call<std::optional<SnapshotId>>([&](Library &library) {
                return library.chapterSnapshot(m_reading.id, int(i));
            }));
            if (!snapshot)
                return Error{ErrorCode::NotFound,
                             format("The state at the end of “%s” was not kept.", printable(title).c_str()),
                             "Read the document again from the start."};
            TRY_(writeFrom(*snapshot, int(i), title, format(kAskChapter, title.c_str())));
            all += title + ": " + m_text + "\n";
        }
        TRY(Session session, m_model.newSession(m_command.settings.sampler));
        const auto tokens = m_model.tokenizer().encode(all);
        TRY_(session.feed(tokens, m_stop));
        return write(session, Summary::kOfSummaries, "", kAskOfSummaries);
    }

    Result<std::vector<Summary>> all()
    {
        return m_store.call<std::vector<Summary>>(
            [&](Library &library) { return library.summaries(m_command.document); });
    }

private:
    Result<> writeFrom(SnapshotId snapshot, int chapter, const std::string &title,
                       const std::string &instruction)
    {
        TRY(Session session, m_model.newSession(m_command.settings.sampler));
        TRY(const auto image, m_store.call<std::shared_ptr<const SnapshotImage>>(
                                  [&](Library &library) { return library.loadSnapshot(snapshot); }));
        TRY_(session.restore(*image));
        session.sampler().setSettings(m_command.settings.sampler);
        session.sampler().restart();
        return write(session, chapter, title, instruction);
    }

    Result<> write(Session &session, int chapter, const std::string &title, const std::string &instruction)
    {
        const ChatFormat *chosen = findChatFormat(m_command.settings.chatFormat);
        const ChatFormat *own = findChatFormat(m_model.description()->chatFormat);
        const ChatFormat &format = chosen ? *chosen : own ? *own : chatFormats().front();
        TRY(const auto tokens,
            encode(m_model.tokenizer(), format.openTurn(instruction, session.tokens().empty())));
        TRY_(session.feed(tokens, m_stop));
        TRY_(generate(session, format, title));
        const Summary summary{m_reading.id, chapter, title, m_text, 0, false};
        TRY_(m_store.call<std::monostate>([&](Library &library) { return library.saveSummary(summary); }));
        ++m_done;
        tell(title);
        return {};
    }

    Result<> generate(Session &session, const ChatFormat &format, const std::string &title)
    {
        GenerationLimits limits{.maxTokens = std::min(m_command.settings.maxTokens, kLongestSummary),
                                .stops = format.stops,
                                .endTokens = m_model.endTokens(format),
                                .alternatives = 1,
                                .forceStart = true,
                                .carry = {}};
        TRY(Generation generation, Generation::start(session, m_model.tokenizer(), std::move(limits)));
        m_text = format.lead;
        auto due = std::chrono::steady_clock::now();
        for (;;) {
            if (m_stop.stop_requested())
                return Error{ErrorCode::Cancelled, "Summarising was cancelled.", ""};
            TRY(const Generation::Step step, generation.next());
            add(step.text);
            if (step.finished) {
                TRY(const Generation::Step rest, generation.finish(*step.finished));
                add(rest.text);
                break;
            }
            if (std::chrono::steady_clock::now() >= due) {
                tell(title);
                due = std::chrono::steady_clock::now() + kShowEvery;
            }
        }
        m_text.erase(m_text.find_last_not_of(" \n\t") + 1);
        return {};
    }

    void add(const std::string &text)
    {
        m_text += text;
        m_text.erase(0, m_text.find_first_not_of(" \n\t"));
    }

    void tell(const std::string &title) const
    {
        const int total = m_command.chapters ? int(m_chapters.size()) + 1 : 1;
        m_emit(event::SummaryProgress{m_command.document, m_done, total, title, m_text});
    }

    LoadedModel &m_model;
    StoreThread &m_store;
    const command::SummariseDocument &m_command;
    std::stop_token m_stop;
    const ReadingJob::Emit &m_emit;
    Reading m_reading;
    std::vector<Section> m_chapters;
    std::string m_text; // of the summary being written
    int m_done = 0;
};

const char *headingOf(const Summary &summary)
{
    switch (summary.chapter) {
    case Summary::kWhole: return "Summary";
    case Summary::kOfSummaries: return "Summary of the chapters";
    default: return summary.title.c_str();
    }
}

} // namespace

Result<> summariseDocument(LoadedModel &model, StoreThread &store, const command::SummariseDocument &command,
                           std::stop_token stop, const ReadingJob::Emit &emit)
{
    SummaryWriter writer(model, store, command, std::move(stop), emit);
    TRY_(writer.begin());
    auto outcome = writer.run();
    TRY(auto summaries, writer.all());
    emit(event::SummaryEnded{command.document, std::move(summaries),
                             outcome ? std::optional<Error>() : std::move(outcome).error()});
    return {};
}

Result<> exportSummary(const StoredDocument &document, const std::vector<Summary> &summaries,
                       const std::filesystem::path &path)
{
    if (summaries.empty())
        return Error{ErrorCode::NotFound, "This document has no summary yet.", "Summarise it first."};
    std::string text = "# " + document.title + "\n";
    ReadingId reading = 0;
    for (const Summary &summary : summaries) {
        if (summary.reading != reading) {
            reading = summary.reading;
            const auto by = std::ranges::find(document.readings, reading, &Reading::id);
            if (by != document.readings.end())
                text += "\nRead by " + by->modelName + ", " + formatCount(std::uint64_t(by->tokens)) +
                        " tokens.\n";
        }
        text += std::string("\n## ") + headingOf(summary) + "\n\n" + summary.text + "\n";
    }
    return writeFileAtomically(path, std::as_bytes(std::span(text)));
}

} // namespace volary
