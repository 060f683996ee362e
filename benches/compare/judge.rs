//! Whether a copy is one: judged by what the servers themselves say of both sides, never by maestro.

use std::fmt::Write as _;

use crate::Result;
use crate::servers::Server;

/// What must be equal: the tables, and of each its rows, its checksum, its indexes and its foreign keys.
pub struct Picture(Vec<String>);

impl Picture {
    /// Reads a whole database.
    pub fn of(server: &Server, database: &str) -> Result<Picture> {
        let tables = server.sql(&format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}' ORDER BY 1"
        ))?;
        let tables: Vec<&str> = tables.lines().collect();
        if tables.is_empty() {
            return Err(format!("there is no table in {database}").into());
        }
        let mut sql = format!("USE {database};\n");
        for table in &tables {
            let _ = writeln!(sql, "SELECT 'rows of', '{table}', COUNT(*) FROM `{table}`;");
        }
        let _ = writeln!(sql, "CHECKSUM TABLE `{}`;", tables.join("`, `"));
        let _ = writeln!(
            sql,
            "SELECT 'index', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE
            FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '{database}' ORDER BY 2, 3, 4;
            SELECT 'foreign key', TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
            FROM information_schema.KEY_COLUMN_USAGE
            WHERE TABLE_SCHEMA = '{database}' AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 2, 3, 4;"
        );
        let prefix = format!("{database}.");
        let answer = server.sql(&sql)?;
        let line = |line: &str| match line.strip_prefix(&prefix) {
            Some(checksum) => format!("checksum of\t{checksum}"),
            None => line.to_string(),
        };
        Ok(Picture(answer.lines().map(line).collect()))
    }

    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        let counts = self.0.iter().filter(|line| line.starts_with("rows of\t"));
        counts
            .filter_map(|line| line.rsplit('\t').next()?.parse::<u64>().ok())
            .sum()
    }

    /// Says where a copy differs.
    pub fn equals(&self, copy: &Picture) -> Result<()> {
        if self.0 == copy.0 {
            return Ok(());
        }
        let missing = self.0.iter().find(|line| !copy.0.contains(line));
        let extra = copy.0.iter().find(|line| !self.0.contains(line));
        let told = |line: &String| line.replace('\t', " ");
        match (missing, extra) {
            (None, None) => Ok(()),
            (Some(line), None) => Err(format!("the copy lacks: {}", told(line)).into()),
            (None, Some(line)) => Err(format!("the copy has more: {}", told(line)).into()),
            (Some(line), Some(other)) => {
                Err(format!("the copy differs: {}, there {}", told(line), told(other)).into())
            }
        }
    }
}
