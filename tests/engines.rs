//! The contract that every engine keeps: one list of rules, run against each engine through a [`Fixture`].
//!
//! A rule uses the traits of `maestro::engines` and the fixture's own client only, so it holds for a product
//! or it does not; nothing here knows one product from another but the fixtures.

mod folders;
mod kit;
mod servers;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use maestro::engines::{Error, Opening, Server, Shown, StagedTable, Target};
use maestro::model::batch::Chunk;
use maestro::model::catalog::{Catalog, ObjectKind};
use maestro::model::diff::fingerprint;
use maestro::model::survey::Role;
use maestro::model::units::Rows;
use maestro::run::event::Silent;
use maestro::run::rollback;

use kit::*;

use crate::live::Flavor;

async fn databases_are_listed_by_name_and_hidden_ones_are_counted(fixture: &dyn Fixture) {
    let server = open(fixture.endpoint(Side::Source)).await;
    for name in ["zoo", "ant"] {
        fixture.create(Side::Source, &fixture.name(name)).await;
    }
    let hidden = fixture.hide(Side::Source).await;
    fixture
        .execute(Side::Source, &fixture.name("zoo"), SHOP)
        .await;
    let found = server.databases().await.unwrap();
    assert!(found.hidden > 0);
    assert!(found.listed.iter().all(|line| line.name != hidden));
    assert!(
        found
            .listed
            .is_sorted_by(|left, right| left.name < right.name)
    );
    let ours = |name: &str| {
        let name = fixture.name(name);
        found.listed.iter().find(|line| line.name == name).unwrap()
    };
    assert_eq!((ours("ant").tables, ours("zoo").tables), (0, 2));
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
    assert!(
        server
            .catalog(&fixture.name("nowhere"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        server
            .survey(&fixture.name("nowhere"), Role::Target)
            .await
            .unwrap()
            .catalog
            .is_none()
    );
}

async fn a_snapshot_sees_one_moment_while_a_writer_commits(fixture: &dyn Fixture) {
    let catalog = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Source)).await;
    let snapshot = server
        .snapshot(&fixture.name("shop"), &catalog.tables, 2)
        .await
        .unwrap();
    assert!(snapshot.level().consistent);
    let added = "INSERT INTO customers (id, name) VALUES (4, 'Dan');
                 INSERT INTO orders (id, customer) VALUES (13, 4);";
    fixture
        .execute(Side::Source, &fixture.name("shop"), added)
        .await;
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
    assert_eq!(
        ask(fixture, &*server, "SELECT count(*) FROM orders").await,
        [["4"]]
    );
}

async fn b01_the_chunks_of_a_table_hold_each_row_once(fixture: &dyn Fixture) {
    fixture.create(Side::Source, &fixture.name("shop")).await;
    let rows: Vec<_> = (-20..45).map(|id| format!("({}, 'x')", id * 3)).collect();
    let sql = format!(
        "CREATE TABLE numbers (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(9));
         INSERT INTO numbers VALUES {};",
        rows.join(", ")
    );
    fixture
        .execute(Side::Source, &fixture.name("shop"), &sql)
        .await;
    let server = open(fixture.endpoint(Side::Source)).await;
    let catalog = server
        .catalog(&fixture.name("shop"))
        .await
        .unwrap()
        .unwrap();
    let table = &catalog.tables[0];
    let snapshot = server
        .snapshot(&fixture.name("shop"), &catalog.tables, 1)
        .await
        .unwrap();
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
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    let target = staged(fixture, &*server, &source, before).await;
    assert_eq!(
        ask(fixture, &*server, "SELECT name FROM customers").await,
        [["Old"]]
    );
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish(0).await.unwrap();
    assert_eq!(
        ask(fixture, &*server, "SELECT name FROM busy ORDER BY id").await,
        [["Ada"], ["Cleo"]]
    );
    assert_eq!(
        ask(fixture, &*server, "SELECT count(*) FROM orders").await,
        [["3"]]
    );
    let copy = server
        .catalog(&fixture.name("shop"))
        .await
        .unwrap()
        .unwrap();
    assert!(copy.table("leftover").is_none());
    assert!(copy.object(ObjectKind::Trigger, "counting").is_some());
}

async fn a_database_is_made_where_there_was_none(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Target)).await;
    let target = staged(fixture, &*server, &source, None).await;
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish(0).await.unwrap();
    assert_eq!(
        ask(fixture, &*server, "SELECT id FROM orders ORDER BY id").await,
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
    assert!(
        server
            .catalog(&fixture.name("shop"))
            .await
            .unwrap()
            .is_none()
    );

    let server = old_shop(fixture).await;
    let full = fixture.things(Side::Target).await;
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    staged(fixture, &*server, &source, before.clone())
        .await
        .discard()
        .await
        .unwrap();
    assert_eq!(fixture.things(Side::Target).await, full);
    assert_eq!(server.catalog(&fixture.name("shop")).await.unwrap(), before);
}

