//! SQLite: a backup of files, and back.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use super::{entries, folder};
use crate::live::Home;

/// The database file of a home's shop.
pub fn file(home: &Home) -> PathBuf {
    home.folder.path().join("data/shop.db")
}

/// Makes a database and the connection `files`; returns the place.
pub fn shop(home: &Home, orders: usize) -> String {
    let data = home.folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let shop = Connection::open(file(home)).unwrap();
    let sql = format!(
        "PRAGMA user_version = 7;
         CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, note, price REAL, image BLOB);
         CREATE INDEX by_price ON orders (price) WHERE price > 1;
         CREATE TABLE empty (a TEXT);
         CREATE TABLE \"odd.name/100%\" (a, b AS (a || 'x') STORED, PRIMARY KEY (a)) WITHOUT ROWID;
         CREATE TABLE loose (a);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {orders})
             INSERT INTO orders (note, price, image) SELECT 'it''s ' || i, i / 7.0, randomblob(40) FROM n;
         INSERT INTO loose (rowid, a) VALUES (5, 1), (7, 1.5), (9, 'x'), (11, NULL), (12, X'0027'),
             (13, -9223372036854775808), (14, 9e999), (15, -9e999), (16, 5e-324), (17, 'a' || char(10) || 'b'),
             (18, CAST(X'61ff00' AS TEXT)), (19, 'NULL'), (20, ''), (21, X''), (22, 0.1 + 0.2), (23, 1e16);
         INSERT INTO \"odd.name/100%\" (a) VALUES ('k');
         DELETE FROM orders WHERE id = {orders};
         CREATE VIEW dear AS SELECT * FROM orders WHERE price > 3;
         CREATE TRIGGER t AFTER INSERT ON orders BEGIN
             UPDATE orders SET note = 'new; ' WHERE id = new.id;
         END;"
    );
    shop.execute_batch(&sql).unwrap();
    let url = format!("sqlite:{}", data.display());
    home.run(&["connections", "add", "files", &url, "--env", "development"])
        .expect(0);
    "files/shop".into()
}

/// Changes the shop.
pub fn change(home: &Home) {
    let shop = Connection::open(file(home)).unwrap();
    shop.execute_batch(
        "DROP VIEW dear; DELETE FROM orders WHERE id < 4; CREATE TABLE more (a); INSERT INTO more VALUES (1);
         DROP TABLE loose; ALTER TABLE empty ADD COLUMN b;",
    )
    .unwrap();
}

/// All that SQLite's own dump says of the shop.
pub fn contents(home: &Home) -> String {
    dumped(&file(home))
}

fn dumped(file: &std::path::Path) -> String {
    let done = Command::new("sqlite3")
        .arg(file)
        .arg(".dump")
        .output()
        .unwrap();
    assert!(done.status.success());
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// The lines of a dump, sorted: objects come in the order of their making.
fn lines(dump: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = dump.lines().collect();
    lines.sort();
    lines
}

#[test]
fn a_database_file_comes_back_as_it_was() {
    let home = Home::new();
    let place = shop(&home, 2000);
    let before = contents(&home);
    let made = home.run(&["backup", "create", &place]).expect(0);
    let names = entries(&folder(&made));
    assert!(
        names.contains(&"shop.odd%2Ename%2F100%25-schema.sql".to_string()),
        "{names:?}"
    );
    change(&home);
    assert_ne!(contents(&home), before);
    home.run(&["backup", "restore", "last", "--yes"]).expect(0);
    let after = contents(&home);
    assert_eq!(lines(&after), lines(&before));
    let shop = Connection::open(file(&home)).unwrap();
    let version: i64 = shop
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 7);
    // A new database of the same name as a copy of the backup.
    home.run(&[
        "backup",
        "restore",
        "last",
        "files",
        "--map",
        "shop=then",
        "--yes",
    ])
    .expect(0);
    let then = dumped(&home.folder.path().join("data/then.db"));
    assert_eq!(lines(&then), lines(&before));
}

#[test]
fn the_shell_of_sqlite_loads_a_backup() {
    let home = Home::new();
    let place = shop(&home, 3000);
    let made = home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    let mut sql = Vec::new();
    let ends = |ending: &str| {
        let names = entries(&backup).into_iter();
        names
            .filter(|name| name.ends_with(ending))
            .map(|name| std::fs::read(backup.join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    for ending in [
        "-schema-create.sql",
        "-schema.sql",
        ".sql.zst",
        "-schema-post.sql",
        "-schema-view.sql",
        "-schema-triggers.sql",
    ] {
        let files = ends(ending);
        assert!(!files.is_empty(), "{ending}");
        for bytes in files {
            match ending {
                ".sql.zst" => sql.extend(zstd::decode_all(&bytes[..]).unwrap()),
                _ => sql.extend(bytes),
            }
        }
    }
    let loaded = home.folder.path().join("loaded.db");
    let mut shell = Command::new("sqlite3")
        .args(["-bail".as_ref(), loaded.as_os_str()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), &sql).unwrap();
    assert!(shell.wait().unwrap().success());
    assert_eq!(lines(&dumped(&loaded)), lines(&contents(&home)));
}
