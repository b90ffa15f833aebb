// Scores of a text as numbers: what the surprise map shows, without a widget.
#pragma once

#include "core/engine/messages.h"

#include <QString>

#include <memory>
#include <vector>

namespace volary::ui {

// A text as one model saw it.
struct Surprise {
    std::shared_ptr<const std::vector<TokenScore>> tokens;
    std::shared_ptr<const ModelDescription> model;

    bool isEmpty() const { return !tokens; }
    double total() const;                  // nats
    double mean() const;                   // nats per scored token
    QString name() const;                  // of the model, with the type of its weights: "goose-tiny, f16"
    QString text(std::size_t index) const; // of a token, to be read
};

// Why the second cannot be subtracted from the first; empty when it can.
QString whyNotComparable(const Surprise &scored, const Surprise &baseline);

// One line per token; with what the baseline says and the difference, where there is one.
QString asCsv(const Surprise &scored, const Surprise &baseline);

} // namespace volary::ui
