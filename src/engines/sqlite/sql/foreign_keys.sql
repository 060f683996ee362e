SELECT s.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
FROM sqlite_schema AS s
JOIN pragma_foreign_key_list(s.name, 'main') AS f
WHERE s.type = 'table'
  AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND s.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY s.name, f.id, f.seq
