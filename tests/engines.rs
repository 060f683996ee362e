//! The contract that every engine keeps: one list of rules, run against each engine through a [`Fixture`].
//!
//! A rule uses the traits of `maestro::engines` and the fixture's own client only, so it holds for a product
//! or it does not; nothing here knows one product from another but the fixtures at the end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use maestro::engines::{self, BatchLimit, ConnectOptions, Error, Server, Target, TargetWork};
use maestro::model::batch::{Batch, Chunk, Kind};
use maestro::model::catalog::{Catalog, ObjectKind, Table};
use maestro::model::endpoint::Endpoint;
use maestro::model::survey::Role;
use maestro::model::units::{Bytes, Rows};
use tokio::sync::mpsc;

/// Which of the two servers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Source,
    Target,
}

/// Two servers of one engine, and a client that is not ours to fill them.
#[async_trait]
pub trait Fixture: Send + Sync {
    fn endpoint(&self, side: Side) -> Endpoint;
    /// Another address of the source.
    fn alias(&self) -> Endpoint;
    /// Makes an empty database.
    async fn create(&self, side: Side, database: &str);
    /// Makes a database that users do not see.
    async fn hide(&self, side: Side);
    /// Runs statements.
    async fn execute(&self, side: Side, database: &str, sql: &str);
    /// Whatever the server holds, its databases and our own things, by name.
    async fn things(&self, side: Side) -> BTreeSet<String>;
}

/// Two tables, a foreign key, an index, a view and a trigger, spelled so that every engine reads it.
const SHOP: &str = "
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, orders INTEGER NOT NULL DEFAULT 0);
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer INTEGER NOT NULL, note VARCHAR(40),
  FOREIGN KEY (customer) REFERENCES customers (id));
CREATE INDEX orders_note ON orders (note);
CREATE VIEW busy AS SELECT id, name FROM customers WHERE orders > 0;
CREATE TRIGGER counting AFTER INSERT ON orders FOR EACH ROW
  BEGIN UPDATE customers SET orders = orders + 1 WHERE id = NEW.customer; END;
INSERT INTO customers (id, name) VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cleo');
INSERT INTO orders (id, customer, note) VALUES (10, 1, 'first'), (11, 1, NULL), (12, 3, '');
";

// ---- rules -------------------------------------------------------------------------------------------------

async fn databases_are_listed_by_name_and_hidden_ones_are_counted(fixture: &dyn Fixture) {
    let server = open(fixture.endpoint(Side::Source)).await;
    let hidden = server.databases().await.unwrap().hidden;
    for name in ["zoo", "ant"] {
        fixture.create(Side::Source, name).await;
    }
    fixture.hide(Side::Source).await;
    fixture.execute(Side::Source, "zoo", SHOP).await;
    let found = server.databases().await.unwrap();
    let names: Vec<_> = found.listed.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["ant", "zoo"]);
    assert_eq!(found.listed[1].tables, 2);
    assert_eq!(found.hidden, hidden + 1);
}

async fn the_catalog_shows_keys_foreign_keys_views_and_triggers(fixture: &dyn Fixture) {
    let catalog = shop(fixture).await;
    let names: Vec<_> = catalog
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(names, ["customers", "orders"]);
    let orders = catalog.table("orders").unwrap();
    assert_eq!(orders.key().unwrap().parts[0].column, "id");
    let columns: Vec<_> = orders
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.nullable))
        .collect();
    assert_eq!(
        columns,
        [("id", false), ("customer", false), ("note", true)]
    );
    let key = &orders.foreign_keys[0];
    assert_eq!(
        (&key.columns, key.parent.as_str()),
        (&vec!["customer".to_string()], "customers")
    );
    assert_eq!(key.parent_columns, ["id"]);
    assert!(
        orders
            .indexes
            .iter()
            .any(|index| index.name == "orders_note" && !index.unique)
    );
    assert!(catalog.object(ObjectKind::View, "busy").is_some());
    let trigger = catalog.object(ObjectKind::Trigger, "counting").unwrap();
    assert_eq!(trigger.table.as_deref(), Some("orders"));
}

async fn an_absent_database_has_no_catalog(fixture: &dyn Fixture) {
    let server = open(fixture.endpoint(Side::Source)).await;
    assert!(server.catalog("nowhere").await.unwrap().is_none());
    assert!(
        server
            .survey("nowhere", Role::Target)
            .await
            .unwrap()
            .catalog
            .is_none()
    );
}

