-- What people said about the roll-out in chat: it moves on what the definitions file starts, and is its own record.

CREATE TABLE rollout_changes (
    workspace TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    said_at BIGINT NOT NULL,
    -- An e-mail, or `operator`.
    said_by TEXT COLLATE "C" NOT NULL,
    -- step, pilot, not-pilot
    what TEXT COLLATE "C" NOT NULL,
    -- A step, or an e-mail.
    subject TEXT COLLATE "C" NOT NULL,
    -- The step that the file named then.
    file_step TEXT COLLATE "C" NOT NULL,
    CONSTRAINT rollout_changes__key PRIMARY KEY (workspace, id)
);
