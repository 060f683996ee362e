-- A blog with its readers' comments. All rows follow from their numbers.
CREATE TABLE authors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  about TEXT
);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  author INTEGER NOT NULL REFERENCES authors (id),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  published TEXT,
  words INTEGER GENERATED ALWAYS AS (length(body) - length(replace(body, ' ', '')) + 1) VIRTUAL
);
CREATE TABLE comments (
  id INTEGER PRIMARY KEY,
  post INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  answers INTEGER REFERENCES comments (id),
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  written TEXT NOT NULL
);
CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  word TEXT NOT NULL UNIQUE COLLATE NOCASE
);
CREATE TABLE post_tags (
  post INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  tag INTEGER NOT NULL REFERENCES tags (id),
  PRIMARY KEY (post, tag)
) WITHOUT ROWID;

INSERT INTO authors VALUES
  (1, 'Mira Lindqvist', 'Writes about bread, boats and the sea.'),
  (2, 'Tomás Herrera', 'Gardener; keeps bees on a roof.'),
  (3, 'Aiko Mori', NULL),
  (4, 'Daniel Okoye', 'Repairs clocks. Slowly.'),
  (5, 'Sofie Maes', 'Walks, then draws the walk.');

INSERT INTO posts (id, author, title, body, published)
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 180),
  word (start, thing, sentence) AS (VALUES (
    '["Notes on","A year of","What I learned from","Against","In praise of","The trouble with","A short guide to","Mending"]',
    '["sourdough","old clocks","city bees","slow trains","paper maps","winter gardens","small boats","hand tools","tea","moss","letters"]',
    '["It began with a mistake, as most things here do.","The second attempt went better, though not by much.","My neighbor disagreed, and was right.","Nobody tells you how long the waiting takes.","I kept a table of the results and lost it twice.","The rain helped.","By evening there was enough for everyone."]'))
SELECT
  i,
  i * 3 % 5 + 1,
  start ->> (i % 8) || ' ' || (thing ->> (i * 3 % 11)),
  sentence ->> (i % 7) || ' ' || (sentence ->> ((i + 2) % 7)) || ' ' || (sentence ->> ((i + 5) % 7)),
  CASE WHEN i <= 172 THEN date('2023-03-01', '+' || (i * 5) || ' days') END
FROM number, word;

INSERT INTO comments
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 900),
  word (name, text) AS (VALUES (
    '["Jo","Priya","Marek","Lena","Omar","Ruth","Chidi","Ewa","Sven"]',
    '["Thank you for this.","I tried it: it works, but take more salt.","Which map is that?","My grandfather did the same.","I do not agree, but I enjoyed it.","Please write the second part.","Saved for the winter."]'))
SELECT
  i,
  i * 7 % 172 + 1,
  CASE WHEN i > 172 AND i % 6 = 0 THEN i - 172 END,
  name ->> (i % 9),
  text ->> (i * 3 % 7),
  datetime('2023-03-04 09:30:00', '+' || (i * 26) || ' hours')
FROM number, word;

INSERT INTO tags VALUES (1, 'bread'), (2, 'clocks'), (3, 'garden'), (4, 'maps'), (5, 'sea'), (6, 'tools'), (7, 'travel'), (8, 'weather');
INSERT INTO post_tags
  SELECT posts.id, tags.id FROM posts JOIN tags ON (posts.id + tags.id * 3) % 5 = 0;

CREATE INDEX comments_post ON comments (post);
CREATE INDEX posts_published ON posts (published) WHERE published IS NOT NULL;
CREATE VIEW latest AS
  SELECT posts.title, authors.name AS author, posts.published
  FROM posts JOIN authors ON authors.id = posts.author
  WHERE posts.published IS NOT NULL
  ORDER BY posts.published DESC
  LIMIT 10;