async fn a_snapshot_sees_one_moment_while_a_writer_commits(fixture: &dyn Fixture) {
    let catalog = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Source)).await;
    let snapshot = server.snapshot("shop", &catalog.tables, 2).await.unwrap();
    assert!(snapshot.level().consistent);
    let added = "INSERT INTO customers (id, name) VALUES (4, 'Dan');
                 INSERT INTO orders (id, customer) VALUES (13, 4);";
    fixture.execute(Side::Source, "shop", added).await;
    for reader in 0..snapshot.level().readers {
        for table in &catalog.tables {
            assert_eq!(
                snapshot.count(reader, table).await.unwrap(),
                Rows(3),
                "{}",
                table.name
            );
        }
    }
    snapshot.close().await.unwrap();
    assert_eq!(ask(&*server, "SELECT count(*) FROM orders").await, [["4"]]);
}

async fn b01_the_chunks_of_a_table_hold_each_row_once(fixture: &dyn Fixture) {
    fixture.create(Side::Source, "shop").await;
    let rows: Vec<_> = (-20..45).map(|id| format!("({}, 'x')", id * 3)).collect();
    let sql = format!(
        "CREATE TABLE numbers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(9));
         INSERT INTO numbers VALUES {};",
        rows.join(", ")
    );
    fixture.execute(Side::Source, "shop", &sql).await;
    let server = open(fixture.endpoint(Side::Source)).await;
    let catalog = server.catalog("shop").await.unwrap().unwrap();
    let table = &catalog.tables[0];
    let snapshot = server.snapshot("shop", &catalog.tables, 1).await.unwrap();
    let chunks = snapshot.chunks(0, table, Rows(10)).await.unwrap();
    assert!(chunks.len() > 1, "{chunks:?}");
    let mut keys = Vec::new();
    for chunk in &chunks {
        let batches = read(&*snapshot, table, chunk).await;
        for batch in &batches {
            let cells: Vec<_> = batch.cells().collect();
            keys.extend(cells.chunks(batch.width()).map(|row| row[0].1.to_vec()));
        }
    }
    let different: BTreeSet<_> = keys.iter().cloned().collect();
    assert_eq!((keys.len(), different.len()), (65, 65));
}

async fn nothing_is_live_before_the_swap_and_everything_after(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let before = server.catalog("shop").await.unwrap();
    let target = staged(fixture, &*server, &source, before).await;
    assert_eq!(ask(&*server, "SELECT name FROM customers").await, [["Old"]]);
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish().await.unwrap();
    assert_eq!(
        ask(&*server, "SELECT name FROM busy ORDER BY id").await,
        [["Ada"], ["Cleo"]]
    );
    assert_eq!(ask(&*server, "SELECT count(*) FROM orders").await, [["3"]]);
    let copy = server.catalog("shop").await.unwrap().unwrap();
    assert!(copy.table("leftover").is_none());
    assert!(copy.object(ObjectKind::Trigger, "counting").is_some());
}

async fn a_database_is_made_where_there_was_none(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Target)).await;
    let target = staged(fixture, &*server, &source, None).await;
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish().await.unwrap();
    assert_eq!(
        ask(&*server, "SELECT id FROM orders ORDER BY id").await,
        [["10"], ["11"], ["12"]]
    );
}

async fn discarding_leaves_no_trace(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Target)).await;
    let empty = fixture.things(Side::Target).await;
    staged(fixture, &*server, &source, None)
        .await
        .discard()
        .await
        .unwrap();
    assert_eq!(fixture.things(Side::Target).await, empty);
    assert!(server.catalog("shop").await.unwrap().is_none());

    let server = old_shop(fixture).await;
    let full = fixture.things(Side::Target).await;
    let before = server.catalog("shop").await.unwrap();
    staged(fixture, &*server, &source, before.clone())
        .await
        .discard()
        .await
        .unwrap();
    assert_eq!(fixture.things(Side::Target).await, full);
    assert_eq!(server.catalog("shop").await.unwrap(), before);
}

async fn a_second_run_on_one_database_is_refused(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let before = server.catalog("shop").await.unwrap();
    let first = server.target(&work(&source, before.clone())).await.unwrap();
    let second = open(fixture.endpoint(Side::Target)).await;
    let refused = second.target(&work(&source, before.clone())).await;
    assert!(matches!(refused, Err(Error::Locked { .. })));
    first.discard().await.unwrap();
    second
        .target(&work(&source, before))
        .await
        .unwrap()
        .discard()
        .await
        .unwrap();
}

