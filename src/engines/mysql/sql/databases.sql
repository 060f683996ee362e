SELECT SCHEMA_NAME
  FROM information_schema.SCHEMATA;

SELECT TABLE_SCHEMA, COUNT(*), SUM(TABLE_ROWS), SUM(DATA_LENGTH + INDEX_LENGTH)
  FROM information_schema.TABLES
 WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
 GROUP BY TABLE_SCHEMA;

SELECT tables.TABLE_SCHEMA, COUNT(*)
  FROM information_schema.TABLES AS tables
 WHERE tables.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
   AND NOT EXISTS (SELECT 1
                     FROM information_schema.TABLE_CONSTRAINTS AS constraints
                    WHERE constraints.TABLE_SCHEMA = tables.TABLE_SCHEMA
                      AND constraints.TABLE_NAME = tables.TABLE_NAME
                      AND constraints.CONSTRAINT_TYPE IN ('PRIMARY KEY', 'UNIQUE'))
 GROUP BY tables.TABLE_SCHEMA;