async fn a_second_run_on_one_database_is_refused(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    let first = server
        .target(&work(fixture, &source, before.clone()), &Opening::Fresh)
        .await
        .unwrap();
    let second = open(fixture.endpoint(Side::Target)).await;
    let refused = second
        .target(&work(fixture, &source, before.clone()), &Opening::Fresh)
        .await;
    assert!(matches!(refused, Err(Error::Locked { .. })));
    first.discard().await.unwrap();
    second
        .target(&work(fixture, &source, before), &Opening::Fresh)
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
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    drop(staged(fixture, &*server, &source, before.clone()).await);
    let deadline = Instant::now() + Duration::from_secs(10);
    let next = loop {
        match server
            .target(&work(fixture, &source, before.clone()), &Opening::Fresh)
            .await
        {
            Ok(next) => break next,
            // The dead run's connection takes a moment to go.
            Err(Error::Locked { .. }) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{}", error.full()),
        }
    };
    // On a server with other runs, one of those may have been the first to sweep.
    let expected = if fixture.is_shared() { 0..=1 } else { 1..=1 };
    assert!(expected.contains(&next.swept().len()), "{:?}", next.swept());
    next.discard().await.unwrap();
    assert_eq!(fixture.things(Side::Target).await, clean);
    assert_eq!(
        ask(fixture, &*server, "SELECT name FROM customers").await,
        [["Old"]]
    );
}

/// Whether a range was committed, for each range.
fn marks(staged: &[StagedTable], table: &str) -> Vec<Option<u64>> {
    let table = staged.iter().find(|staged| staged.name == table).unwrap();
    let rows = table.chunks.iter().map(|chunk| chunk.rows);
    rows.map(|rows| rows.map(|rows| rows.0)).collect()
}

async fn e01_a_dead_run_into_a_new_database_is_taken_up(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Target)).await;
    taken_up(fixture, &source, &*server).await;
}

async fn e01_a_dead_run_over_a_live_database_is_taken_up(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    taken_up(fixture, &source, &*server).await;
}

/// Lets a run die after its load and after its swap, and takes it up each time.
async fn taken_up(fixture: &dyn Fixture, source: &Catalog, server: &dyn Server) {
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    let work = work(fixture, source, before.clone());
    let shown = || async { server.shows(&work.run, &work.database).await.unwrap() };
    assert_eq!(shown().await, Shown::Nothing);
    let target = server.target(&work, &Opening::Fresh).await.unwrap();
    load(fixture, &*target, source).await;
    // Nobody finishes or discards it: the process is dead.
    drop(target);
    assert_eq!(shown().await, Shown::Staging);
    assert_eq!(server.catalog(&work.database).await.unwrap(), before);

    let target = server.target(&work, &Opening::Resume).await.unwrap();
    let staged = target.staged().await.unwrap();
    assert_eq!(marks(&staged, "orders"), [Some(2), Some(1)]);
    let orders = source.table("orders").unwrap();
    assert_eq!(target.committed(orders, 1).await.unwrap(), Some(Rows(1)));
    assert_eq!(target.committed(orders, 2).await.unwrap(), None);
    target.complete().await.unwrap();
    target.swap().await.unwrap();
    drop(target);
    assert_eq!(shown().await, Shown::Swapped);

    let target = server.target(&work, &Opening::Resume).await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish(1).await.unwrap();
    drop(target);
    assert_eq!(shown().await, Shown::Kept);
    assert_eq!(
        ask(fixture, server, "SELECT name FROM busy ORDER BY id").await,
        [["Ada"], ["Cleo"]]
    );
    let undos = server.undos().await.unwrap();
    let undo = undos.iter().find(|undo| undo.run == work.run).unwrap();
    server.drop_undo(undo).await.unwrap();
    assert_eq!(shown().await, Shown::Nothing);
}

async fn e14_a_rollback_is_the_swap_the_other_way_round(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let old = server.catalog(&fixture.name("shop")).await.unwrap();
    let mut names = vec![run(fixture, &*server, &source, old.clone()).await];
    let new = server.catalog(&fixture.name("shop")).await.unwrap();
    for expected in [
        [["Old"]].as_slice(),
        &[["Ada"], ["Bob"], ["Cleo"]],
        &[["Old"]],
    ] {
        let last = names.last().unwrap().clone();
        let undos = server.undos().await.unwrap();
        let undo = undos.iter().find(|undo| undo.run == last).unwrap();
        let id = uuid::Uuid::now_v7().to_string();
        let back = rollback::plan(&*server, undo, &id).await.unwrap();
        assert_eq!(back.written, []);
        rollback::execute(&back, &*server, 1, &Silent)
            .await
            .unwrap();
        assert_eq!(
            ask(fixture, &*server, "SELECT name FROM customers ORDER BY id").await,
            expected
        );
        names.push(id);
    }
    // The estimates of a server are no structure.
    let now = server.catalog(&fixture.name("shop")).await.unwrap();
    assert_eq!(fingerprint(now.as_ref()), fingerprint(old.as_ref()));
    assert_ne!(fingerprint(now.as_ref()), fingerprint(new.as_ref()));
}

