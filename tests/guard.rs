//! The guard: wrong directions, wrong servers, empty and newer targets, plans and approvals (E09 to E12).
//!
//! What concerns a whole server (labels, replication, read-only) is tried on servers of the tests' own. That nothing
//! was written is proven by the server's binary log, which has not grown, and by checksums of every table.

mod approvals;
mod brakes;
mod labels;
mod matrix;
mod plans;
mod replica;

use crate::live::{Flavor, Private};

impl Private {
    /// A primary: its binary log tells of every write.
    fn primary(id: &str) -> Option<Private> {
        let id = format!("--server-id={id}");
        Private::start(
            Flavor::MariaDb,
            &["--log-bin=log", "--binlog-format=ROW", &id],
        )
    }

    /// Whatever changes when anything is written: the end of the binary log, and every table's checksum.
    fn picture(&self) -> String {
        let log = self.place.rows("SHOW MASTER STATUS");
        let tables = self.place.rows(
            "SELECT CONCAT('`', TABLE_SCHEMA, '`.`', TABLE_NAME, '`') FROM information_schema.TABLES
             WHERE TABLE_TYPE = 'BASE TABLE'
               AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') ORDER BY 1",
        );
        let sums = match tables.as_str() {
            "" => String::new(),
            tables => self.place.rows(&format!("CHECKSUM TABLE {tables}")),
        };
        format!("{log}\n{sums}\n{}", self.place.rows("SHOW DATABASES"))
    }
}
