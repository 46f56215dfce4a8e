-- The records that a source was asked for and had, by its own kind and number: the nightly check compares them with what it has.

CREATE TABLE polled (
    workspace TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    CONSTRAINT polled__key PRIMARY KEY (workspace, source, object, id)
);
