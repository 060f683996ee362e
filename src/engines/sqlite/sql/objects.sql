WITH listed AS MATERIALIZED (
    SELECT name, type, wr, strict
    FROM pragma_table_list
    WHERE schema = 'main'
)
SELECT s.type, s.name, s.tbl_name, s.sql, l.type, l.wr, l.strict
FROM sqlite_schema AS s
LEFT JOIN listed AS l ON l.name = s.name
WHERE s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY s.rowid
