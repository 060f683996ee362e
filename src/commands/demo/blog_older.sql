-- The blog before it had tags.
DROP TABLE post_tags;
DROP TABLE tags;
DELETE FROM comments WHERE written >= '2025-07-01';
DELETE FROM posts WHERE id > 165;
UPDATE posts SET title = title || ' (draft)' WHERE id % 40 = 0;
UPDATE authors SET about = NULL WHERE id = 5;
