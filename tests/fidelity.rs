//! What arrives is what was there: difficult databases are synced, and source and copy compared by the servers'
//! own dump program, which knows nothing of maestro.
//!
//! Normalized is only what two dumps of one database could spell differently: comments, trailing spaces, the
//! order of rows in a table without a key, and a column's `CHARACTER SET x COLLATE y`, which MySQL shows as
//! `COLLATE y` by the history of the table.

pub mod oracle;

use std::io::Write;
use std::process::{Command, Stdio};

use crate::live::{Case, Flavor, Place, on_both};

/// A file, by the database that it makes.
type Fixture = (&'static str, &'static str);

macro_rules! fixtures {
    ($($database:literal: $file:literal),* $(,)?) => {
        &[$(($database, include_str!(concat!("fidelity/fixtures/", $file)))),*]
    };
}

const BOTH: &[Fixture] = fixtures![
    "d01_types": "01_types.sql",
    "d02_charsets": "02_charsets.sql",
    "d03_generated": "03_generated.sql",
    "d04_partitions": "04_partitions.sql",
    "d05_programs": "05_programs.sql",
    "d06_json_spatial": "06_json_spatial.sql",
    "d07 odd-names": "07_odd_names.sql",
    "d08_zero": "08_zero.sql",
    "d09_keys": "09_keys.sql",
    "d10_big": "10_big.sql",
    "d11_view_check": "11_view_check.sql",
    "d12_invalid_dates": "12_invalid_dates.sql",
];

const MARIADB: &[Fixture] = fixtures![
    "d20_mariadb": "20_mariadb.sql",
    "d21_default_nextval": "21_default_nextval.sql",
    "d22_versioned": "22_versioned.sql",
];

const MYSQL: &[Fixture] = fixtures!["d30_mysql": "30_mysql.sql"];

/// The difficult databases of a flavor.
pub fn fixtures(flavor: Flavor) -> impl Iterator<Item = &'static Fixture> {
    BOTH.iter().chain(match flavor {
        Flavor::MariaDb => MARIADB,
        Flavor::MySql => MYSQL,
    })
}

/// Those that this version copies whole: rows of the past are taken from MariaDB 10.11 on.
pub fn whole(case: &Case) -> impl Iterator<Item = &'static Fixture> {
    let gives_times = "SET SESSION system_versioning_insert_history = 1";
    let is_whole = |(name, _): &&Fixture| *name != "d22_versioned" || !case.lacks(gives_times);
    fixtures(case.flavor).filter(is_whole)
}

fn difficult_databases_arrive_as_they_are(case: &Case) {
    let mut names = Vec::new();
    for (name, sql) in whole(case) {
        let database = case.database(name);
        // Spaces need quotes where the file has none.
        let sql = sql.replace(name, &database);
        load(&case.a, &sql);
        names.push(database);
    }
    let expected = Dump::of(&case.a, &names);
    let schema = String::from_utf8_lossy(&expected.schema);
    for name in &names {
        assert!(
            schema.contains(&format!("`{name}`")),
            "{name} was not dumped"
        );
    }
    assert!(expected.data.len() > 10_000_000);
    let prefix = names[0].strip_suffix("d01_types").unwrap();
    for round in ["new", "replaced"] {
        let select = format!("{prefix}*");
        let done = case
            .home
            .run(&["sync", "a", "b", "--select", &select, "--yes"])
            .expect(0);
        assert_eq!(
            done.json["databases"].as_array().unwrap().len(),
            names.len()
        );
        let found = Dump::of(&case.b, &names);
        expected.agrees(&found, round);
        let pairs: Vec<_> = names.iter().map(|name| (&**name, &**name)).collect();
        let told = oracle::differences(&case.a, &case.b, &pairs);
        assert!(told.is_empty(), "{round}: {told}");
        for name in &names {
            assert_eq!(case.left_of(name), Vec::<String>::new());
        }
    }
}

on_both!(difficult_databases_arrive_as_they_are);

pub fn load(place: &Place, sql: &str) {
    load_bytes(place, sql.as_bytes());
}

/// Runs SQL with the server's own client.
pub fn load_bytes(place: &Place, sql: &[u8]) {
    let mut command = place.program("client");
    command.arg("--max-allowed-packet=1G");
    if place.flavor == crate::live::Flavor::MySql {
        // Its client no longer reads DELIMITER on its own.
        command.arg("--commands");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(sql).unwrap();
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{told}");
}

/// What the dump program says of some databases.
pub struct Dump {
    pub schema: Vec<u8>,
    pub data: Vec<u8>,
}

impl Dump {
    /// Whether another one says the same; `when` is for who reads that it does not.
    pub fn agrees(&self, found: &Dump, when: &str) {
        for (what, left, right) in [
            ("schema", &self.schema, &found.schema),
            ("data", &self.data, &found.data),
        ] {
            assert!(
                left == right,
                "{when}: the {what} differs\n{}",
                diff(left, right)
            );
        }
    }

    pub fn of(place: &Place, databases: &[String]) -> Dump {
        let schema = dump(
            place,
            &["--no-data", "--routines", "--triggers", "--events"],
            databases,
        );
        let data = dump(
            place,
            &[
                "--no-create-info",
                "--skip-triggers",
                "--order-by-primary",
                "--skip-extended-insert",
                "--complete-insert",
                "--quick",
            ],
            databases,
        );
        Dump {
            schema: lines(&schema)
                .map(same_spelling)
                .collect::<Vec<_>>()
                .join(&b'\n'),
            data: sorted(&data),
        }
    }
}

fn dump(place: &Place, options: &[&str], databases: &[String]) -> Vec<u8> {
    let mut command = place.program("dump");
    command.args([
        "--hex-blob",
        "--skip-comments",
        "--no-tablespaces",
        "--single-transaction",
        "--max-allowed-packet=1G",
    ]);
    if place.flavor == crate::live::Flavor::MySql {
        command.args(["--set-gtid-purged=OFF", "--column-statistics=0"]);
    }
    let done = command
        .args(options)
        .arg("--databases")
        .args(databases)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && !told.contains("rror"), "{told}");
    done.stdout
}

fn lines(dump: &[u8]) -> impl Iterator<Item = &[u8]> {
    // MariaDB's first line differs by the version of the client only.
    let mode = |line: &&[u8]| !line.starts_with(b"/*M!999999");
    dump.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .filter(mode)
}

/// The lines of each database and table, sorted.
fn sorted(dump: &[u8]) -> Vec<u8> {
    let mut database = Vec::new();
    let mut found = Vec::new();
    for line in lines(dump) {
        if line.starts_with(b"USE ") {
            database = [line, b" "].concat();
        }
        found.push([&database, line].concat());
    }
    found.sort();
    found.join(&b'\n')
}

/// A column's `CHARACTER SET x COLLATE y` as `COLLATE y`.
fn same_spelling(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    match text.split_once(" CHARACTER SET ") {
        Some((head, rest)) if text.starts_with("  ") => match rest.split_once(' ') {
            Some((_, tail)) if tail.starts_with("COLLATE") => format!("{head} {tail}").into_bytes(),
            _ => line.to_vec(),
        },
        _ => line.to_vec(),
    }
}

/// The first differing lines, as `diff` shows them.
pub fn diff(left: &[u8], right: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("source", left), ("target", right)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let done = Command::new("diff")
        .args(["-a", "-U1", "source", "target"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let cut = |line: &str| line.chars().take(300).collect::<String>();
    text.lines()
        .take(40)
        .map(cut)
        .collect::<Vec<_>>()
        .join("\n")
}
