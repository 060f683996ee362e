CREATE DATABASE IF NOT EXISTS _maestro CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS _maestro.work (
  run           VARCHAR(36) NOT NULL,
  database_name VARCHAR(64) NOT NULL,
  staging       VARCHAR(64) NOT NULL,
  old           VARCHAR(64) NOT NULL,
  started       TIMESTAMP   NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (run, database_name)
);
