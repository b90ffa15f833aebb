#!/usr/bin/env python3
"""Writes a library of schema version 1 from docs/formats.md alone, without any of the program's code.

usage: make_version1.py schema.sql library.volary

schema.sql holds the tables of version 1 (tests/data/store/version1.sql). The sampler's bytes are those of a fresh
sampler, in hexadecimal in the same folder (sampler.hex), as `library_writer - sampler` prints them.
"""
import hashlib
import json
import pathlib
import sqlite3
import struct
import sys


def seal(*values):
    digest = hashlib.sha256()
    for value in values:
        if value is None:
            digest.update(b"n")
        elif isinstance(value, int):
            digest.update(b"i" + struct.pack("<q", value))
        else:
            data = value.encode() if isinstance(value, str) else value
            digest.update((b"t" if isinstance(value, str) else b"b") + struct.pack("<Q", len(data)) + data)
    return digest.digest()


def add_snapshot(db, sampler, tokens, state):
    model = ("f" * 64, "rwkv7", "Goose", "a" * 64, "cpu/1/scalar")
    db.execute("INSERT OR IGNORE INTO model(fingerprint, architecture, name, tokenizer, numeric_profile)"
               " VALUES(?,?,?,?,?)", model)
    entries, offset = [], 0
    for name, role, layout, shape, data in state:
        entries.append({"name": name, "type": "f32", "shape": shape, "role": role, "growth": "fixed", "layer": 0,
                        "layout": layout, "stream": 1, "offset": offset})
        offset += len(data)
    manifest = json.dumps({"tensors": entries}, separators=(",", ":"))
    streams = {0: struct.pack("<%di" % len(tokens), *tokens), 1: b"".join(data for *_, data in state)}
    content = hashlib.sha256()
    for stream, data in streams.items():
        content.update(struct.pack("<II", stream, 0) + hashlib.sha256(data).digest())
    columns = ("", 1700000000000, 1, len(tokens), offset, content.digest(), manifest, sampler)
    snapshot = db.execute("INSERT INTO snapshot(name, created_ms, format, tokens, state_bytes, content, manifest,"
                          " sampler, model, seal) VALUES(?,?,?,?,?,?,?,?,1,x'')", columns).lastrowid
    db.execute("UPDATE snapshot SET seal = ? WHERE id = ?", (seal("snapshot", snapshot, *columns, *model), snapshot))
    for stream, data in streams.items():
        chunk = db.execute("INSERT INTO chunk(sha256, bytes) VALUES(?,?)",
                           (hashlib.sha256(data).digest(), data)).lastrowid
        db.execute("INSERT INTO snapshot_chunk VALUES(?,?,0,?)", (snapshot, stream, chunk))
    return snapshot


def add_turn(db, parent, role, snapshot, text):
    columns = (1, parent, role, 1, None, 1700000000000, snapshot, 3, 6, "{}", text)
    turn = db.execute("INSERT INTO turn(conversation, parent, role, status, hidden_by, created_ms, snapshot, tokens,"
                      " position, stats, text, seal) VALUES(?,?,?,?,?,?,?,?,?,?,?,x'')", columns).lastrowid
    db.execute("UPDATE turn SET seal = ? WHERE id = ?", (seal("turn", turn, *columns), turn))
    return turn


def main():
    schema, target = map(pathlib.Path, sys.argv[1:])
    sampler = bytes.fromhex(schema.with_name("sampler.hex").read_text())
    target.unlink(missing_ok=True)
    db = sqlite3.connect(target, isolation_level=None)
    db.executescript("PRAGMA page_size = 1024;" + schema.read_text() +
                     "PRAGMA application_id = 0x564C5259; PRAGMA user_version = 1; BEGIN;")
    columns = ("Ducks", 1700000000000, 1700000000001, 1, None, "f" * 64, "Goose", "world", "{}")
    db.execute("INSERT INTO conversation(title, created_ms, updated_ms, change, deleted_ms, model_fingerprint,"
               " model_name, chat_format, settings, seal) VALUES(?,?,?,?,?,?,?,?,?,x'')", columns)
    state = [("blocks.0.att.shift", "attention-shift", "channel", [4], struct.pack("<4f", 1, 2, 3, 4)),
             ("blocks.0.att.wkv", "wkv", "head,value,key", [1, 2, 2], struct.pack("<4f", -1, 0.5, 0, 8))]
    user = add_turn(db, None, 0, None, "How many ducks?")
    reply = add_turn(db, user, 1, add_snapshot(db, sampler, [1, 2, 3, 65535], state), "Seven ducks.")
    traces = struct.pack("<BIiBifif", 1, 1, 3, 2, 3, 0.5, 4, 0.25)
    db.execute("INSERT INTO turn_data VALUES(?,0,?,?)", (reply, seal("turn_data", reply, 0, traces), traces))
    db.execute("UPDATE conversation SET current_turn = ?, seal = ?",
               (reply, seal("conversation", 1, *columns, reply)))
    db.execute("COMMIT")
    db.close()


main()
