-- Who is who, and who is away: what people say, and what they choose.

-- Who said that this is the person; NULL: the outlet's own e-mail address said so, and is asked again from time to time.
ALTER TABLE people ADD COLUMN linked_by TEXT COLLATE "C";
-- When the outlet was first seen not to know them (any more); NULL: it does. An empty outlet_id: it never did.
ALTER TABLE people ADD COLUMN gone_at BIGINT;

-- Days on which somebody is away, the first and the last included.
CREATE TABLE leave (
    workspace TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,
    said_by TEXT COLLATE "C" NOT NULL,
    said_at BIGINT NOT NULL,
    CONSTRAINT leave__key PRIMARY KEY (workspace, email, first_day)
);

-- Whom somebody chose for an owner whose e-mail address says nothing.
CREATE TABLE owner_choices (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    owner_id TEXT COLLATE "C" NOT NULL,
    -- NULL: not one of us.
    email TEXT COLLATE "C",
    chosen_by TEXT COLLATE "C" NOT NULL,
    chosen_at BIGINT NOT NULL,
    CONSTRAINT owner_choices__key PRIMARY KEY (workspace, source, owner_id)
);

-- One-time codes with which a person proves in one chat who they are in another. Only their digests are kept.
CREATE TABLE link_codes (
    workspace TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    CONSTRAINT link_codes__key PRIMARY KEY (workspace, digest)
);

CREATE INDEX link_codes__email ON link_codes (workspace, email);
CREATE INDEX link_codes__expires_at ON link_codes (workspace, expires_at);

-- How often somebody whom nobody knows has tried a code lately.
CREATE TABLE link_tries (
    workspace TEXT COLLATE "C" NOT NULL,
    outlet TEXT COLLATE "C" NOT NULL,
    outlet_id TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT link_tries__key PRIMARY KEY (workspace, outlet, outlet_id)
);

CREATE INDEX link_tries__since ON link_tries (workspace, since);
