-- The records that a source was asked for and had, by its own kind and number: the nightly check compares them with what it has.

CREATE TABLE polled (
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    object TEXT NOT NULL,
    id INTEGER NOT NULL,
    CONSTRAINT polled__key PRIMARY KEY (workspace, source, object, id)
) STRICT, WITHOUT ROWID;