async fn the_next_run_sweeps_what_a_dead_one_left(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let clean = fixture.things(Side::Target).await;
    let before = server.catalog("shop").await.unwrap();
    drop(staged(fixture, &*server, &source, before.clone()).await);
    let deadline = Instant::now() + Duration::from_secs(10);
    let next = loop {
        match server.target(&work(&source, before.clone())).await {
            Ok(next) => break next,
            // The dead run's connection takes a moment to go.
            Err(Error::Locked { .. }) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{}", error.full()),
        }
    };
    assert_eq!(next.swept().len(), 1, "{:?}", next.swept());
    next.discard().await.unwrap();
    assert_eq!(fixture.things(Side::Target).await, clean);
    assert_eq!(ask(&*server, "SELECT name FROM customers").await, [["Old"]]);
}

async fn a_server_is_recognized_by_another_address(fixture: &dyn Fixture) {
    let (source, target) = (
        open(fixture.endpoint(Side::Source)).await,
        open(fixture.endpoint(Side::Target)).await,
    );
    let alias = open(fixture.alias()).await;
    assert!(source.is_same_server(&*alias).await.unwrap());
    assert!(alias.is_same_server(&*source).await.unwrap());
    assert!(!source.is_same_server(&*target).await.unwrap());
}

async fn a_query_reads_and_refuses_to_write(fixture: &dyn Fixture) {
    shop(fixture).await;
    let server = open(fixture.endpoint(Side::Source)).await;
    let answer = server
        .query(Some("shop"), "SELECT id, note FROM orders ORDER BY id")
        .await
        .unwrap();
    assert_eq!(answer.columns, ["id", "note"]);
    let mut rows = answer.rows;
    assert_eq!(
        rows.recv().await.unwrap().unwrap(),
        [Some(b"10".to_vec()), Some(b"first".to_vec())]
    );
    assert_eq!(
        rows.recv().await.unwrap().unwrap(),
        [Some(b"11".to_vec()), None]
    );
    for sql in [
        "DELETE FROM orders",
        "DROP TABLE orders",
        "INSERT INTO orders VALUES (99, 1, '')",
    ] {
        assert!(server.query(Some("shop"), sql).await.is_err(), "{sql}");
    }
    assert_eq!(ask(&*server, "SELECT count(*) FROM orders").await, [["3"]]);
}

async fn a_copy_has_the_digest_of_its_source_until_a_cell_differs(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let to = open(fixture.endpoint(Side::Target)).await;
    let target = staged(fixture, &*to, &source, None).await;
    let from = open(fixture.endpoint(Side::Source)).await;
    let orders = source.table("orders").unwrap();
    let copied = target.digest(orders).await.unwrap();
    assert_eq!(digest(&*from, orders).await, copied);
    fixture
        .execute(
            Side::Source,
            "shop",
            "UPDATE orders SET note = '' WHERE id = 11",
        )
        .await;
    assert_ne!(digest(&*from, orders).await, copied);
    target.discard().await.unwrap();
}

async fn b08_identical_rows_do_not_cancel_each_other(fixture: &dyn Fixture) {
    let digests = digests_of(
        fixture,
        &[
            "('a', 'a')",
            "('a', 'a'), ('a', 'a')",
            "('b', 'b'), ('b', 'b')",
        ],
    );
    let digests = digests.await;
    assert_ne!(digests[0].sums, digests[1].sums);
    assert_ne!(digests[1].sums, digests[2].sums);
}

async fn b09_the_border_between_cells_counts(fixture: &dyn Fixture) {
    let digests = digests_of(
        fixture,
        &["('x0', 'y')", "('x', '0y')", "('x0y', '')", "('x0y', NULL)"],
    )
    .await;
    let different: BTreeSet<_> = digests.iter().map(|digest| digest.sums.clone()).collect();
    assert_eq!(different.len(), 4);
}

// ---- what the rules share ------------------------------------------------------------------------------------

async fn open(endpoint: Endpoint) -> Box<dyn Server> {
    let options = ConnectOptions {
        timeout: Duration::from_secs(10),
    };
    engines::open(&endpoint, &options)
        .await
        .unwrap_or_else(|error| panic!("{}", error.full()))
}

