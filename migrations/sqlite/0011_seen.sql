-- What was seen of the facts of the definitions, and of the signatures of sources: what `check` and `doctor` tell.

CREATE TABLE facts_seen (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    fact TEXT NOT NULL,
    -- On which it happened, on the calendar of the workspace.
    day INTEGER NOT NULL,
    n INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    CONSTRAINT facts_seen__key PRIMARY KEY (workspace, source, fact, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE signatures (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    -- valid, or one word for why it was refused
    verdict TEXT NOT NULL,
    day INTEGER NOT NULL,
    n INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    CONSTRAINT signatures__key PRIMARY KEY (workspace, source, verdict, day)
) STRICT, WITHOUT ROWID;
