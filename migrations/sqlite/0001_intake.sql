-- What arrives, before it means anything.

CREATE TABLE workspaces (
    workspace TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    -- Which set of numbers answers questions; none until the first is built.
    live_generation INTEGER,
    -- Counts the transactions that appended events (SQLite only: PostgreSQL numbers its own).
    writes INTEGER NOT NULL DEFAULT 0,
    -- The last number given to a delivery or a notice (SQLite only: PostgreSQL has a sequence).
    numbers INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
    workspace TEXT NOT NULL,
    id INTEGER NOT NULL,
    source TEXT NOT NULL,
    -- The same delivery again has the same one.
    dedupe TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    -- waiting, done, unreadable
    state TEXT NOT NULL,
    -- When somebody may take it: on arrival, at the end of a lease, or at the next attempt.
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    -- Grows with every lease; only the latest holder can end it.
    token INTEGER NOT NULL,
    reason TEXT,
    ended_at INTEGER,
    CONSTRAINT inbox__key PRIMARY KEY (workspace, id)
) STRICT;

CREATE UNIQUE INDEX inbox__dedupe ON inbox (workspace, dedupe);
CREATE INDEX inbox__due ON inbox (workspace, due_at, id) WHERE state = 'waiting';
CREATE INDEX inbox__unreadable ON inbox (workspace, id) WHERE state = 'unreadable';

-- When each kind of fact was last seen, and how often.
CREATE TABLE sightings (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    day INTEGER NOT NULL,
    n INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    CONSTRAINT sightings__key PRIMARY KEY (workspace, source, name, day)
) STRICT, WITHOUT ROWID;

-- How long a source was silent between two deliveries, by weekday and length, so that its own rhythm can be learned.
CREATE TABLE gaps (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    weekday INTEGER NOT NULL,
    minutes INTEGER NOT NULL,
    n INTEGER NOT NULL,
    CONSTRAINT gaps__key PRIMARY KEY (workspace, source, weekday, minutes)
) STRICT, WITHOUT ROWID;

-- How far a long work has come: an import, a backfill, a schedule.
CREATE TABLE cursors (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    position TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    CONSTRAINT cursors__key PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;
