//! What the rules share: two servers of one engine, a small shop, and a copy up to the swap.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use maestro::engines::{
    self, BatchLimit, ConnectOptions, Mark, Opening, Server, Target, TargetWork,
};
use maestro::model::batch::{Batch, Chunk, Kind};
use maestro::model::catalog::{Catalog, Table};
use maestro::model::endpoint::{Address, Endpoint};
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
    /// What a database is called here, where a name may be somebody else's.
    fn name(&self, database: &str) -> String {
        database.to_string()
    }
    /// Whether others work on the servers at the same time.
    fn is_shared(&self) -> bool {
        false
    }
    /// Makes an empty database.
    async fn create(&self, side: Side, database: &str);
    /// Makes a database that users do not see; returns its name.
    async fn hide(&self, side: Side) -> String;
    /// Runs statements.
    async fn execute(&self, side: Side, database: &str, sql: &str);
    /// Whatever the server holds, its databases and our own things, by name.
    async fn things(&self, side: Side) -> BTreeSet<String>;
}

/// Two tables, a foreign key, an index, a view and a trigger, spelled so that every engine reads it.
pub const SHOP: &str = "
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

pub async fn open(endpoint: Endpoint) -> Box<dyn Server> {
    // Beside the folders of a fixture; a server needs none.
    let state = match &endpoint.address {
        Address::File { path, .. } => path.with_file_name("state"),
        Address::Network(_) => Default::default(),
    };
    let options = ConnectOptions {
        compress: Default::default(),
        timeout: Duration::from_secs(10),
        state,
    };
    engines::open(&endpoint, &options)
        .await
        .unwrap_or_else(|error| panic!("{}", error.full()))
}

/// Fills the source's `shop`; returns its catalog.
pub async fn shop(fixture: &dyn Fixture) -> Catalog {
    fixture.create(Side::Source, &fixture.name("shop")).await;
    fixture
        .execute(Side::Source, &fixture.name("shop"), SHOP)
        .await;
    let server = open(fixture.endpoint(Side::Source)).await;
    server
        .catalog(&fixture.name("shop"))
        .await
        .unwrap()
        .unwrap()
}

/// A target whose `shop` is another one.
pub async fn old_shop(fixture: &dyn Fixture) -> Box<dyn Server> {
    let sql = "CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40));
               CREATE TABLE leftover (id INTEGER NOT NULL PRIMARY KEY);
               INSERT INTO customers VALUES (7, 'Old');";
    fixture.create(Side::Target, &fixture.name("shop")).await;
    fixture
        .execute(Side::Target, &fixture.name("shop"), sql)
        .await;
    open(fixture.endpoint(Side::Target)).await
}

/// A mirror of the whole source.
pub fn work(fixture: &dyn Fixture, source: &Catalog, before: Option<Catalog>) -> TargetWork {
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
        database: fixture.name("shop"),
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
        vanishes: false,
        path: None,
        source: source.clone(),
        before,
    }
}

/// Copies the source's `shop` up to the swap, and proves the counts.
pub async fn staged(
    fixture: &dyn Fixture,
    to: &dyn Server,
    source: &Catalog,
    before: Option<Catalog>,
) -> Box<dyn Target> {
    let work = work(fixture, source, before);
    let target = to.target(&work, &Opening::Fresh).await.unwrap();
    load(fixture, &*target, source).await;
    target.complete().await.unwrap();
    target
}

/// Loads the source's `shop` into staging, two rows a range, and proves the counts.
pub async fn load(fixture: &dyn Fixture, target: &dyn Target, source: &Catalog) {
    let from = open(fixture.endpoint(Side::Source)).await;
    let snapshot = from
        .snapshot(&fixture.name("shop"), &source.tables, 1)
        .await
        .unwrap();
    let mut loader = target.loader(0).await.unwrap();
    for table in &source.tables {
        target.create(table).await.unwrap();
        let chunks = snapshot.chunks(0, table, Rows(2)).await.unwrap();
        if chunks.len() > 1 {
            target.cut(table, &chunks).await.unwrap();
        }
        for (number, chunk) in chunks.iter().enumerate() {
            let batches = read(&*snapshot, table, chunk).await;
            loader.begin().await.unwrap();
            for batch in &batches {
                assert_eq!(loader.load(table, batch).await.unwrap(), batch.rows());
            }
            let rows = batches.iter().map(|batch| batch.rows()).sum();
            let mark = Mark {
                table,
                number,
                chunk,
                rows,
            };
            loader.commit(&[mark]).await.unwrap();
        }
        let expected = snapshot.count(0, table).await.unwrap();
        let counted = loader.counts(&[table]).await.unwrap();
        assert_eq!(counted, [expected], "{}", table.name);
    }
    let tables: Vec<&Table> = source.tables.iter().collect();
    let together = loader.counts(&tables).await.unwrap();
    assert_eq!(snapshot.counts(0, &tables).await.unwrap(), together);
    assert_eq!(read_each(&*snapshot, &tables).await, together);
    drop(loader);
    snapshot.close().await.unwrap();
}

/// How many rows of each table come, all in one go.
async fn read_each(snapshot: &dyn engines::Snapshot, tables: &[&Table]) -> Vec<Rows> {
    let (sender, mut receiver) = mpsc::channel::<(usize, Batch)>(2);
    let limit = BatchLimit {
        rows: Rows(3),
        bytes: Bytes(1 << 20),
    };
    let take = async {
        let mut taken = vec![Rows(0); tables.len()];
        while let Some((position, batch)) = receiver.recv().await {
            taken[position] += batch.rows();
        }
        taken
    };
    let (rows, taken) = tokio::join!(snapshot.read_each(0, tables, limit, sender), take);
    assert_eq!(rows.unwrap(), taken);
    taken
}

pub async fn read(snapshot: &dyn engines::Snapshot, table: &Table, chunk: &Chunk) -> Vec<Batch> {
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
pub async fn ask(fixture: &dyn Fixture, server: &dyn Server, sql: &str) -> Vec<Vec<String>> {
    let mut answer = server
        .query(Some(&fixture.name("shop")), sql)
        .await
        .unwrap();
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

pub async fn digest(
    fixture: &dyn Fixture,
    server: &dyn Server,
    table: &Table,
) -> maestro::model::batch::Digest {
    let snapshot = server
        .snapshot(&fixture.name("shop"), std::slice::from_ref(table), 1)
        .await
        .unwrap();
    let digest = snapshot.digest(0, table, &Chunk::whole()).await.unwrap();
    snapshot.close().await.unwrap();
    digest
}

/// The digests of tables of two text columns with these rows.
pub async fn digests_of(
    fixture: &dyn Fixture,
    rows: &[&str],
) -> Vec<maestro::model::batch::Digest> {
    fixture.create(Side::Source, &fixture.name("shop")).await;
    for (number, rows) in rows.iter().enumerate() {
        let sql = format!(
            "CREATE TABLE t{number} (a VARCHAR(9), b VARCHAR(9)); INSERT INTO t{number} VALUES {rows};"
        );
        fixture
            .execute(Side::Source, &fixture.name("shop"), &sql)
            .await;
    }
    let server = open(fixture.endpoint(Side::Source)).await;
    let catalog = server
        .catalog(&fixture.name("shop"))
        .await
        .unwrap()
        .unwrap();
    let mut digests = Vec::new();
    for table in &catalog.tables {
        digests.push(digest(fixture, &*server, table).await);
    }
    digests
}
