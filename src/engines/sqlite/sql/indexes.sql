SELECT s.name, l.name, l."unique", l.origin, x.name, x."desc", x.coll
FROM sqlite_schema AS s
JOIN pragma_index_list(s.name, 'main') AS l
JOIN pragma_index_xinfo(l.name, 'main') AS x
WHERE s.type = 'table'
  AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND s.sql NOT LIKE 'CREATE VIRTUAL%'
  AND x.key = 1
ORDER BY s.name, l.name, x.seqno
