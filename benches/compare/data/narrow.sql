-- N: one table of many narrow rows: twenty times @part.
CREATE TABLE narrow (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  account INT UNSIGNED NOT NULL,
  amount DECIMAL(10, 2) NOT NULL,
  at DATETIME NOT NULL,
  KEY account (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

INSERT INTO narrow
SELECT (parts.i - 1) * @part + n.i, CRC32(n.i * 20 + parts.i) % 100000, CRC32(parts.i * 31 + n.i) % 1000000 / 100,
  TIMESTAMP('2022-01-01') + INTERVAL (parts.i - 1) * @part + n.i SECOND
FROM numbers.n AS parts JOIN numbers.n AS n
WHERE parts.i <= 20 AND n.i <= @part
ORDER BY parts.i, n.i;
