-- What somebody said is off about a message, to whom it went, and what came of it.

CREATE TABLE doubts (
    workspace TEXT NOT NULL,
    id INTEGER NOT NULL,
    -- The message: a number of the outbox (`n-51`), or the receipt of an answer (`r-7k3m`).
    about TEXT NOT NULL,
    -- The receipt that the message printed.
    receipt TEXT,
    kind TEXT NOT NULL,
    said_by TEXT NOT NULL,
    -- wrong, leads, waiting, away, else
    way TEXT NOT NULL,
    words TEXT,
    said_at INTEGER NOT NULL,
    routed_to TEXT NOT NULL,
    -- open, asked, closed
    state TEXT NOT NULL,
    answer TEXT,
    answered_by TEXT,
    answered_at INTEGER,
    CONSTRAINT doubts__key PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- Said once, however often it is clicked.
CREATE UNIQUE INDEX doubts__said ON doubts (workspace, about, said_by, way);
CREATE INDEX doubts__routed ON doubts (workspace, routed_to, said_at);
