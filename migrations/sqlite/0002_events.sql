-- The ground truth, and whom it is about.

CREATE TABLE events (
    workspace TEXT NOT NULL,
    entity INTEGER NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    -- The role, then, of the person who did it.
    by_role TEXT,
    -- The transaction that appended it.
    tx INTEGER NOT NULL,
    -- The delivery it came in; none if it was imported.
    delivery INTEGER,
    CONSTRAINT events__key PRIMARY KEY (workspace, entity, source, external_id)
) STRICT, WITHOUT ROWID;

-- Events ahead of their time.
CREATE TABLE held_events (
    workspace TEXT NOT NULL,
    entity INTEGER NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    by_role TEXT,
    delivery INTEGER,
    CONSTRAINT held_events__key PRIMARY KEY (workspace, entity, source, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX held_events__at ON held_events (workspace, at);

-- What cannot be an event of this company: too far ahead, or before 1970. Kept and counted, never folded.
CREATE TABLE set_aside (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    set_aside_at INTEGER NOT NULL,
    CONSTRAINT set_aside__key PRIMARY KEY (workspace, source, external_id)
) STRICT, WITHOUT ROWID;

-- A link (company, contact, or the entity it is the same as) with the instant of the event that made it; a link that was
-- undone is null with an instant.
CREATE TABLE entities (
    workspace TEXT NOT NULL,
    entity INTEGER NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    company INTEGER,
    company_at INTEGER,
    contact INTEGER,
    contact_at INTEGER,
    same INTEGER,
    same_at INTEGER,
    account INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT entities__key PRIMARY KEY (workspace, entity)
) STRICT, WITHOUT ROWID;

CREATE INDEX entities__account ON entities (workspace, account);
CREATE INDEX entities__company ON entities (workspace, company) WHERE company IS NOT NULL;
CREATE INDEX entities__contact ON entities (workspace, contact) WHERE contact IS NOT NULL;
CREATE INDEX entities__same ON entities (workspace, same) WHERE same IS NOT NULL;

-- One row to lock for each account. The version grows with every change of its events or entities.
CREATE TABLE accounts (
    workspace TEXT NOT NULL,
    account INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT accounts__key PRIMARY KEY (workspace, account)
) STRICT, WITHOUT ROWID;
