CREATE TABLE model(
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    architecture TEXT NOT NULL,
    name TEXT NOT NULL,
    tokenizer TEXT NOT NULL,
    numeric_profile TEXT NOT NULL,
    UNIQUE(fingerprint, architecture, name, tokenizer, numeric_profile)
) STRICT;

CREATE TABLE conversation(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    change INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    current_turn INTEGER REFERENCES turn(id) DEFERRABLE INITIALLY DEFERRED,
    seal BLOB NOT NULL,
    model_fingerprint TEXT NOT NULL,
    model_name TEXT NOT NULL,
    chat_format TEXT NOT NULL,
    title TEXT NOT NULL,
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE snapshot(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL REFERENCES model(id),
    created_ms INTEGER NOT NULL,
    format INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    state_bytes INTEGER NOT NULL,
    content BLOB NOT NULL,
    seal BLOB NOT NULL,
    name TEXT NOT NULL,
    manifest TEXT NOT NULL,
    sampler BLOB NOT NULL
) STRICT;

CREATE TABLE turn(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation(id),
    parent INTEGER REFERENCES turn(id),
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    hidden_by INTEGER,
    created_ms INTEGER NOT NULL,
    snapshot INTEGER REFERENCES snapshot(id),
    tokens INTEGER NOT NULL,
    position INTEGER NOT NULL,
    seal BLOB NOT NULL,
    stats TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX turn_by_conversation ON turn(conversation, hidden_by);
CREATE INDEX turn_by_parent ON turn(parent);
CREATE INDEX turn_by_snapshot ON turn(snapshot);

CREATE TABLE turn_data(
    turn INTEGER NOT NULL REFERENCES turn(id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    seal BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY(turn, kind)
) STRICT;

CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE snapshot_chunk(
    snapshot INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
    stream INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    chunk INTEGER NOT NULL REFERENCES chunk(id),
    PRIMARY KEY(snapshot, stream, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_chunk_by_chunk ON snapshot_chunk(chunk);
