"""The tables of `index.sqlite`: the runs of a home and the traces of its volumes, each found again in text files.

Knows no row; `index.py` fills the first, `shelf.py` those of traces, `meaning.py` and `llmos.vectors` those of vectors.
"""

import sqlite3
from pathlib import Path
from typing import Final

from llmos.tables import OnNotice, kept_tables, open_tables

INDEX: Final = "index.sqlite"
"""The file, in a home."""

MIGRATIONS: Final = (
    """
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, started TEXT NOT NULL, agent TEXT NOT NULL, goal TEXT NOT NULL, model TEXT NOT NULL,
        mode TEXT NOT NULL, outcome TEXT NOT NULL, cost_usd REAL NOT NULL, input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL,
        steps INTEGER NOT NULL, tool_calls INTEGER NOT NULL, duration_s REAL NOT NULL, parent TEXT NOT NULL,
        journal TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX runs_by_start ON runs (started);
    """,
    """
    CREATE TABLE trace_roots (number INTEGER PRIMARY KEY, root TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL);
    CREATE TABLE traces (
        number INTEGER PRIMARY KEY, root INTEGER NOT NULL, name TEXT NOT NULL, inode INTEGER NOT NULL,
        stamp TEXT NOT NULL, content_hash TEXT NOT NULL, id TEXT NOT NULL, signature TEXT NOT NULL,
        agent TEXT NOT NULL, salt TEXT NOT NULL, problem TEXT NOT NULL, trace BLOB NOT NULL
    );
    CREATE UNIQUE INDEX traces_by_name ON traces (root, name);
    CREATE INDEX traces_by_place ON traces (root, name, inode, stamp);
    CREATE INDEX traces_by_goal ON traces (signature, agent, root);
    CREATE INDEX traces_by_id ON traces (id, root);
    CREATE INDEX traces_by_salt ON traces (salt, root) WHERE salt != '';
    CREATE INDEX traces_by_problem ON traces (root, problem) WHERE problem != '';
    CREATE TABLE skeletons (number INTEGER PRIMARY KEY, signature TEXT NOT NULL UNIQUE);
    CREATE VIRTUAL TABLE skeleton_words USING fts5 (
        skeleton, pairs, tokenize = 'porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TABLE skeleton_vectors (number INTEGER PRIMARY KEY, vector BLOB NOT NULL);
    CREATE TABLE vector_state (model TEXT NOT NULL, upto INTEGER NOT NULL, changes INTEGER NOT NULL);
    INSERT INTO vector_state VALUES ('', 0, abs(random() / 2));
    CREATE TABLE note_vectors (key TEXT PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL) WITHOUT ROWID
    """,
)
"""What has been shipped is never changed: a change is one migration more, tested with a stored file of each version."""


def open_index(home: Path, on_notice: OnNotice, *, kept: bool = False) -> sqlite3.Connection:
    """The index of a home, as `open_tables` opens it; where it must be `kept`, as `kept_tables` does."""
    return (kept_tables if kept else open_tables)(home / INDEX, MIGRATIONS, on_notice)
