#include "core/store/snapshots.h"

#include "core/base/check.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/session/state_form.h"
#include "core/store/clock.h"
#include "core/store/library_impl.h"
#include "core/store/little_endian.h"
#include "core/store/manifest.h"
#include "core/store/seal.h"

#include <algorithm>
#include <cstring>

namespace volary {

using sqlite::Bytes;
using sqlite::Database;
using sqlite::Statement;

namespace {

// The format of a row: which form its state is stored in.
constexpr std::int64_t kFirstFormat = 1;
constexpr std::int64_t kLastFormat = 3;
std::int64_t formatOf(StateForm form)
{
    return kFirstFormat + std::int64_t(form);
}

// Token ids are cut at fixed places, so that all snapshots of a growing conversation share their full
// segments.
constexpr std::size_t kTokensPerSegment = 1'024;
constexpr std::size_t kRowsPerSegment = 1'024;
// Fixed tensors are packed: one of 12 layers must not make 36 tiny rows. 256 KiB wastes 4 % of its pages and
// reads as fast as larger pieces.
constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::size_t kMaxSegmentBytes = 1u << 20;
constexpr std::int64_t kMostPrefixes = 4'096; // that are looked at
constexpr std::uint64_t kMaxTokenBytes = std::uint64_t(1) << 30;

const std::string kIntact = "(snapshot.seal = " + kSnapshotSeal + ")";

Bytes bytesOf(const Digest &digest)
{
    return std::as_bytes(std::span(digest));
}

Error damaged(const Database &database, SnapshotId id, const std::string &what)
{
    return {ErrorCode::Corrupt, describeSnapshot(database, id) + " is damaged: " + what,
            "Its text is stored apart from it. Continue from another turn, or send the message again."};
}

Error missing(SnapshotId id)
{
    return {ErrorCode::NotFound,
            format("There is no snapshot %lld in this library.", static_cast<long long>(id)), ""};
}

// The digest over all chunks of a snapshot, in their order: a chunk that is intact but not the right one
// changes it.
class ContentHash {
public:
    void add(std::int64_t stream, std::int64_t seq, Bytes chunkHash)
    {
        std::vector<std::byte> place;
        appendLittleEndian(place, std::uint32_t(stream));
        appendLittleEndian(place, std::uint32_t(seq));
        m_hash.update(place);
        m_hash.update(chunkHash);
    }
    Digest finish() { return m_hash.finish(); }

private:
    Sha256 m_hash;
};

Result<std::int64_t> modelRow(const Database &database, const ModelIdentity &model)
{
    const sqlite::Values values{model.fingerprint, model.architecture, model.name, model.tokenizer,
                                model.numericProfile};
    TRY_(database.run("INSERT INTO model(fingerprint, architecture, name, tokenizer, numeric_profile)"
                      " VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                      values));
    return database.integer("SELECT id FROM model WHERE fingerprint = ? AND architecture = ? AND name = ?"
                            " AND tokenizer = ? AND numeric_profile = ?",
                            values);
}

// The row that holds these bytes, shared with whoever stored them before. A stored copy that went bad is
// replaced, so that what is saved now can be read back.
Result<std::int64_t> chunkRow(const Database &database, Bytes bytes, const Digest &digest)
{
    std::int64_t id = 0;
    bool same = true;
    TRY_(database.forEach("SELECT id, bytes FROM chunk WHERE sha256 = ?", {bytesOf(digest)},
                          [&](const Statement &row) {
                              id = row.integer(0);
                              same = std::ranges::equal(row.blob(1), bytes);
                              return Result<>();
                          }));
    if (id != 0) {
        if (!same)
            TRY_(database.run("UPDATE chunk SET bytes = ? WHERE id = ?", {bytes, id}));
        return id;
    }
    TRY_(database.run("INSERT INTO chunk(sha256, bytes) VALUES(?, ?)", {bytesOf(digest), bytes}));
    return database.lastInsertId();
}

// Writes one snapshot's streams, cut into chunks.
class ChunkWriter {
public:
    ChunkWriter(const Database &database, SnapshotId snapshot) : m_database(database), m_snapshot(snapshot) {}

    // `parts` one behind the other, as chunks of `chunkBytes` and a shorter last one.
    Result<> write(int stream, std::span<const Bytes> parts, std::size_t chunkBytes)
    {
        std::vector<std::byte> chunk;
        std::int64_t seq = 0;
        for (Bytes part : parts) {
            while (!part.empty()) {
                const std::size_t taken = std::min(part.size(), chunkBytes - chunk.size());
                chunk.insert(chunk.end(), part.begin(), part.begin() + std::ptrdiff_t(taken));
                part = part.subspan(taken);
                if (chunk.size() == chunkBytes) {
                    TRY_(add(stream, seq++, chunk));
                    chunk.clear();
                }
            }
        }
        if (!chunk.empty())
            TRY_(add(stream, seq, chunk));
        return {};
    }

    Digest finish() { return m_content.finish(); }

private:
    Result<> add(int stream, std::int64_t seq, Bytes bytes)
    {
        const Digest digest = sha256(bytes);
        TRY(const std::int64_t chunk, chunkRow(m_database, bytes, digest));
        TRY_(m_database.run("INSERT INTO snapshot_chunk(snapshot, stream, seq, chunk) VALUES(?, ?, ?, ?)",
                            {m_snapshot, stream, seq, chunk}));
        m_content.add(stream, seq, bytesOf(digest));
        return {};
    }

    const Database &m_database;
    SnapshotId m_snapshot;
    ContentHash m_content;
};

std::size_t segmentBytes(const TensorPlace &place)
{
    const auto rows = std::uint64_t(place.spec.shape[0]);
    const std::size_t rowBytes = rows > 0 ? std::size_t(place.bytes / rows) : 0;
    std::size_t rowsPerSegment = kRowsPerSegment;
    while (rowsPerSegment > 1 && rowBytes * rowsPerSegment > kMaxSegmentBytes)
        rowsPerSegment /= 2;
    return std::max<std::size_t>(rowBytes * rowsPerSegment, 1);
}

Result<Digest> writeStreams(const Database &database, SnapshotId id, const SnapshotImage &image,
                            const Manifest &manifest)
{
    ChunkWriter writer(database, id);
    const std::vector<std::byte> tokens = littleEndianTokens(image.tokens);
    const Bytes tokenBytes = tokens;
    TRY_(writer.write(kTokenStream, {&tokenBytes, 1}, kTokensPerSegment * sizeof(TokenId)));

    const auto packed = manifest.packed(image);
    std::vector<Bytes> fixed;
    for (std::size_t i = 0; i < packed.size(); ++i)
        if (manifest.tensors[i].stream == kFixedStream)
            fixed.emplace_back(*packed[i]);
    TRY_(writer.write(kFixedStream, fixed, kPieceBytes));

    for (std::size_t i = 0; i < packed.size(); ++i) {
        const TensorPlace &place = manifest.tensors[i];
        const Bytes rows = *packed[i];
        if (place.stream != kFixedStream)
            TRY_(writer.write(place.stream, {&rows, 1}, segmentBytes(place)));
    }
    return writer.finish();
}

struct SnapshotRow {
    SnapshotImage image; // without tokens and state
    std::int64_t tokens = 0;
    std::int64_t stateBytes = 0;
    std::vector<std::byte> content;
    Manifest manifest;
};

Result<SnapshotRow> readRow(const Database &database, SnapshotId id)
{
    SnapshotRow snapshot;
    bool intact = false;
    std::int64_t formatNumber = 0;
    std::string manifest;
    std::vector<std::byte> sampler;
    TRY(const std::int64_t found,
        database.forEach(
            "SELECT " + kIntact +
                ", snapshot.format, snapshot.tokens, snapshot.state_bytes, snapshot.content,"
                " snapshot.manifest, snapshot.sampler, model.fingerprint, model.architecture, model.name,"
                " model.tokenizer, model.numeric_profile"
                " FROM snapshot JOIN model ON model.id = snapshot.model WHERE snapshot.id = ?",
            {id}, [&](const Statement &row) {
                intact = row.integer(0) == 1;
                formatNumber = row.integer(1);
                snapshot.tokens = row.integer(2);
                snapshot.stateBytes = row.integer(3);
                snapshot.content = toVector(row.blob(4));
                manifest = row.text(5);
                sampler = toVector(row.blob(6));
                snapshot.image.model = {row.text(7), row.text(8), row.text(9), row.text(10), row.text(11)};
                return Result<>();
            }));
    if (found == 0)
        return missing(id);
    if (!intact)
        return damaged(database, id, "its description does not match its hash.");
    if (formatNumber < kFirstFormat || formatNumber > kLastFormat)
        return Error{ErrorCode::Unsupported,
                     format("%s has format %lld; this version of Volary reads formats up to %lld.",
                            describeSnapshot(database, id).c_str(), static_cast<long long>(formatNumber),
                            static_cast<long long>(kLastFormat)),
                     "Update Volary."};
    auto parsed = Manifest::fromJson(manifest);
    if (!parsed)
        return std::move(parsed).error().during(describeSnapshot(database, id));
    snapshot.manifest = std::move(parsed).value();
    if (formatOf(snapshot.manifest.stored.form) != formatNumber)
        return damaged(database, id, "its format is not that of its state.");
    snapshot.image.stored = snapshot.manifest.stored;
    snapshot.image.beginning = snapshot.image.stored.form == StateForm::Exact
                                   ? snapshot.manifest.beginning
                                   : beginningAfter(snapshot.manifest, snapshot.content);
    auto state = SamplerState::deserialize(sampler);
    if (!state)
        return std::move(state).error().during(describeSnapshot(database, id));
    snapshot.image.sampler = std::move(state).value();
    return snapshot;
}

// Compares the list of chunks with the row's digest, and the bytes of every stream with what the shapes ask
// for.
Result<> checkChunkList(const Database &database, SnapshotId id, const SnapshotRow &snapshot)
{
    std::vector<std::uint64_t> streamBytes(std::size_t(snapshot.manifest.streams), 0);
    ContentHash content;
    bool known = true;
    TRY_(
        database.forEach("SELECT s.stream, s.seq, c.sha256, length(c.bytes) FROM snapshot_chunk s"
                         " LEFT JOIN chunk c ON c.id = s.chunk WHERE s.snapshot = ? ORDER BY s.stream, s.seq",
                         {id}, [&](const Statement &row) {
                             const std::int64_t stream = row.integer(0);
                             content.add(stream, row.integer(1), row.blob(2));
                             known = known && stream >= 0 && stream < snapshot.manifest.streams;
                             if (known)
                                 streamBytes[std::size_t(stream)] += std::uint64_t(row.integer(3));
                             return Result<>();
                         }));
    const Digest digest = content.finish();
    if (!known || !std::ranges::equal(bytesOf(digest), snapshot.content))
        return damaged(database, id, "the list of its parts does not match its hash.");

    std::vector<std::uint64_t> expected(streamBytes.size(), 0);
    if (snapshot.tokens < 0 || std::uint64_t(snapshot.tokens) > kMaxTokenBytes / sizeof(TokenId))
        return damaged(database, id, "its number of tokens is impossible.");
    expected[kTokenStream] = std::uint64_t(snapshot.tokens) * sizeof(TokenId);
    for (const TensorPlace &place : snapshot.manifest.tensors)
        expected[std::size_t(place.stream)] += place.bytes;
    if (streamBytes != expected || std::uint64_t(snapshot.stateBytes) != snapshot.manifest.stateBytes)
        return damaged(database, id, "its parts are not as long as its tensors.");
    return {};
}

// Fills `parts`, one behind the other, with the chunks of a stream. Their sizes were compared before.
Result<> readStream(const Database &database, SnapshotId id, int stream,
                    std::span<const std::span<std::byte>> parts)
{
    std::size_t part = 0;
    std::size_t filled = 0;
    TRY_(database.forEach(
        "SELECT s.seq, c.sha256, c.bytes FROM snapshot_chunk s JOIN chunk c ON c.id = s.chunk"
        " WHERE s.snapshot = ? AND s.stream = ? ORDER BY s.seq",
        {id, stream}, [&](const Statement &row) -> Result<> {
            Bytes bytes = row.blob(2);
            const Digest digest = sha256(bytes);
            if (!std::ranges::equal(bytesOf(digest), row.blob(1)))
                return damaged(database, id,
                               format("part %lld of stream %d does not match its hash.",
                                      static_cast<long long>(row.integer(0)), stream));
            while (!bytes.empty()) {
                while (part < parts.size() && filled == parts[part].size()) {
                    ++part;
                    filled = 0;
                }
                if (part == parts.size())
                    return damaged(database, id, "its parts are longer than its tensors.");
                const std::size_t taken = std::min(bytes.size(), parts[part].size() - filled);
                std::memcpy(parts[part].data() + filled, bytes.data(), taken);
                bytes = bytes.subspan(taken);
                filled += taken;
            }
            return {};
        }));
    return {};
}

Result<> readState(const Database &database, SnapshotId id, const SnapshotRow &snapshot, SnapshotImage &image)
{
    std::vector<std::shared_ptr<std::vector<std::byte>>> storage;
    std::vector<std::vector<std::span<std::byte>>> parts(std::size_t(snapshot.manifest.streams));
    for (const TensorPlace &place : snapshot.manifest.tensors) {
        storage.push_back(std::make_shared<std::vector<std::byte>>(std::size_t(place.bytes)));
        parts[std::size_t(place.stream)].emplace_back(*storage.back());
    }
    for (int stream = kFixedStream; stream < snapshot.manifest.streams; ++stream)
        TRY_(readStream(database, id, stream, parts[std::size_t(stream)]));
    const StateForm form = snapshot.manifest.stored.form;
    for (std::size_t i = 0; i < storage.size(); ++i) {
        const StateTensor &spec = snapshot.manifest.tensors[i].spec;
        if (isRounded(spec, form))
            *storage[i] = unpack(*storage[i], spec, form);
        image.state.push_back({spec, std::move(storage[i])});
    }
    return {};
}

const std::string kSummaryColumns =
    ", snapshot.id, snapshot.tokens, snapshot.state_bytes, snapshot.created_ms, snapshot.name, "
    "model.fingerprint, model.architecture, model.name, model.tokenizer, model.numeric_profile,"
    " coalesce(snapshot_mark.pinned, 0), snapshot_mark.deleted_ms, turn.id, turn.conversation,"
    " CASE WHEN turn.seal = " +
    kTurnSeal +
    " THEN substr(turn.text, 1, 400) ELSE '' END, CASE WHEN conversation.seal = " + kConversationSeal +
    " THEN conversation.title ELSE '' END, conversation.deleted_ms IS NOT NULL OR turn.hidden_by IS NOT NULL,"
    " document.id IS NOT NULL, CASE WHEN document.seal = " +
    kDocumentSeal +
    " THEN document.title ELSE '' END, snapshot.format, CASE WHEN snapshot.format = 1 OR NOT"
    " json_valid(snapshot.manifest) THEN 0 ELSE CAST(1e12 * json_extract(snapshot.manifest,"
    " '$.rounded.error') AS INTEGER) END"
    " FROM snapshot JOIN model ON model.id = snapshot.model"
    " LEFT JOIN snapshot_mark ON snapshot_mark.snapshot = snapshot.id AND snapshot_mark.seal = " +
    kSnapshotMarkSeal +
    // A visible turn of a kept conversation stands for all that share the snapshot.
    " LEFT JOIN turn ON turn.id = (SELECT t.id FROM turn t JOIN conversation c ON c.id = t.conversation"
    " WHERE t.snapshot = snapshot.id"
    " ORDER BY c.deleted_ms IS NOT NULL OR t.hidden_by IS NOT NULL, t.id LIMIT 1)"
    " LEFT JOIN conversation ON conversation.id = turn.conversation"
    " LEFT JOIN document ON document.id = coalesce("
    "(SELECT r.document FROM reading r WHERE r.snapshot = snapshot.id LIMIT 1),"
    "(SELECT r.document FROM chapter_state s JOIN reading r ON r.id = s.reading WHERE s.snapshot = "
    "snapshot.id"
    " LIMIT 1))";

SnapshotSummary summaryOf(const Statement &row)
{
    SnapshotSummary summary;
    summary.damaged = row.integer(0) != 1;
    summary.id = row.integer(1);
    summary.tokens = row.integer(2);
    summary.stateBytes = row.integer(3);
    summary.createdMs = row.integer(4);
    summary.name = row.text(5);
    summary.model = {row.text(6), row.text(7), row.text(8), row.text(9), row.text(10)};
    summary.pinned = row.integer(11) != 0;
    summary.deletedMs = row.optionalInteger(12);
    summary.turn = row.optionalInteger(13).value_or(0);
    summary.conversation = row.optionalInteger(14).value_or(0);
    summary.excerpt = previewOf(row.text(15));
    summary.title = row.text(16);
    summary.ofDocument = row.integer(18) != 0;
    if (summary.turn == 0)
        summary.title = row.text(19);
    const std::int64_t formatNumber = row.integer(20);
    summary.form = formatNumber > kFirstFormat && formatNumber <= kLastFormat
                       ? StateForm(formatNumber - kFirstFormat)
                       : StateForm::Exact;
    summary.formError = double(row.integer(21)) * 1e-12;
    const bool kept = summary.pinned || !summary.name.empty();
    summary.inTrash = summary.deletedMs.has_value() || (row.optionalInteger(17) == 1 && !kept);
    return summary;
}

Result<std::vector<SnapshotSummary>> summariesWhere(const Database &database, const std::string &rest,
                                                    sqlite::Values values)
{
    std::vector<SnapshotSummary> summaries;
    TRY_(database.forEach("SELECT " + kIntact + kSummaryColumns + rest, values, [&](const Statement &row) {
        summaries.push_back(summaryOf(row));
        return Result<>();
    }));
    return summaries;
}

} // namespace

std::string describeSnapshot(const Database &database, SnapshotId id)
{
    std::string text = format("Snapshot %lld", static_cast<long long>(id));
    // Best effort: the tables that are asked here may be what is damaged.
    static_cast<void>(
        database.forEach("SELECT turn.id, conversation.title FROM turn JOIN conversation"
                         " ON conversation.id = turn.conversation WHERE turn.snapshot = ? LIMIT 1",
                         {id}, [&](const Statement &row) {
                             text += format(" (of turn %lld in “%s”)", static_cast<long long>(row.integer(0)),
                                            printable(row.text(1)).c_str());
                             return Result<>();
                         }));
    static_cast<void>(database.forEach("SELECT document.title FROM reading JOIN document"
                                       " ON document.id = reading.document WHERE reading.snapshot = ?1"
                                       " OR reading.id IN (SELECT reading FROM chapter_state"
                                       " WHERE snapshot = ?1) LIMIT 1",
                                       {id}, [&](const Statement &row) {
                                           text += format(" (of the document “%s”)",
                                                          printable(row.text(0)).c_str());
                                           return Result<>();
                                       }));
    return text;
}

Result<SnapshotId> insertSnapshot(const Database &database, const SnapshotImage &image, std::string_view name)
{
    const Manifest manifest = Manifest::of(image);
    for (const TensorImage &tensor : image.state)
        VOLARY_CHECK(tensor.bytes && tensor.bytes->size() == packedBytes(tensor.spec, StateForm::Exact),
                     "a state tensor has the bytes that its shape asks for");

    TRY(const std::int64_t model, modelRow(database, image.model));
    const std::vector<std::byte> sampler = image.sampler.serialize();
    TRY_(database.run(
        "INSERT INTO snapshot(model, created_ms, format, tokens, state_bytes, content, seal, name,"
        " manifest, sampler) VALUES(?, ?, ?, ?, ?, x'', x'', ?, ?, ?)",
        {model, nowMs(), formatOf(image.stored.form), std::int64_t(image.tokens.size()),
         std::int64_t(manifest.stateBytes), name, manifest.toJson(), Bytes(sampler)}));
    const SnapshotId id = database.lastInsertId();
    TRY(const Digest content, writeStreams(database, id, image, manifest));
    TRY_(database.run("UPDATE snapshot SET content = ? WHERE id = ?", {bytesOf(content), id}));
    TRY_(sealSnapshot(database, id));
    return id;
}

namespace {

Result<std::vector<std::int64_t>> chunksOf(const Database &database, SnapshotId id)
{
    std::vector<std::int64_t> chunks;
    TRY_(database.forEach("SELECT DISTINCT chunk FROM snapshot_chunk WHERE snapshot = ?", {id},
                          [&](const Statement &row) {
                              chunks.push_back(row.integer(0));
                              return Result<>();
                          }));
    return chunks;
}

Result<> removeUnused(const Database &database, std::span<const std::int64_t> chunks)
{
    for (const std::int64_t chunk : chunks)
        TRY_(database.run("DELETE FROM chunk WHERE id = ?1"
                          " AND NOT EXISTS(SELECT 1 FROM snapshot_chunk WHERE chunk = ?1)",
                          {chunk}));
    return {};
}

} // namespace

Result<> roundStored(const Database &database, SnapshotId id, StateForm form)
{
    TRY(const auto exact, readSnapshot(database, id));
    TRY(const RoundedImage rounded, roundedTo(*exact, form));
    const Manifest manifest = Manifest::of(rounded.image);
    TRY(const auto before, chunksOf(database, id));
    TRY_(database.run("DELETE FROM snapshot_chunk WHERE snapshot = ?", {id}));
    TRY(const Digest content, writeStreams(database, id, rounded.image, manifest));
    TRY_(database.run(
        "UPDATE snapshot SET format = ?, state_bytes = ?, manifest = ?, content = ? WHERE id = ?",
        {formatOf(form), std::int64_t(manifest.stateBytes), manifest.toJson(), bytesOf(content), id}));
    TRY_(sealSnapshot(database, id));
    return removeUnused(database, before);
}

Result<std::shared_ptr<const SnapshotImage>> readSnapshot(const Database &database, SnapshotId id)
{
    TRY(SnapshotRow snapshot, readRow(database, id));
    TRY_(checkChunkList(database, id, snapshot));

    auto image = std::make_shared<SnapshotImage>(std::move(snapshot.image));
    std::vector<std::byte> tokens(std::size_t(snapshot.tokens) * sizeof(TokenId));
    const std::span<std::byte> tokenBytes = tokens;
    TRY_(readStream(database, id, kTokenStream, {&tokenBytes, 1}));
    image->tokens = tokensFromLittleEndian(tokens);
    TRY_(readState(database, id, snapshot, *image));
    return std::shared_ptr<const SnapshotImage>(std::move(image));
}

Result<std::shared_ptr<const SnapshotImage>> findPrefix(const Database &database, const PrefixQuery &query)
{
    struct Candidate {
        SnapshotId id;
        std::int64_t tokens;
    };
    std::vector<Candidate> candidates;
    TRY_(database.forEach(
        "SELECT snapshot.id, snapshot.tokens FROM snapshot WHERE snapshot.tokens > ? AND snapshot.tokens <= ?"
        " AND snapshot.model IN (SELECT id FROM model WHERE fingerprint = ? AND tokenizer = ?"
        " AND numeric_profile = ?) ORDER BY snapshot.tokens DESC, snapshot.id DESC LIMIT ?",
        {query.longerThan, std::int64_t(query.tokens.size()), query.model.fingerprint, query.model.tokenizer,
         query.model.numericProfile, kMostPrefixes},
        [&](const Statement &row) {
            candidates.push_back({row.integer(0), row.integer(1)});
            return Result<>();
        }));
    std::int64_t hashed = 0; // the length that `digest` is for
    Digest digest{};
    for (const Candidate &candidate : candidates) {
        if (candidate.tokens != hashed) {
            hashed = candidate.tokens;
            const auto first = std::size_t(hashed - 1) / kTokensPerSegment * kTokensPerSegment;
            digest = sha256(littleEndianTokens(query.tokens.subspan(first, std::size_t(hashed) - first)));
        }
        // The last segment tells nearly all others apart; what has the same one is read and compared.
        TRY(const std::int64_t same,
            database.integer(
                "SELECT count(*) FROM snapshot_chunk s JOIN chunk c ON c.id = s.chunk"
                " WHERE s.snapshot = ? AND s.stream = 0 AND s.seq = ? AND c.sha256 = ?",
                {candidate.id, (candidate.tokens - 1) / std::int64_t(kTokensPerSegment), bytesOf(digest)}));
        if (same == 0)
            continue;
        const auto image = readSnapshot(database, candidate.id);
        if (image && image.value()->beginning == query.beginning &&
            std::ranges::equal(image.value()->tokens, query.tokens.first(std::size_t(candidate.tokens))))
            return image.value();
    }
    return std::shared_ptr<const SnapshotImage>();
}

Result<> checkSnapshot(const Database &database, SnapshotId id)
{
    TRY(const SnapshotRow snapshot, readRow(database, id));
    return checkChunkList(database, id, snapshot);
}

Result<SnapshotSummary> readSummary(const Database &database, SnapshotId id)
{
    SnapshotSummary summary;
    TRY(const std::int64_t found,
        database.forEach("SELECT " + kIntact + kSummaryColumns + " WHERE snapshot.id = ?", {id},
                         [&](const Statement &row) {
                             summary = summaryOf(row);
                             return Result<>();
                         }));
    if (found == 0)
        return missing(id);
    return summary;
}

Result<std::vector<SnapshotSummary>> readSummaries(const Database &database)
{
    return summariesWhere(database, " ORDER BY snapshot.id", {});
}

Result<std::vector<SnapshotSummary>> readNamed(const Database &database, std::string_view modelFingerprint)
{
    return summariesWhere(database,
                          " WHERE snapshot.name <> '' AND snapshot_mark.deleted_ms IS NULL"
                          " AND model.fingerprint = ? ORDER BY snapshot.name COLLATE NOCASE, snapshot.id",
                          {modelFingerprint});
}

Result<> removeSnapshot(const Database &database, SnapshotId id)
{
    TRY(const auto chunks, chunksOf(database, id));
    TRY_(database.run("DELETE FROM snapshot WHERE id = ?", {id})); // takes its rows of snapshot_chunk along
    return removeUnused(database, chunks);
}

Result<> removeUnusedModels(const Database &database)
{
    return database.run("DELETE FROM model WHERE id NOT IN (SELECT model FROM snapshot)");
}

} // namespace volary
