-- What people said about the roll-out in chat: it moves on what the definitions file starts, and is its own record.

CREATE TABLE rollout_changes (
    workspace TEXT NOT NULL,
    id INTEGER NOT NULL,
    said_at INTEGER NOT NULL,
    -- An e-mail, or `operator`.
    said_by TEXT NOT NULL,
    -- step, pilot, not-pilot
    what TEXT NOT NULL,
    -- A step, or an e-mail.
    subject TEXT NOT NULL,
    -- The step that the file named then.
    file_step TEXT NOT NULL,
    CONSTRAINT rollout_changes__key PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
