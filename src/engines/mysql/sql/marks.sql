CREATE DATABASE IF NOT EXISTS _maestro CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Runs that are not over here, and the undos that runs have left. state: staging, swapping, kept.
CREATE TABLE IF NOT EXISTS _maestro.runs (
  run           VARCHAR(36) NOT NULL,
  database_name VARCHAR(64) NOT NULL,
  staging       VARCHAR(64) NOT NULL,
  kept_in       VARCHAR(64) NOT NULL,
  undo_of       VARCHAR(36) NULL,
  state         VARCHAR(10) NOT NULL,
  made          TIMESTAMP   NOT NULL DEFAULT CURRENT_TIMESTAMP,
  work          LONGBLOB    NULL,
  seen          LONGBLOB    NULL,
  PRIMARY KEY (run),
  KEY (database_name)
) ENGINE = InnoDB;

-- Each taking of a database's lock counts up: what an earlier holder still sends is refused.
CREATE TABLE IF NOT EXISTS _maestro.epochs (
  database_name VARCHAR(64)     NOT NULL,
  epoch         BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (database_name)
) ENGINE = InnoDB;
