-- Requests of chat systems that may be followed only once, such as a click that shows an answer to everybody.

CREATE TABLE requests (
    workspace TEXT NOT NULL,
    outlet TEXT NOT NULL,
    -- The chat system's own: the same request brought twice has the same one.
    id TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    CONSTRAINT requests__key PRIMARY KEY (workspace, outlet, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests__taken_at ON requests (workspace, taken_at);
