-- What a run needs to be taken up again: both sides, how it is run, and the plan of each of its databases.

CREATE TABLE jobs (
    run             INTEGER PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
    source          TEXT NOT NULL,
    target          TEXT NOT NULL,
    source_server   TEXT NOT NULL,
    target_server   TEXT NOT NULL,
    source_product  TEXT NOT NULL,
    target_product  TEXT NOT NULL,
    settings        TEXT NOT NULL
) STRICT;

-- `id` names what the part makes on the target. `plan` is JSON, compressed; empty once nothing can be resumed.
CREATE TABLE parts (
    run   INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    part  INTEGER NOT NULL,
    id    TEXT NOT NULL UNIQUE,
    plan  BLOB NOT NULL,
    state TEXT NOT NULL,
    level TEXT,
    PRIMARY KEY (run, part)
) STRICT;
