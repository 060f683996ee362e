//! `sync` and `compare` between real servers, with the program itself: exit codes, JSON, and what SQL then finds.

mod border;
mod chosen;
mod compare;
mod compressed;
mod failures;
mod inside;
mod keys;
mod killed;
mod mirror;
mod moment;
mod pace;
mod refusals;
mod secrets;
mod tiny;

use crate::live::{Case, Running, block_on, until};

/// About 40 MB in one table, which takes a second or more to copy.
const LARGE: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE large (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000));
INSERT INTO large (v) SELECT REPEAT(CHAR(97 + a.d), 1900) FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 2;
ANALYZE TABLE large;";

/// Waits until rows of `large` arrive, wherever they are loaded.
fn wait_for_rows(case: &Case, database: &str, running: &mut Running) {
    until("rows arrive in staging", || {
        assert!(running.is_running(), "it was too quick");
        let mut staging = block_on(case.b.staging(database));
        // An undo of an earlier run has rows too.
        staging.retain(|name| name.contains("_staging_"));
        staging.iter().chain([&database.to_string()]).any(|place| {
            // Also rows that are not committed yet.
            let sql = format!(
                "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
                 SELECT 1 FROM `{place}`.large WHERE v <> 'old' LIMIT 1"
            );
            block_on(case.b.asked(&sql)).is_ok_and(|rows| !rows.is_empty())
        })
    });
}
