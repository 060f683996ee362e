//! The data sets, made by SQL on the source itself: the same rows every time, from hashes of row numbers.

use std::fmt::Write as _;

use crate::options::Set;
use crate::servers::Server;
use crate::{Result, say};

/// The database that is copied.
pub const SOURCE: &str = "bench";
/// What its copy is called.
pub const COPY: &str = "bench_copy";

/// How big a data set has become.
pub struct Size {
    pub tables: u64,
    pub rows: u64,
    /// Data and indexes, as the server counts them.
    pub bytes: u64,
}

impl Set {
    pub fn title(self) -> &'static str {
        match self {
            Set::S => "sysbench-like",
            Set::SS => "sysbench-like, into another database of the same server",
            Set::E => "shop with foreign keys",
            Set::M => "many tiny tables",
            Set::B => "blobs of 256 KiB",
            Set::W => "one table of 60 columns",
            Set::N => "one table of narrow rows",
            Set::L => "SQLite, file to file",
        }
    }

    /// Whether it holds what another one held.
    pub fn same_data(self, other: Set) -> bool {
        let data = |set| if set == Set::SS { Set::S } else { set };
        data(self) == data(other)
    }

    /// The statements that make it.
    fn sql(self, scale: f64) -> String {
        let count = |full: f64| scaled(full, scale);
        match self {
            Set::S | Set::SS => sysbench(count(400_000.0)),
            Set::E => format!(
                "SET @items = {};\n{}",
                count(2e6),
                include_str!("data/shop.sql")
            ),
            Set::M => tiny(count(1500.0)),
            Set::B => format!(
                "SET @blobs = {};\n{}",
                count(3000.0),
                include_str!("data/blobs.sql")
            ),
            Set::W => wide(count(200_000.0)),
            Set::N => format!(
                "SET @part = {};\n{}",
                count(1e6),
                include_str!("data/narrow.sql")
            ),
            Set::L => format!("{}", count(1e6)),
        }
    }
}

/// A number of rows or tables at a scale.
pub fn scaled(full: f64, scale: f64) -> u64 {
    (full * scale).ceil().max(1.0) as u64
}

/// The table that all rows are made from: the numbers from 1 on, as many as the largest data set needs.
pub fn numbers(server: &Server, scale: f64) -> Result<()> {
    let needed = scaled(2e6, scale).max(8192);
    let mut sql = "CREATE DATABASE numbers; USE numbers;
        CREATE TABLE n (i INT UNSIGNED NOT NULL PRIMARY KEY); INSERT INTO n VALUES (1);"
        .to_string();
    let mut count = 1;
    while count < needed {
        let _ = writeln!(sql, "INSERT INTO n SELECT i + {count} FROM n;");
        count *= 2;
    }
    server.sql(&sql).map(drop)
}

/// Makes a data set.
pub fn make(server: &Server, set: Set, scale: f64) -> Result<()> {
    say(&format!("making {set:?}: {}", set.title()));
    let sql = set.sql(scale);
    server.sql(&format!(
        "DROP DATABASE IF EXISTS {SOURCE}; CREATE DATABASE {SOURCE} CHARACTER SET utf8mb4; USE {SOURCE};
        SET foreign_key_checks = 0; SET time_zone = '+00:00'; {sql}"
    ))?;
    let tables = server.sql(&format!(
        "SELECT CONCAT('`', TABLE_NAME, '`') FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{SOURCE}'"
    ))?;
    let tables = tables.lines().collect::<Vec<_>>().join(", ");
    server
        .sql(&format!("USE {SOURCE}; ANALYZE TABLE {tables};"))
        .map(drop)
}

/// What the server says of the data set's bytes; the rows have been counted.
pub fn size(server: &Server, rows: u64) -> Result<Size> {
    // MySQL keeps what it once told for a day.
    let sql = format!(
        "/*!80000 SET information_schema_stats_expiry = 0 */;
        SELECT COUNT(*), SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{SOURCE}'"
    );
    let answer = server.sql(&sql)?;
    let mut cells = answer
        .split_whitespace()
        .map(|cell| cell.parse().unwrap_or(0));
    let mut next = || cells.next().unwrap_or(0);
    Ok(Size {
        tables: next(),
        bytes: next(),
        rows,
    })
}

