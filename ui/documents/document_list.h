// The shelf: one row per document.
#pragma once

#include "core/store/document_records.h"
#include "ui/theme/theme.h"

#include <QAbstractListModel>

namespace volary::ui {

// Title, size, tokens and model of each document, and how far it was read.
class DocumentList : public QAbstractListModel {
    Q_OBJECT

public:
    explicit DocumentList(const ThemeManager &themes, QObject *parent = nullptr);

    void setDocuments(std::vector<StoredDocument> documents);
    void put(const StoredDocument &document); // new ones come first
    void remove(DocumentId id);
    // A reading that is under way; below zero: none.
    void setRunning(DocumentId id, double fraction);

    const StoredDocument *at(const QModelIndex &index) const;
    const StoredDocument *document(DocumentId id) const;
    QModelIndex find(DocumentId id) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    QString progressOf(const StoredDocument &document) const;

    const ThemeManager &m_themes;
    std::vector<StoredDocument> m_rows;
    DocumentId m_runningDocument = 0;
    double m_runningFraction = -1;
};

// "1.2 MiB · 230,000 tokens · goose-tiny"
QString factsOf(const StoredDocument &document);

} // namespace volary::ui
