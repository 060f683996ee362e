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

use std::path::PathBuf;

use crate::live::{Flavor, Place, server_script, skipped};

/// A server of one test, with options of its own.
struct Private {
    place: Place,
    folder: PathBuf,
    _home: tempfile::TempDir,
}

impl Private {
    /// None where it cannot be started: it says why.
    fn start(flavor: Flavor, options: &[&str]) -> Option<Private> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("server");
        let mut command = server_script();
        command.arg("start").arg(flavor.kind()).arg(&folder);
        command.arg(port.to_string()).args(options);
        let done = command.output().unwrap();
        if !done.status.success() {
            let why = String::from_utf8_lossy(&done.stderr).into_owned();
            skipped("private server", flavor, &why);
            return None;
        }
        Some(Private {
            place: Place {
                flavor,
                port,
                socket: folder.join("socket"),
            },
            folder,
            _home: home,
        })
    }

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

impl Drop for Private {
    fn drop(&mut self) {
        let _ = server_script().arg("kill").arg(&self.folder).status();
    }
}
