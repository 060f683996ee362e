-- What the store holds. Times are microseconds since 1970 in UTC; durations are microseconds.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `url` never holds a password. `password` says where it comes from: none, base64:…, env:…, cmd:…, ask.
CREATE TABLE connections (
    name      TEXT PRIMARY KEY,
    url       TEXT NOT NULL,
    password  TEXT NOT NULL,
    label     TEXT NOT NULL,
    product   TEXT,
    last_used INTEGER
) STRICT, WITHOUT ROWID;

-- `process` and `started_as` name one process of one boot, so that a recycled number is not believed.
CREATE TABLE runs (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    source     TEXT NOT NULL,
    target     TEXT NOT NULL,
    command    TEXT NOT NULL,
    status     TEXT NOT NULL,
    started    INTEGER NOT NULL,
    ended      INTEGER,
    snapshot   TEXT,
    verified   TEXT,
    error      TEXT,
    process    INTEGER NOT NULL,
    started_as TEXT
) STRICT;

-- A step without `what` is a database; its rows and bytes are those of its tables.
CREATE TABLE steps (
    number   INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    "database" TEXT NOT NULL,
    what     TEXT,
    status   TEXT NOT NULL,
    "rows"   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    took     INTEGER NOT NULL,
    error    TEXT
) STRICT;
CREATE INDEX steps_of_a_run ON steps (run);

CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    at     INTEGER NOT NULL,
    line   TEXT NOT NULL
) STRICT;
CREATE INDEX log_of_a_run ON log (run);

-- The lines of the prompt, secrets redacted.
CREATE TABLE lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    line   TEXT NOT NULL
) STRICT;
