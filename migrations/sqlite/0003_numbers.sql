-- Everything that is derived from events, and the meanings under which it was.

CREATE TABLE definitions (
    workspace TEXT NOT NULL,
    -- Hash of what it means.
    meaning TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    since INTEGER NOT NULL,
    signed_by TEXT,
    CONSTRAINT definitions__key PRIMARY KEY (workspace, meaning)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX definitions__number ON definitions (workspace, number);

CREATE TABLE generations (
    workspace TEXT NOT NULL,
    generation INTEGER NOT NULL,
    meaning TEXT NOT NULL,
    fold_version INTEGER NOT NULL,
    -- building, live, retired
    state TEXT NOT NULL,
    -- Accounts up to this one are built; none yet, or all once it is live.
    built_to INTEGER,
    started_at INTEGER NOT NULL,
    live_at INTEGER,
    CONSTRAINT generations__key PRIMARY KEY (workspace, generation)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX generations__building ON generations (workspace) WHERE state = 'building';

CREATE TABLE contributions (
    workspace TEXT NOT NULL,
    generation INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    account INTEGER NOT NULL,
    fold_version INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT contributions__key PRIMARY KEY (workspace, generation, entity)
) STRICT, WITHOUT ROWID;

CREATE INDEX contributions__account ON contributions (workspace, generation, account);

CREATE TABLE segments (
    workspace TEXT NOT NULL,
    generation INTEGER NOT NULL,
    motion TEXT NOT NULL,
    series TEXT NOT NULL,
    day INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT segments__key PRIMARY KEY (workspace, generation, motion, series, day, chunk)
) STRICT, WITHOUT ROWID;

-- The day stands before the value, so that a breakdown of a period is one range.
CREATE TABLE cells (
    workspace TEXT NOT NULL,
    generation INTEGER NOT NULL,
    motion TEXT NOT NULL,
    series TEXT NOT NULL,
    dimension TEXT NOT NULL,
    day INTEGER NOT NULL,
    value TEXT NOT NULL,
    slot INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT cells__key PRIMARY KEY (workspace, generation, motion, series, dimension, day, value, slot)
) STRICT, WITHOUT ROWID;
