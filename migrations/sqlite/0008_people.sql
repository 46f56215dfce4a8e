-- Who is who, and who is away: what people say, and what they choose.

-- Who said that this is the person; NULL: the outlet's own e-mail address said so, and is asked again from time to time.
ALTER TABLE people ADD COLUMN linked_by TEXT;
-- When the outlet was first seen not to know them (any more); NULL: it does. An empty outlet_id: it never did.
ALTER TABLE people ADD COLUMN gone_at INTEGER;

-- Days on which somebody is away, the first and the last included.
CREATE TABLE leave (
    workspace TEXT NOT NULL,
    email TEXT NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    said_by TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    CONSTRAINT leave__key PRIMARY KEY (workspace, email, first_day)
) STRICT, WITHOUT ROWID;

-- Whom somebody chose for an owner whose e-mail address says nothing.
CREATE TABLE owner_choices (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    -- NULL: not one of us.
    email TEXT,
    chosen_by TEXT NOT NULL,
    chosen_at INTEGER NOT NULL,
    CONSTRAINT owner_choices__key PRIMARY KEY (workspace, source, owner_id)
) STRICT, WITHOUT ROWID;

-- One-time codes with which a person proves in one chat who they are in another. Only their digests are kept.
CREATE TABLE link_codes (
    workspace TEXT NOT NULL,
    digest BLOB NOT NULL,
    email TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT link_codes__key PRIMARY KEY (workspace, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_codes__email ON link_codes (workspace, email);
CREATE INDEX link_codes__expires_at ON link_codes (workspace, expires_at);

-- How often somebody whom nobody knows has tried a code lately.
CREATE TABLE link_tries (
    workspace TEXT NOT NULL,
    outlet TEXT NOT NULL,
    outlet_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    n INTEGER NOT NULL,
    CONSTRAINT link_tries__key PRIMARY KEY (workspace, outlet, outlet_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_tries__since ON link_tries (workspace, since);
