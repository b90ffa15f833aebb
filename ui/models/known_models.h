// The models the user can open at once: bundled ones and those opened lately.
#pragma once

#include "core/engine/model_options.h"

#include <QObject>
#include <QString>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace volary::ui {

// What a conversation with a model keeps.
struct ConversationCost {
    std::uint64_t stateBytes = 0;
    std::uint64_t bytesPerToken = 0;

    QString text() const; // "540.0 KiB and 68 bytes per token"
    bool operator==(const ConversationCost &) const = default;
};

struct KnownModel {
    std::filesystem::path path; // a file, or a folder with one model
    QString name;
    bool bundled = false;
    std::optional<ConversationCost> cost; // once it is known
    QString problem;           // why it cannot be opened now ("The folder is gone."); empty when it can
    ModelOptions options = {}; // it was opened with

    bool operator==(const KnownModel &) const = default;
};

// Kept in a small JSON file that is replaced atomically; a damaged one counts as empty.
class KnownModels : public QObject {
    Q_OBJECT

public:
    static constexpr int kRemembered = 20;

    // `file`: where recent models are kept, empty for this run only; `bundled`: folders of models that came
    // with the program.
    KnownModels(QString file, std::vector<std::filesystem::path> bundled, QObject *parent = nullptr);

    // Bundled ones first, then recent ones, newest first. A file opened with other options is another row.
    // Looks at the disk for each.
    std::vector<KnownModel> all() const;

    void remember(const std::filesystem::path &path, const QString &name,
                  const std::optional<ConversationCost> &cost = {}, const ModelOptions &options = {});
    void forget(const std::filesystem::path &path, const ModelOptions &options);

signals:
    void changed();

private:
    struct Entry {
        std::filesystem::path path;
        QString name;
        std::optional<ConversationCost> cost;
        ModelOptions options;
    };

    void load();
    void save() const;
    bool isBundled(const std::filesystem::path &path) const;

    QString m_file;
    std::vector<std::filesystem::path> m_bundled;
    std::vector<Entry> m_recent;
};

// Where a path points at a model's weights inside its folder, the folder; anything else as it is. So a model
// has one entry, whether its file or its folder was opened.
std::filesystem::path modelHome(const std::filesystem::path &path);

// For a list: the folder's name, or the file's without its ending where the folder holds several models.
QString modelName(const std::filesystem::path &path);

} // namespace volary::ui
