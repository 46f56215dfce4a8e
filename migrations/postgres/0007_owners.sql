-- Whom a source knows as the owners of records, and how it is set up.

CREATE TABLE owners (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    -- Stands in records as their owner.
    owner_id TEXT COLLATE "C" NOT NULL,
    -- Stands in changes as who made them; an owner that is no user any more may have none.
    user_id TEXT COLLATE "C",
    email TEXT COLLATE "C",
    name TEXT COLLATE "C" NOT NULL,
    -- A JSON list of names, the primary team first.
    teams TEXT COLLATE "C" NOT NULL,
    -- 0: archived, or not there any more.
    is_active BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    CONSTRAINT owners__key PRIMARY KEY (workspace, source, owner_id)
);

-- What a source is set up as, as it was read last: labels behind internal ids, zone, currencies.
CREATE TABLE portals (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    read_at BIGINT NOT NULL,
    CONSTRAINT portals__key PRIMARY KEY (workspace, source)
);
