-- What was said, to whom, and why: records, not derived.

-- A person's id at each outlet.
CREATE TABLE people (
    workspace TEXT NOT NULL,
    email TEXT NOT NULL,
    outlet TEXT NOT NULL,
    outlet_id TEXT NOT NULL,
    name TEXT,
    seen_at INTEGER NOT NULL,
    CONSTRAINT people__key PRIMARY KEY (workspace, email, outlet)
) STRICT, WITHOUT ROWID;

CREATE INDEX people__outlet_id ON people (workspace, outlet, outlet_id);

-- One row is one visible message; a later revision is an edit of it.
CREATE TABLE outbox (
    workspace TEXT NOT NULL,
    id INTEGER NOT NULL,
    outlet TEXT NOT NULL,
    destination TEXT NOT NULL,
    -- Messages of one channel leave one after the other.
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    digest TEXT,
    digest_day INTEGER,
    revision INTEGER NOT NULL,
    facts TEXT NOT NULL,
    -- due, sending, unknown, delivered, held, dead
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    -- Somebody works on it until then.
    lease_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    token INTEGER NOT NULL,
    -- When the latest request was about to leave.
    sending_at INTEGER,
    -- When the first request was about to leave of which it is not known whether it arrived.
    unsure_since INTEGER,
    remote_id TEXT,
    delivered_revision INTEGER,
    delivered_at INTEGER,
    reason TEXT,
    enqueued_at INTEGER NOT NULL,
    CONSTRAINT outbox__key PRIMARY KEY (workspace, id)
) STRICT;

CREATE UNIQUE INDEX outbox__dedupe ON outbox (workspace, outlet, destination, dedupe_key);
CREATE UNIQUE INDEX outbox__digest ON outbox (workspace, digest, outlet, destination, digest_day)
    WHERE digest IS NOT NULL;
CREATE INDEX outbox__due ON outbox (workspace, due_at, id) WHERE state IN ('due', 'sending', 'unknown');
CREATE INDEX outbox__channel ON outbox (workspace, outlet, channel, due_at, id)
    WHERE state IN ('due', 'sending', 'unknown');
CREATE INDEX outbox__destination ON outbox (workspace, destination, enqueued_at);
CREATE INDEX outbox__kept ON outbox (workspace, id) WHERE state IN ('held', 'dead');

-- What is wrong now, or was. One message each, edited when it ends.
CREATE TABLE incidents (
    workspace TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    notice INTEGER,
    facts TEXT NOT NULL,
    ended_at INTEGER,
    CONSTRAINT incidents__key PRIMARY KEY (workspace, rule, subject, opened_at)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX incidents__open ON incidents (workspace, rule, subject) WHERE ended_at IS NULL;

-- How an answer was computed, and from which events.
CREATE TABLE receipts (
    workspace TEXT NOT NULL,
    id TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    mark TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT receipts__key PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts__asked_at ON receipts (workspace, asked_at);
