-- Everything that is derived from events, and the meanings under which it was.

CREATE TABLE definitions (
    workspace TEXT COLLATE "C" NOT NULL,
    -- Hash of what it means.
    meaning TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    signed_by TEXT COLLATE "C",
    CONSTRAINT definitions__key PRIMARY KEY (workspace, meaning)
);

CREATE UNIQUE INDEX definitions__number ON definitions (workspace, number);

CREATE TABLE generations (
    workspace TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    meaning TEXT COLLATE "C" NOT NULL,
    fold_version BIGINT NOT NULL,
    -- building, live, retired
    state TEXT COLLATE "C" NOT NULL,
    -- Accounts up to this one are built; none yet, or all once it is live.
    built_to BIGINT,
    started_at BIGINT NOT NULL,
    live_at BIGINT,
    CONSTRAINT generations__key PRIMARY KEY (workspace, generation)
);

CREATE UNIQUE INDEX generations__building ON generations (workspace) WHERE state = 'building';

CREATE TABLE contributions (
    workspace TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    entity BIGINT NOT NULL,
    account BIGINT NOT NULL,
    fold_version BIGINT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT contributions__key PRIMARY KEY (workspace, generation, entity)
);

CREATE INDEX contributions__account ON contributions (workspace, generation, account);

CREATE TABLE segments (
    workspace TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    motion TEXT COLLATE "C" NOT NULL,
    series TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT segments__key PRIMARY KEY (workspace, generation, motion, series, day, chunk)
);

-- The day stands before the value, so that a breakdown of a period is one range.
CREATE TABLE cells (
    workspace TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    motion TEXT COLLATE "C" NOT NULL,
    series TEXT COLLATE "C" NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT cells__key PRIMARY KEY (workspace, generation, motion, series, dimension, day, value, slot)
) WITH (fillfactor = 70);
