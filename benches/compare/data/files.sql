-- L: a SQLite file: @rows rows with two indexes, and a hundredth as many blobs of 4 KiB. The shell has set @rows.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
BEGIN;
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  amount REAL NOT NULL,
  note TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE TABLE attachments (id INTEGER PRIMARY KEY, entry INTEGER NOT NULL REFERENCES entries (id), content BLOB NOT NULL);
CREATE INDEX entries_account ON entries (account, at);
CREATE INDEX entries_note ON entries (note);

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @rows)
INSERT INTO entries
SELECT i, i * 2654435761 % 50000, i * 7919 % 1000003 / 100.0,
  printf('note %08x %d, as long as notes are', i * 2654435761 % 4294967296, i), datetime(1600000000 + i * 31, 'unixepoch')
FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @rows / 100)
INSERT INTO attachments SELECT i, i * 100, randomblob(4096) FROM n;
COMMIT;
