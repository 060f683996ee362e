CREATE DATABASE IF NOT EXISTS _maestro CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS _maestro.labels (
  database_name VARCHAR(64)  NOT NULL PRIMARY KEY,
  label         VARCHAR(16)  NOT NULL,
  labelled_by   VARCHAR(255) NOT NULL,
  labelled      TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS _maestro.synced_from (
  database_name VARCHAR(64)  NOT NULL,
  source        VARCHAR(512) NOT NULL,
  noted         TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (database_name, source)
);

CREATE TABLE IF NOT EXISTS _maestro.approvals (
  plan        CHAR(64)     NOT NULL PRIMARY KEY,
  approved_by VARCHAR(255) NOT NULL,
  expires     DATETIME     NOT NULL
);
