-- What arrives, before it means anything.

CREATE TABLE workspaces (
    workspace TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    -- Which set of numbers answers questions; none until the first is built.
    live_generation BIGINT,
    -- Counts the transactions that appended events (SQLite only: PostgreSQL numbers its own).
    writes BIGINT NOT NULL DEFAULT 0,
    -- The last number given to a delivery or a notice (SQLite only: PostgreSQL has a sequence).
    numbers BIGINT NOT NULL DEFAULT 0
);

-- Numbers of deliveries and notices.
CREATE SEQUENCE numbers AS BIGINT;

CREATE TABLE inbox (
    workspace TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    -- The same delivery again has the same one.
    dedupe TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    headers TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    -- waiting, done, unreadable
    state TEXT COLLATE "C" NOT NULL,
    -- When somebody may take it: on arrival, at the end of a lease, or at the next attempt.
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Grows with every lease; only the latest holder can end it.
    token BIGINT NOT NULL,
    reason TEXT COLLATE "C",
    ended_at BIGINT,
    CONSTRAINT inbox__key PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX inbox__dedupe ON inbox (workspace, dedupe);
CREATE INDEX inbox__due ON inbox (workspace, due_at, id) WHERE state = 'waiting';
CREATE INDEX inbox__unreadable ON inbox (workspace, id) WHERE state = 'unreadable';

-- When each kind of fact was last seen, and how often.
CREATE TABLE sightings (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT sightings__key PRIMARY KEY (workspace, source, name, day)
);

-- How long a source was silent between two deliveries, by weekday and length, so that its own rhythm can be learned.
CREATE TABLE gaps (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    weekday BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT gaps__key PRIMARY KEY (workspace, source, weekday, minutes)
);

-- How far a long work has come: an import, a backfill, a schedule.
CREATE TABLE cursors (
    workspace TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    position TEXT COLLATE "C" NOT NULL,
    moved_at BIGINT NOT NULL,
    CONSTRAINT cursors__key PRIMARY KEY (workspace, name)
);
