//! Something to try maestro on: two folders of SQLite databases, `prod` and an older `staging`.
//!
//! The data follow from scripts alone, so every demo shows the same figures.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::{Value, json};

use super::{Command, Context, Error, Group, Result};
use crate::engines::sqlite;
use crate::model::endpoint::Address;
use crate::model::label::Label;
use crate::output::{Page, Reply};
use crate::store::{Connection, Password, Store};

/// Try it out: two folders of SQLite databases, prod and an older staging, in a store of their own
///
/// Opens the prompt on them with a short tour; --run plays the tour without a terminal.
#[derive(Debug, Clone, Parser)]
#[command(name = "demo")]
pub struct Args {
    /// Play the tour and end
    #[arg(long)]
    pub run: bool,
}

impl Command for Args {
    type Reply = Elsewhere;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("demo", "open the prompt on the demo's databases"),
        (
            "demo --run",
            "play the tour: databases, select, compare, sync, compare, history",
        ),
    ];

    /// The front door plays the demo, as it opens a store and a prompt of its own.
    async fn run(self, _: &mut Context<'_>) -> Result<Elsewhere> {
        Err(Error::usage("the demo opens a prompt of its own")
            .hint("leave this one with quit, then type: maestro demo"))
    }
}

/// The demo answers through its own prompt.
pub struct Elsewhere;

impl Reply for Elsewhere {
    fn render(&self, _: &mut Page) {}

    fn json(&self) -> Value {
        json!({})
    }
}

/// Saves both folders as connections; staging may be written without a typed name.
pub fn register(store: &Store, places: &Places) -> Result<()> {
    let ends = [
        ("prod", &places.prod, Label::Production),
        ("staging", &places.staging, Label::Staging),
    ];
    for (name, path, label) in ends {
        store.save(&Connection {
            name: name.to_string(),
            address: Address::File {
                scheme: "sqlite".to_string(),
                path: path.clone(),
            },
            password: Password::None,
            label,
            product: None,
            last_used: None,
            identity: None,
        })?;
    }
    Ok(())
}

/// The databases: name, script, and the script that makes an earlier state of it.
const DATABASES: [(&str, &str, &str); 3] = [
    (
        "shop",
        include_str!("demo/shop.sql"),
        include_str!("demo/shop_older.sql"),
    ),
    (
        "blog",
        include_str!("demo/blog.sql"),
        include_str!("demo/blog_older.sql"),
    ),
    (
        "crm",
        include_str!("demo/crm.sql"),
        include_str!("demo/crm_older.sql"),
    ),
];

/// The tour: what to type with `prod` as source and `staging` as target, and what it shows.
pub const TOUR: &[(&str, &str)] = &[
    ("databases", "what prod holds, numbered"),
    ("select 1-2", "the first two of them: blog and crm"),
    ("compare", "how staging differs: it is older"),
    ("sync --yes", "makes staging the same, all at one moment"),
    ("compare", "equal now"),
    ("history", "what was done, and how long it took"),
];

/// The folders of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub prod: PathBuf,
    pub staging: PathBuf,
}

/// Makes both folders under `home`, in place of those of an earlier demo.
pub fn build(home: &Path) -> Result<Places> {
    let places = Places {
        prod: home.join("prod"),
        staging: home.join("staging"),
    };
    for folder in [&places.prod, &places.staging] {
        clear(folder).map_err(|cause| {
            Error::failed(format!(
                "cannot make the folder {}: {cause}",
                folder.display()
            ))
        })?;
    }
    for (name, script, older) in DATABASES {
        let file = format!("{name}.db");
        sqlite::create(&places.prod.join(&file), script)?;
        sqlite::create(&places.staging.join(&file), &format!("{script}\n{older}"))?;
    }
    Ok(places)
}

/// An earlier demo's databases go; whatever else lies in the folder stays.
fn clear(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, ..) in DATABASES {
        for ending in ["", "-journal", "-wal", "-shm"] {
            match std::fs::remove_file(folder.join(format!("{name}.db{ending}"))) {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn ask(folder: &Path, database: &str, sql: &str) -> i64 {
        let connection = Connection::open(folder.join(format!("{database}.db"))).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn staging_is_an_older_prod() {
        let home = tempfile::tempdir().unwrap();
        let places = build(home.path()).unwrap();
        let both = |database, sql| {
            (
                ask(&places.prod, database, sql),
                ask(&places.staging, database, sql),
            )
        };
        assert_eq!(both("shop", "SELECT count(*) FROM orders"), (1600, 1452));
        assert_eq!(both("blog", "SELECT count(*) FROM posts"), (180, 165));
        assert_eq!(both("crm", "SELECT count(*) FROM deals"), (740, 560));
        let tags = "SELECT count(*) FROM sqlite_schema WHERE name = 'tags'";
        assert_eq!(both("blog", tags), (1, 0));
        let column =
            "SELECT count(*) FROM pragma_table_info('customers') WHERE name = 'newsletter'";
        assert_eq!(both("shop", column), (1, 0));
        let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'contacts_name'";
        assert_eq!(both("crm", index), (1, 0));
        for database in ["shop", "blog", "crm"] {
            let orphans = "SELECT count(*) FROM pragma_foreign_key_check";
            assert_eq!(both(database, orphans), (0, 0), "{database}");
        }
    }

    #[test]
    fn a_demo_replaces_the_one_before_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let places = build(home.path()).unwrap();
        std::fs::write(places.prod.join("mine.txt"), "kept").unwrap();
        let connection = Connection::open(places.prod.join("shop.db")).unwrap();
        connection.execute_batch("DELETE FROM items").unwrap();
        drop(connection);
        build(home.path()).unwrap();
        assert!(ask(&places.prod, "shop", "SELECT count(*) FROM items") > 3000);
        assert_eq!(
            std::fs::read_to_string(places.prod.join("mine.txt")).unwrap(),
            "kept"
        );
    }
}
