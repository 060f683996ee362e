//! Whether databases on two servers are the same, by `servers/same`: the servers' own programs say so, never maestro.

use std::process::Command;

use crate::live::{Case, Place, password};

/// Asserts that the target `b` holds a database as the source `a` does, maybe under another name.
#[track_caller]
pub fn same(case: &Case, source: &str, target: &str) {
    let told = differences(&case.a, &case.b, &[(source, target)]);
    assert!(told.is_empty(), "{told}");
}

/// What differs between databases of two servers, pair by pair; empty when nothing does.
///
/// # Panics
/// When a program of the servers failed.
#[track_caller]
pub fn differences(source: &Place, target: &Place, pairs: &[(&str, &str)]) -> String {
    let script = std::env::var("MAESTRO_TEST_SERVER")
        .map(|server| server.replace("/servers/server", "/servers/same"))
        .unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/same").into());
    let done = Command::new(script)
        .args([source.flavor.kind(), &options(source), &options(target)])
        .args(pairs.iter().map(|(from, to)| format!("{from}={to}")))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        matches!(done.status.code(), Some(0 | 1)),
        "{}\n{}",
        text(&done.stdout),
        text(&done.stderr)
    );
    match done.status.success() {
        true => String::new(),
        false => text(&done.stdout),
    }
}

fn options(place: &Place) -> String {
    format!(
        "--user=dbm --password={} --socket={}",
        password(),
        place.socket.display()
    )
}
