//! The files are the server's own SQL: its client loads them, without maestro.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{backups, entries, folder};
use crate::fidelity::load;
use crate::live::{Case, Home, on_both, password};

const SQL: &str = "
    CREATE TABLE parent (id INT PRIMARY KEY);
    CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, p INT, a VARCHAR(100) CHARACTER SET latin1, b BLOB, bits BIT(9),
        j JSON, g POINT, f FLOAT, d DATETIME(6), doubled INT AS (p * 2) STORED,
        CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id));
    INSERT INTO parent VALUES (1), (2);
    INSERT INTO t (p, a, b, bits, j, g, f, d) VALUES
        (1, 'it''s \\\\ é', X'00270a0d1a5c22', b'100000001', '{\"a\": [1, \"é\"]}', ST_GeomFromText('POINT(1 2)'), 1/3, '2026-03-01 14:05:09.123456'),
        (2, '', X'', NULL, NULL, NULL, NULL, NULL), (NULL, 'NULL', 'NULL', b'0', '[]', NULL, -0.0, NULL);
    INSERT INTO t (p, a) SELECT x.p, CONCAT('row ', y.id) FROM t x, t y, t z, t u, t v, t w;
    CREATE VIEW v AS SELECT id, a FROM t";

/// A body of several lines: mydumper's loader ends a statement at a semicolon before the end of a line.
const PROGRAMS: &str = "DELIMITER ;;
    CREATE PROCEDURE p(OUT n INT) BEGIN
        SELECT COUNT(*) INTO n
        FROM t;
        SET n = n + 1;
    END;;
    CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW BEGIN
        SET new.id = new.id + 1;
    END;;";

fn the_client_loads_a_backup(case: &Case) {
    let database = case.source("layout", SQL);
    load(&case.a, &format!("USE `{database}`;\n{PROGRAMS}\n"));
    let place = format!("a/{database}");
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    let names = entries(&backup);
    let enter = format!("USE `{database}`;\n").into_bytes();
    let (mut views, mut programs) = (0, 0);
    for ending in [
        "-schema-create.sql",
        "-schema.sql",
        ".sql.zst",
        "-schema-post.sql",
        "-schema-view.sql",
        "-schema-triggers.sql",
    ] {
        let files = names.iter().filter(|name| name.ends_with(ending));
        for name in files {
            let bytes = std::fs::read(backup.join(name)).unwrap();
            let bytes = match ending {
                ".sql.zst" => zstd::decode_all(&bytes[..]).unwrap(),
                _ => bytes,
            };
            let text = match ending {
                "-schema-create.sql" => bytes,
                // As docs/backups.md says: `sed 's/;$/;;/'` behind `DELIMITER ;;`.
                "-schema-post.sql" | "-schema-triggers.sql" => {
                    programs += 1;
                    let text = String::from_utf8(bytes).unwrap().replace(";\n", ";;\n");
                    [&enter[..], b"DELIMITER ;;\n", text.as_bytes()].concat()
                }
                _ => {
                    views += usize::from(ending == "-schema-view.sql");
                    [&enter[..], &bytes].concat()
                }
            };
            crate::fidelity::load_bytes(&case.b, &text);
        }
    }
    assert_eq!((views, programs), (1, 2), "{names:?}");
    tables_are_equal_and_programs_by_their_spaces(case, &database);
    case.b
        .sql(&format!("INSERT INTO `{database}`.parent VALUES (40)"));
    assert_eq!(
        case.b
            .rows(&format!("SELECT MAX(id) FROM `{database}`.parent")),
        "41"
    );
}

/// mydumper's own loader, of a version that wants the files unpacked.
fn mydumpers_loader_loads_a_backup(case: &Case) {
    if Command::new("myloader").arg("--version").output().is_err() {
        println!("skipped: there is no myloader");
        return;
    }
    let database = case.source("loader", SQL);
    load(&case.a, &format!("USE `{database}`;\n{PROGRAMS}\n"));
    let place = format!("a/{database}");
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    for name in entries(&backup) {
        if let Some(plain) = name.strip_suffix(".zst") {
            let bytes = std::fs::read(backup.join(&name)).unwrap();
            let text = zstd::decode_all(&bytes[..]).unwrap();
            std::fs::write(backup.join(plain), text).unwrap();
            std::fs::remove_file(backup.join(&name)).unwrap();
        }
    }
    let done = Command::new("myloader")
        .args(["--verbose=3", "--user=dbm", "--password", &password()])
        .arg(format!("--socket={}", case.b.socket.display()))
        .arg(format!("--directory={}", backup.display()))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && !told.contains("rror"), "{told}");
    tables_are_equal_and_programs_by_their_spaces(case, &database);
}

on_both!(the_client_loads_a_backup, mydumpers_loader_loads_a_backup);

fn tables_are_equal_and_programs_by_their_spaces(case: &Case, database: &str) {
    let compared = case.compare(database, &[]);
    let found = &compared.json["databases"][0];
    let tables = found["tables"].as_array().unwrap();
    assert!(
        tables.len() == 2 && tables.iter().all(|table| table["equal"] == true),
        "{found}"
    );
    // Their bodies got the spaces that mydumper's loader needs, and are the same otherwise.
    let changes = found["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{found}");
    for change in changes {
        let text = |side: &str| change[side].as_str().unwrap().replace("; \n", ";\n");
        assert_eq!(text("source"), text("target"));
    }
}

#[test]
fn f11_a_backup_is_for_its_owner_alone() {
    let home = Home::new();
    let place = super::files::shop(&home, 10);
    let elsewhere = home.folder.path().join("disk/of mine");
    for words in [
        vec!["backup", "create", &place],
        vec![
            "backup",
            "create",
            &place,
            "--to",
            elsewhere.to_str().unwrap(),
        ],
    ] {
        let made = home.run(&words).expect(0);
        let backup = folder(&made);
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&backup), 0o700);
        assert_eq!(mode(backup.parent().unwrap()), 0o700);
        for name in entries(&backup) {
            assert_eq!(mode(&backup.join(&name)), 0o600, "{name}");
        }
    }
    let listed = home
        .run(&["backup", "list", elsewhere.to_str().unwrap()])
        .expect(0);
    assert_eq!(listed.json["backups"].as_array().unwrap().len(), 1);
    let path = listed.json["backups"][0]["folder"].as_str().unwrap();
    home.run(&["backup", "verify", path]).expect(0);
    assert_eq!(entries(&backups(&home)).len(), 1);
}

#[test]
fn a_backup_is_a_place_to_read_from() {
    let home = Home::new();
    let place = super::files::shop(&home, 10);
    let made = home.run(&["backup", "create", &place]).expect(0);
    let address = format!("backup:{}", folder(&made).display());
    let listed = home.run(&["databases", &address]).expect(0);
    assert_eq!(listed.json["databases"][0]["name"], "shop");
    let map = "shop=synced";
    let words = [
        "sync", &address, "files", "--select", "shop", "--map", map, "--yes",
    ];
    home.run(&words).expect(0);
    home.run(&["compare", &place, "files/synced"]).expect(0);
    home.run(&["query", "SELECT 1", &address])
        .refuses(4, &["answers no queries"]);
    home.run(&["sync", &place, &address, "--yes"])
        .refuses(4, &["never written to"]);
}
