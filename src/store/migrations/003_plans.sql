-- Plans that were made to be applied later; `document` is the whole of it, sealed with `hash`.
CREATE TABLE plans (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash     TEXT NOT NULL,
    created  INTEGER NOT NULL,
    source   TEXT NOT NULL,
    target   TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;

-- Which database was synced from which, wherever they are: a pair has one direction.
CREATE TABLE origins (
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    noted  INTEGER NOT NULL,
    PRIMARY KEY (target, source)
) STRICT, WITHOUT ROWID;

-- What told the server from every other when the connection was last used.
ALTER TABLE connections ADD COLUMN identity TEXT;