async fn e14_a_database_that_a_run_made_goes_with_its_rollback_and_comes_back(
    fixture: &dyn Fixture,
) {
    let source = shop(fixture).await;
    let server = open(fixture.endpoint(Side::Target)).await;
    let made = run(fixture, &*server, &source, None).await;
    let catalog = server.catalog(&fixture.name("shop")).await.unwrap();
    let mut last = made;
    for exists in [false, true, false] {
        let undos = server.undos().await.unwrap();
        let undo = undos.iter().find(|undo| undo.run == last).unwrap();
        last = uuid::Uuid::now_v7().to_string();
        let back = rollback::plan(&*server, undo, &last).await.unwrap();
        rollback::execute(&back, &*server, 1, &Silent)
            .await
            .unwrap();
        let now = server.catalog(&fixture.name("shop")).await.unwrap();
        let expected = catalog.as_ref().filter(|_| exists);
        assert_eq!(fingerprint(now.as_ref()), fingerprint(expected));
    }
}

async fn e14_a_rollback_tells_which_tables_were_written_since(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let before = server.catalog(&fixture.name("shop")).await.unwrap();
    let id = run(fixture, &*server, &source, before).await;
    let undos = server.undos().await.unwrap();
    let undo = undos.iter().find(|undo| undo.run == id).unwrap();
    assert!(server.replaced(undo).await.unwrap().written.is_empty());
    let sql = "DELETE FROM orders WHERE id = 10;";
    fixture
        .execute(Side::Target, &fixture.name("shop"), sql)
        .await;
    let written = server.replaced(undo).await.unwrap().written;
    assert!(
        written.iter().any(|(table, _)| table == "orders"),
        "{written:?}"
    );
    server.drop_undo(undo).await.unwrap();
}

async fn only_the_latest_undos_are_kept(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let server = old_shop(fixture).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let before = server.catalog(&fixture.name("shop")).await.unwrap();
        let target = finished(fixture, &*server, &source, before).await;
        ids.push(target.0);
        target.1.finish(2).await.unwrap();
    }
    let undos = server.undos().await.unwrap();
    let kept: Vec<&String> = ids
        .iter()
        .filter(|id| undos.iter().any(|undo| undo.run == **id))
        .collect();
    assert_eq!(kept, [&ids[1], &ids[2]]);
    for undo in undos.iter().filter(|undo| ids.contains(&undo.run)) {
        server.drop_undo(undo).await.unwrap();
    }
}

/// A whole run that keeps its undo; returns its id.
async fn run(
    fixture: &dyn Fixture,
    server: &dyn Server,
    source: &Catalog,
    before: Option<Catalog>,
) -> String {
    let (id, target) = finished(fixture, server, source, before).await;
    target.finish(1).await.unwrap().unwrap();
    id
}

/// A run whose tables and objects are live.
async fn finished(
    fixture: &dyn Fixture,
    server: &dyn Server,
    source: &Catalog,
    before: Option<Catalog>,
) -> (String, Box<dyn Target>) {
    let work = work(fixture, source, before);
    let target = server.target(&work, &Opening::Fresh).await.unwrap();
    load(fixture, &*target, source).await;
    target.complete().await.unwrap();
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    (work.run, target)
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
        .query(
            Some(&fixture.name("shop")),
            "SELECT id, note FROM orders ORDER BY id",
        )
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
        assert!(
            server
                .query(Some(&fixture.name("shop")), sql)
                .await
                .is_err(),
            "{sql}"
        );
    }
    assert_eq!(
        ask(fixture, &*server, "SELECT count(*) FROM orders").await,
        [["3"]]
    );
}

async fn a_copy_has_the_digest_of_its_source_until_a_cell_differs(fixture: &dyn Fixture) {
    let source = shop(fixture).await;
    let to = open(fixture.endpoint(Side::Target)).await;
    let target = staged(fixture, &*to, &source, None).await;
    let from = open(fixture.endpoint(Side::Source)).await;
    let orders = source.table("orders").unwrap();
    let mut loader = target.loader(0).await.unwrap();
    let copied = loader.digest(orders, &Chunk::whole()).await.unwrap();
    assert_eq!(digest(fixture, &*from, orders).await, copied);
    fixture
        .execute(
            Side::Source,
            &fixture.name("shop"),
            "UPDATE orders SET note = '' WHERE id = 11",
        )
        .await;
    assert_ne!(digest(fixture, &*from, orders).await, copied);
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
            e01_a_dead_run_into_a_new_database_is_taken_up,
            e01_a_dead_run_over_a_live_database_is_taken_up,
            e14_a_rollback_is_the_swap_the_other_way_round,
            e14_a_database_that_a_run_made_goes_with_its_rollback_and_comes_back,
            e14_a_rollback_tells_which_tables_were_written_since,
            only_the_latest_undos_are_kept,
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
                let Some(fixture) = $fixture else { return };
                super::$rule(&fixture).await;
            })*
        }
    };
}

contract!(sqlite: Some(super::folders::Folders::new()));
contract!(mariadb: super::servers::Servers::find(super::Flavor::MariaDb));
contract!(mysql: super::servers::Servers::find(super::Flavor::MySql));
