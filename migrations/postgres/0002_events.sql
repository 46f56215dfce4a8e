-- The ground truth, and whom it is about.

CREATE TABLE events (
    workspace TEXT COLLATE "C" NOT NULL,
    entity BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    -- The role, then, of the person who did it.
    by_role TEXT COLLATE "C",
    -- The transaction that appended it.
    tx BIGINT NOT NULL,
    -- The delivery it came in; none if it was imported.
    delivery BIGINT,
    CONSTRAINT events__key PRIMARY KEY (workspace, entity, source, external_id)
);

-- Events ahead of their time.
CREATE TABLE held_events (
    workspace TEXT COLLATE "C" NOT NULL,
    entity BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    by_role TEXT COLLATE "C",
    delivery BIGINT,
    CONSTRAINT held_events__key PRIMARY KEY (workspace, entity, source, external_id)
);

CREATE INDEX held_events__at ON held_events (workspace, at);

-- What cannot be an event of this company: too far ahead, or before 1970. Kept and counted, never folded.
CREATE TABLE set_aside (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    set_aside_at BIGINT NOT NULL,
    CONSTRAINT set_aside__key PRIMARY KEY (workspace, source, external_id)
);

-- A link (company, contact, or the entity it is the same as) with the instant of the event that made it; a link that was
-- undone is null with an instant.
CREATE TABLE entities (
    workspace TEXT COLLATE "C" NOT NULL,
    entity BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    company BIGINT,
    company_at BIGINT,
    contact BIGINT,
    contact_at BIGINT,
    same BIGINT,
    same_at BIGINT,
    account BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT entities__key PRIMARY KEY (workspace, entity)
);

CREATE INDEX entities__account ON entities (workspace, account);
CREATE INDEX entities__company ON entities (workspace, company) WHERE company IS NOT NULL;
CREATE INDEX entities__contact ON entities (workspace, contact) WHERE contact IS NOT NULL;
CREATE INDEX entities__same ON entities (workspace, same) WHERE same IS NOT NULL;

-- One row to lock for each account. The version grows with every change of its events or entities.
CREATE TABLE accounts (
    workspace TEXT COLLATE "C" NOT NULL,
    account BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT accounts__key PRIMARY KEY (workspace, account)
);
