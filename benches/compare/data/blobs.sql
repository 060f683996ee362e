-- B: @blobs blobs of 256 KiB that look random and are all different: pieces of one long noise, each with a key of its own.
CREATE TABLE blobs (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  content LONGBLOB NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

SET group_concat_max_len = 4194304;
SELECT UNHEX(GROUP_CONCAT(SHA2(i, 512) ORDER BY i SEPARATOR '')) INTO @noise FROM numbers.n WHERE i <= 8192;

INSERT INTO blobs
SELECT i, CONCAT('blob ', i), AES_ENCRYPT(SUBSTR(@noise, 1 + i * 7919 % 262144, 262128), SHA2(i, 256))
FROM numbers.n WHERE i <= @blobs;