/// Digits in groups of eleven, as sysbench fills its columns.
fn groups(count: usize, seed: &str) -> String {
    let group = |number| format!("LPAD(CRC32(CONCAT(i, '{seed}{number}')), 11, '0')");
    let groups: Vec<String> = (0..count).map(group).collect();
    format!("CONCAT_WS('-', {})", groups.join(", "))
}

fn sysbench(rows: u64) -> String {
    let mut sql = String::new();
    for table in 1..=8 {
        let (c, pad) = (
            groups(10, &format!("c{table}")),
            groups(5, &format!("p{table}")),
        );
        let _ = writeln!(
            sql,
            "CREATE TABLE sbtest{table} (
              id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
              k INT NOT NULL DEFAULT 0,
              c CHAR(120) NOT NULL DEFAULT '',
              pad CHAR(60) NOT NULL DEFAULT '',
              KEY k_1 (k)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
            INSERT INTO sbtest{table}
            SELECT i, 1 + CRC32(CONCAT(i, 'k{table}')) % {rows}, {c}, {pad} FROM numbers.n WHERE i <= {rows};"
        );
    }
    sql
}

fn tiny(tables: u64) -> String {
    let mut sql = String::new();
    for table in 1..=tables {
        let _ = writeln!(
            sql,
            "CREATE TABLE t{table:04} (
              id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
              code VARCHAR(32) NOT NULL,
              name VARCHAR(100),
              amount DECIMAL(10, 2) NOT NULL,
              changed_at DATETIME NOT NULL,
              KEY code (code)
            ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
            INSERT INTO t{table:04}
            SELECT i, SUBSTR(SHA2(i * {table}, 256), 1, 12), IF(i % 5 = 0, NULL, CONCAT('Row ', i, ' of {table}')),
              i * {table} / 100, TIMESTAMP('2024-01-01') + INTERVAL i * {table} SECOND FROM numbers.n WHERE i <= 20;"
        );
    }
    sql
}

/// One id and 59 columns of ten kinds.
fn wide(rows: u64) -> String {
    const KINDS: [(&str, &str); 10] = [
        ("INT NOT NULL", "CRC32(i * @) % 2000000000"),
        ("BIGINT UNSIGNED NOT NULL", "CRC32(i * @) * 1000003"),
        (
            "VARCHAR(40) NOT NULL",
            "CONCAT('Wörter ', SUBSTR(SHA2(i * @, 256), 1, 1 + i % 30))",
        ),
        (
            "DECIMAL(14, 4)",
            "IF(i % 9 = 0, NULL, CRC32(i * @) / 10000)",
        ),
        ("DOUBLE", "CRC32(i * @) / 7"),
        (
            "DATE NOT NULL",
            "DATE('2000-01-01') + INTERVAL CRC32(i * @) % 9000 DAY",
        ),
        (
            "DATETIME",
            "IF(i % 4 = 0, NULL, TIMESTAMP('2010-01-01') + INTERVAL CRC32(i * @) % 400000000 SECOND)",
        ),
        ("CHAR(10) NOT NULL", "SUBSTR(SHA2(i * @, 256), 1, 10)"),
        ("TINYINT(1) NOT NULL", "CRC32(i * @) % 2"),
        (
            "VARCHAR(60)",
            "IF(i % 3 = 0, NULL, CONCAT('value ', i * @))",
        ),
    ];
    let columns = (1..60).map(|number| (number, KINDS[number % KINDS.len()]));
    let (mut types, mut values) = (String::new(), String::new());
    for (number, (kind, value)) in columns {
        let _ = write!(types, "c{number:02} {kind}, ");
        let _ = write!(values, ", {}", value.replace('@', &number.to_string()));
    }
    format!(
        "CREATE TABLE wide (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, {types} KEY c01 (c01), KEY c05 (c05))
        ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
        INSERT INTO wide SELECT i {values} FROM numbers.n WHERE i <= {rows};"
    )
}
