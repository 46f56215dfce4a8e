-- What was said, to whom, and why: records, not derived.

-- A person's id at each outlet.
CREATE TABLE people (
    workspace TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    outlet TEXT COLLATE "C" NOT NULL,
    outlet_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C",
    seen_at BIGINT NOT NULL,
    CONSTRAINT people__key PRIMARY KEY (workspace, email, outlet)
);

CREATE INDEX people__outlet_id ON people (workspace, outlet, outlet_id);

-- One row is one visible message; a later revision is an edit of it.
CREATE TABLE outbox (
    workspace TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    outlet TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    -- Messages of one channel leave one after the other.
    channel TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    dedupe_key TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C",
    digest_day BIGINT,
    revision BIGINT NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    -- due, sending, unknown, delivered, held, dead
    state TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL,
    -- Somebody works on it until then.
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    token BIGINT NOT NULL,
    -- When the latest request was about to leave.
    sending_at BIGINT,
    -- When the first request was about to leave of which it is not known whether it arrived.
    unsure_since BIGINT,
    remote_id TEXT COLLATE "C",
    delivered_revision BIGINT,
    delivered_at BIGINT,
    reason TEXT COLLATE "C",
    enqueued_at BIGINT NOT NULL,
    CONSTRAINT outbox__key PRIMARY KEY (workspace, id)
);

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
    workspace TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    notice BIGINT,
    facts TEXT COLLATE "C" NOT NULL,
    ended_at BIGINT,
    CONSTRAINT incidents__key PRIMARY KEY (workspace, rule, subject, opened_at)
);

CREATE UNIQUE INDEX incidents__open ON incidents (workspace, rule, subject) WHERE ended_at IS NULL;

-- How an answer was computed, and from which events.
CREATE TABLE receipts (
    workspace TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    mark TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    CONSTRAINT receipts__key PRIMARY KEY (workspace, id)
);

CREATE INDEX receipts__asked_at ON receipts (workspace, asked_at);
