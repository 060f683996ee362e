//! E13: whatever bit is flipped and wherever a file is cut, `backup verify` finds it.
//!
//! The seed is printed; `MAESTRO_TEST_SEED=N` repeats a round.

use std::path::Path;

use maestro::engines::backup::{self, Report};

use tokio_util::sync::CancellationToken;

use super::{entries, folder};
use crate::live::{Case, Home, on_both};

const ROUNDS: usize = 200;

/// A plain generator of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let seed = std::env::var("MAESTRO_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let now = std::time::SystemTime::now();
        let clock = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64;
        let seed = seed.unwrap_or(clock);
        println!("MAESTRO_TEST_SEED={seed}");
        Dice(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

fn check(backup: &Path) -> maestro::engines::Result<Report> {
    backup::check(backup, &CancellationToken::new())
}

/// Damages every file of a backup in turn, at random places, and puts it back.
fn all_damage_is_found(backup: &Path) {
    let mut dice = Dice::new();
    let names = entries(backup);
    for part in ["manifest.json", "manifest.blake3", "metadata"] {
        assert!(names.iter().any(|name| name == part), "{part}");
    }
    assert!(check(backup).unwrap().damage.is_empty());
    for round in 0..2 * ROUNDS {
        // Every file is met, whatever the dice say.
        let name = &names[(round / 2) % names.len()];
        let file = backup.join(name);
        let whole = std::fs::read(&file).unwrap();
        let mut bytes = whole.clone();
        let what = if round % 2 == 0 {
            let at = dice.below(bytes.len());
            let bit = dice.below(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} of {name}")
        } else {
            bytes.truncate(dice.below(bytes.len()));
            format!("{name} cut to {}", bytes.len())
        };
        std::fs::write(&file, &bytes).unwrap();
        let report = check(backup).unwrap();
        assert!(!report.damage.is_empty(), "{what} was not found");
        let is_named = report.damage.iter().any(|damage| damage.file == *name);
        let is_manifest = name.starts_with("manifest.");
        assert!(is_named || is_manifest, "{what}: {:?}", report.damage);
        std::fs::write(&file, &whole).unwrap();
    }
    assert!(check(backup).unwrap().damage.is_empty());
}

fn e13_every_flipped_bit_and_every_cut_is_found(case: &Case) {
    let database = case.source("damage", "
        CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(200), b BLOB);
        INSERT INTO t (a, b) VALUES ('one', X'00ff'), ('two', NULL);
        INSERT INTO t (a, b) SELECT UUID(), REPEAT(SHA2(RAND(), 256), 10) FROM t x, t y, t z, t u, t v, t w, t s, t r;
        CREATE TABLE bare (a INT);
        CREATE VIEW v AS SELECT a FROM t;
        CREATE PROCEDURE p() SELECT 1;
        CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET new.a = 'x'");
    let place = format!("a/{database}");
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    let endings = [
        "-schema-create.sql",
        "t-schema.sql",
        "-schema-post.sql",
        "-schema-view.sql",
        "-schema-triggers.sql",
        ".sql.zst",
    ];
    let names = entries(&backup);
    for ending in endings {
        assert!(
            names.iter().any(|name| name.ends_with(ending)),
            "{ending}: {names:?}"
        );
    }
    all_damage_is_found(&backup);
}

on_both!(e13_every_flipped_bit_and_every_cut_is_found);

#[test]
fn e13_every_damage_of_a_backup_of_files_is_found() {
    let home = Home::new();
    let place = super::files::shop(&home, 5000);
    let made = home.run(&["backup", "create", &place]).expect(0);
    all_damage_is_found(&folder(&made));
}

#[test]
fn e13_verify_names_what_is_damaged_missing_and_foreign() {
    let home = Home::new();
    let place = super::files::shop(&home, 10);
    let made = home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    std::fs::remove_file(backup.join("shop.empty-schema.sql")).unwrap();
    std::fs::write(backup.join("shop.orders-schema.sql"), "DROP TABLE orders;").unwrap();
    std::fs::write(backup.join("more.sql"), "").unwrap();
    let done = home.run(&["backup", "verify", "last"]).expect(2);
    let damage = done.json["damage"].as_array().unwrap();
    let told: Vec<String> = damage
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["file"].as_str().unwrap(),
                one["what"].as_str().unwrap()
            )
        })
        .collect();
    assert!(told[0].starts_with("more.sql is no part"), "{told:?}");
    assert_eq!(told[1], "shop.empty-schema.sql is missing");
    assert!(
        told[2].starts_with("shop.orders-schema.sql has 18 bytes"),
        "{told:?}"
    );
    let listed = home.run(&["backup"]).expect(0);
    let damage = listed.json["backups"][0]["damage"].as_str().unwrap();
    assert!(
        damage.contains("shop.empty-schema.sql is missing"),
        "{damage}"
    );
}

#[test]
fn e13_a_damaged_file_is_noticed_before_anything_live_changes() {
    let home = Home::new();
    let place = super::files::shop(&home, 1000);
    let made = home.run(&["backup", "create", &place]).expect(0);
    let backup = folder(&made);
    let rows = backup.join("shop.orders.00000.sql.zst");
    let whole = std::fs::read(&rows).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&rows, bytes).unwrap();
    super::files::change(&home);
    let before = super::files::contents(&home);
    home.run(&["backup", "restore", "last", "--yes"]).refuses(
        2,
        &["shop.orders.00000.sql.zst", "differs within its mebibyte 1"],
    );
    assert_eq!(super::files::contents(&home), before);
    // Without a fitting manifest nothing is even planned.
    std::fs::write(&rows, whole).unwrap();
    let manifest = backup.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(
        &manifest,
        text.replacen("\"rows\": 999", "\"rows\": 998", 1),
    )
    .unwrap();
    home.run(&["backup", "restore", "last", "--yes"])
        .refuses(2, &["damaged", "manifest"]);
}