/// Fills the source's `shop`; returns its catalog.
async fn shop(fixture: &dyn Fixture) -> Catalog {
    fixture.create(Side::Source, "shop").await;
    fixture.execute(Side::Source, "shop", SHOP).await;
    let server = open(fixture.endpoint(Side::Source)).await;
    server.catalog("shop").await.unwrap().unwrap()
}

/// A target whose `shop` is another one.
async fn old_shop(fixture: &dyn Fixture) -> Box<dyn Server> {
    let sql = "CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40));
               CREATE TABLE leftover (id INTEGER NOT NULL PRIMARY KEY);
               INSERT INTO customers VALUES (7, 'Old');";
    fixture.create(Side::Target, "shop").await;
    fixture.execute(Side::Target, "shop", sql).await;
    open(fixture.endpoint(Side::Target)).await
}

/// A mirror of the whole source.
fn work(source: &Catalog, before: Option<Catalog>) -> TargetWork {
    let stays = |name: &String| source.table(name).is_some();
    let names = |catalog: &Catalog| -> Vec<String> {
        catalog
            .tables
            .iter()
            .map(|table| table.name.clone())
            .collect()
    };
    TargetWork {
        run: uuid::Uuid::now_v7().to_string(),
        database: "shop".into(),
        charset: source.charset.clone(),
        collation: source.collation.clone(),
        tables: names(source),
        removed: before
            .iter()
            .flat_map(names)
            .filter(|name| !stays(name))
            .collect(),
        objects: source.objects.clone(),
        dropped: before
            .iter()
            .flat_map(|before| before.objects.clone())
            .collect(),
        source: source.clone(),
        before,
    }
}

/// Copies the source's `shop` up to the swap, and proves the counts.
async fn staged(
    fixture: &dyn Fixture,
    to: &dyn Server,
    source: &Catalog,
    before: Option<Catalog>,
) -> Box<dyn Target> {
    let from = open(fixture.endpoint(Side::Source)).await;
    let snapshot = from.snapshot("shop", &source.tables, 1).await.unwrap();
    let target = to.target(&work(source, before)).await.unwrap();
    let mut loader = target.loader().await.unwrap();
    for table in &source.tables {
        target.create(table).await.unwrap();
        for chunk in snapshot.chunks(0, table, Rows(2)).await.unwrap() {
            let batches = read(&*snapshot, table, &chunk).await;
            loader.begin().await.unwrap();
            for batch in &batches {
                assert_eq!(loader.load(table, batch).await.unwrap(), batch.rows());
            }
            loader.commit().await.unwrap();
        }
        let expected = snapshot.count(0, table).await.unwrap();
        assert_eq!(
            target.count(table).await.unwrap(),
            expected,
            "{}",
            table.name
        );
    }
    drop(loader);
    target.complete().await.unwrap();
    snapshot.close().await.unwrap();
    target
}

async fn read(snapshot: &dyn engines::Snapshot, table: &Table, chunk: &Chunk) -> Vec<Batch> {
    let (sender, mut receiver) = mpsc::channel(2);
    let limit = BatchLimit {
        rows: Rows(3),
        bytes: Bytes(1 << 20),
    };
    let take = async {
        let mut batches = Vec::new();
        while let Some(batch) = receiver.recv().await {
            batches.push(batch);
        }
        batches
    };
    let (rows, batches) = tokio::join!(snapshot.read(0, table, chunk, limit, sender), take);
    let taken: Rows = batches.iter().map(Batch::rows).sum();
    assert_eq!(rows.unwrap(), taken);
    assert!(
        batches
            .iter()
            .flat_map(Batch::cells)
            .all(|(kind, bytes)| kind != Kind::Null || bytes.is_empty())
    );
    batches
}

/// All rows of a query on `shop`; NULL is printed as `NULL`.
async fn ask(server: &dyn Server, sql: &str) -> Vec<Vec<String>> {
    let mut answer = server.query(Some("shop"), sql).await.unwrap();
    let mut rows = Vec::new();
    while let Some(row) = answer.rows.recv().await {
        let print = |cell: Option<Vec<u8>>| match cell {
            Some(bytes) => String::from_utf8(bytes).unwrap(),
            None => "NULL".to_string(),
        };
        rows.push(row.unwrap().into_iter().map(print).collect());
    }
    rows
}

