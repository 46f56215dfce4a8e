-- What was seen of the facts of the definitions, and of the signatures of sources: what `check` and `doctor` tell.

CREATE TABLE facts_seen (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    fact TEXT COLLATE "C" NOT NULL,
    -- On which it happened, on the calendar of the workspace.
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT facts_seen__key PRIMARY KEY (workspace, source, fact, day)
);

CREATE TABLE signatures (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    -- valid, or one word for why it was refused
    verdict TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT signatures__key PRIMARY KEY (workspace, source, verdict, day)
);
