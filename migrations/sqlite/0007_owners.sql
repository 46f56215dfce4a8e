-- Whom a source knows as the owners of records, and how it is set up.

CREATE TABLE owners (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    -- Stands in records as their owner.
    owner_id TEXT NOT NULL,
    -- Stands in changes as who made them; an owner that is no user any more may have none.
    user_id TEXT,
    email TEXT,
    name TEXT NOT NULL,
    -- A JSON list of names, the primary team first.
    teams TEXT NOT NULL,
    -- 0: archived, or not there any more.
    is_active INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT owners__key PRIMARY KEY (workspace, source, owner_id)
) STRICT, WITHOUT ROWID;

-- What a source is set up as, as it was read last: labels behind internal ids, zone, currencies.
CREATE TABLE portals (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    CONSTRAINT portals__key PRIMARY KEY (workspace, source)
) STRICT, WITHOUT ROWID;
