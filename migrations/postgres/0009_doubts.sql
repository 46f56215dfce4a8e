-- What somebody said is off about a message, to whom it went, and what came of it.

CREATE TABLE doubts (
    workspace TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    -- The message: a number of the outbox (`n-51`), or the receipt of an answer (`r-7k3m`).
    about TEXT COLLATE "C" NOT NULL,
    -- The receipt that the message printed.
    receipt TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    said_by TEXT COLLATE "C" NOT NULL,
    -- wrong, leads, waiting, away, else
    way TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C",
    said_at BIGINT NOT NULL,
    routed_to TEXT COLLATE "C" NOT NULL,
    -- open, asked, closed
    state TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C",
    answered_by TEXT COLLATE "C",
    answered_at BIGINT,
    CONSTRAINT doubts__key PRIMARY KEY (workspace, id)
);

-- Said once, however often it is clicked.
CREATE UNIQUE INDEX doubts__said ON doubts (workspace, about, said_by, way);
CREATE INDEX doubts__routed ON doubts (workspace, routed_to, said_at);