async fn digest(server: &dyn Server, table: &Table) -> maestro::model::batch::Digest {
    let snapshot = server
        .snapshot("shop", std::slice::from_ref(table), 1)
        .await
        .unwrap();
    let digest = snapshot.digest(0, table).await.unwrap();
    snapshot.close().await.unwrap();
    digest
}

/// The digests of tables of two text columns with these rows.
async fn digests_of(fixture: &dyn Fixture, rows: &[&str]) -> Vec<maestro::model::batch::Digest> {
    fixture.create(Side::Source, "shop").await;
    for (number, rows) in rows.iter().enumerate() {
        let sql = format!(
            "CREATE TABLE t{number} (a VARCHAR(9), b VARCHAR(9)); INSERT INTO t{number} VALUES {rows};"
        );
        fixture.execute(Side::Source, "shop", &sql).await;
    }
    let server = open(fixture.endpoint(Side::Source)).await;
    let catalog = server.catalog("shop").await.unwrap().unwrap();
    let mut digests = Vec::new();
    for table in &catalog.tables {
        digests.push(digest(&*server, table).await);
    }
    digests
}

/// Runs every rule against one engine.
macro_rules! contract {
    ($engine:ident: $fixture:expr) => {
        contract!($engine: $fixture;
            databases_are_listed_by_name_and_hidden_ones_are_counted,
            the_catalog_shows_keys_foreign_keys_views_and_triggers,
            an_absent_database_has_no_catalog,
            a_snapshot_sees_one_moment_while_a_writer_commits,
            b01_the_chunks_of_a_table_hold_each_row_once,
            nothing_is_live_before_the_swap_and_everything_after,
            a_database_is_made_where_there_was_none,
            discarding_leaves_no_trace,
            a_second_run_on_one_database_is_refused,
            the_next_run_sweeps_what_a_dead_one_left,
            a_server_is_recognized_by_another_address,
            a_query_reads_and_refuses_to_write,
            a_copy_has_the_digest_of_its_source_until_a_cell_differs,
            b08_identical_rows_do_not_cancel_each_other,
            b09_the_border_between_cells_counts);
    };
    ($engine:ident: $fixture:expr; $($rule:ident),*) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let fixture = $fixture;
                super::$rule(&fixture).await;
            })*
        }
    };
}

// ---- SQLite --------------------------------------------------------------------------------------------------

mod folders {
    use std::path::PathBuf;

    use maestro::model::endpoint::Address;
    use maestro::model::label::Label;

    use super::*;

    /// Two folders.
    pub struct Folders {
        home: tempfile::TempDir,
    }

    impl Folders {
        pub fn new() -> Folders {
            let home = tempfile::tempdir().unwrap();
            for side in ["source", "target"] {
                std::fs::create_dir(home.path().join(side)).unwrap();
            }
            std::os::unix::fs::symlink(home.path().join("source"), home.path().join("alias"))
                .unwrap();
            Folders { home }
        }

        fn folder(&self, side: Side) -> PathBuf {
            self.home.path().join(if side == Side::Source {
                "source"
            } else {
                "target"
            })
        }
    }

    fn at(path: PathBuf) -> Endpoint {
        Endpoint {
            name: path.display().to_string(),
            address: Address::File {
                scheme: "sqlite".into(),
                path,
            },
            password: None,
            label: Label::Testing,
        }
    }

    #[async_trait]
    impl Fixture for Folders {
        fn endpoint(&self, side: Side) -> Endpoint {
            at(self.folder(side))
        }

        fn alias(&self) -> Endpoint {
            at(self.home.path().join("alias"))
        }

        async fn create(&self, side: Side, database: &str) {
            // In WAL mode a writer need not wait for readers.
            self.execute(side, database, "PRAGMA journal_mode = WAL")
                .await;
        }

        async fn hide(&self, side: Side) {
            self.execute(side, ".secret", "CREATE TABLE t (a)").await;
        }

        async fn execute(&self, side: Side, database: &str, sql: &str) {
            let path = self.folder(side).join(format!("{database}.db"));
            rusqlite::Connection::open(path)
                .unwrap()
                .execute_batch(sql)
                .unwrap();
        }

        async fn things(&self, side: Side) -> BTreeSet<String> {
            let entries = self.folder(side).read_dir().unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            // SQLite's own files beside a database come and go with its connections.
            names
                .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
                .collect()
        }
    }
}

contract!(sqlite: super::folders::Folders::new());
