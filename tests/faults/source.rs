//! What a sync may not do to its source: wait for ever with the source's locks in its hands (C04, C06), freeze it behind
//! somebody's long query (C05), or call a copy consistent that is not (C02).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Fault, Moment, Proxy};
use super::world::{TOO_LONG, World, shown};
use crate::live::{Flavor, block_on, statement};

/// Does something with a connection to the source again and again until the work is done.
fn meanwhile<T>(
    world: &World,
    mut act: impl FnMut(&mut sqlx::MySqlConnection) + Send,
    work: impl FnOnce() -> T,
) -> T {
    let stop = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let stopped = stop.clone();
        scope.spawn(move || {
            let mut connection = block_on(world.case.a.connect());
            let sql = format!("USE `{}`", world.database);
            block_on(statement(&mut connection, &sql)).unwrap();
            while !stopped.load(Ordering::SeqCst) {
                act(&mut connection);
            }
        });
        let done = work();
        stop.store(true, Ordering::SeqCst);
        done
    })
}

fn c02_a_table_outside_of_transactions_that_changes_is_not_called_consistent(
    flavor: Flavor,
    test: &'static str,
) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 1, make, |world, dice| {
        world.in_source("DROP TABLE IF EXISTS m; CREATE TABLE m (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE = MyISAM; INSERT INTO m (v) SELECT d FROM digits");
        world.change(dice);
        let observer = world.observer(Rules::default());
        let (write, codes) = match dice.coin() {
            true => ("UPDATE m SET v = v + 1 WHERE id = 7", [6, 6]),
            // Where the counts move under it, it fails instead.
            false => ("INSERT INTO m (v) VALUES (1)", [2, 6]),
        };
        let write = |connection: &mut sqlx::MySqlConnection| {
            block_on(statement(connection, write)).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        };
        let done = meanwhile(world, write, || world.start(&[]).wait_within(TOO_LONG));
        assert!(codes.map(Some).contains(&done.code), "{}", shown(&done));
        world.synced();
        observer.end();
        world.same();
        world.in_source("DROP TABLE m");
        "never told as consistent; exact when nobody wrote"
    });
}

fn c04_a_lock_of_the_source_is_not_waited_for_with_others_in_the_hands(
    flavor: Flavor,
    test: &'static str,
) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || {
        let world = World::new(flavor, test, a.clone(), b.clone());
        let proxy = Proxy::before(&world.case.a);
        world
            .case
            .home
            .add("near", &proxy.url(), "--env development")
            .expect(0);
        (world, proxy)
    };
    rounds(test, 1, make, |(world, proxy), dice| {
        world.change(dice);
        let old = world.target();
        proxy.set(Moment::Statement("`.`A` WHERE", 0), Fault::Tell);
        let variables = [("MAESTRO_SYNC_RETRY_ATTEMPTS", "0")];
        let running = world.start_between("near", "b", &variables);
        assert!(proxy.struck(TOO_LONG));
        let mut holder = block_on(world.case.a.connect());
        let lock = format!("LOCK TABLES `{}`.c WRITE", world.database);
        let started = Instant::now();
        block_on(statement(&mut holder, &lock)).unwrap();
        let done = running.wait_within(TOO_LONG);
        let waited = started.elapsed();
        drop(holder);
        let end = match done.code {
            // It had read the table already.
            Some(0) => "copied before the lock",
            _ => {
                assert_eq!(done.code, Some(130), "{}", shown(&done));
                assert!(done.told().contains("ock wait timeout"), "{}", shown(&done));
                assert!(world.target() == old);
                "interrupted, target unchanged"
            }
        };
        assert!(waited < Duration::from_secs(20), "it waited for {waited:?}");
        // C06: nothing of it holds the source's tables any more.
        world.in_source("SET SESSION lock_wait_timeout = 2; ALTER TABLE a COMMENT 'c'; ALTER TABLE a COMMENT ''");
        world.go_on();
        world.same();
        end
    });
}

fn c05_a_long_query_on_the_source_does_not_freeze_it(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 1, make, |world, dice| {
        world.change(dice);
        let place = world.case.a.clone();
        let long = format!(
            "SELECT SLEEP(25) FROM (SELECT 1 FROM `{}`.c LIMIT 1) AS one",
            world.database
        );
        let mut sleeper = block_on(place.connect());
        let id = block_on(statement(&mut sleeper, "SELECT CONNECTION_ID()")).unwrap();
        let sleeping = std::thread::spawn(move || block_on(statement(&mut sleeper, &long)).is_ok());
        std::thread::sleep(Duration::from_millis(200));
        let mut longest = Duration::ZERO;
        let probe = |connection: &mut sqlx::MySqlConnection| {
            let started = Instant::now();
            block_on(statement(connection, "SELECT 1 FROM c LIMIT 1")).unwrap();
            longest = longest.max(started.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        };
        let done = meanwhile(world, probe, || world.start(&[]).wait_within(TOO_LONG));
        let _ = world
            .case
            .a
            .refusal(&format!("KILL {}", id[0][0].clone().unwrap()));
        let _ = sleeping.join();
        done.expect(0);
        // A lock is asked for three times, two seconds each.
        assert!(
            longest < Duration::from_secs(4),
            "somebody's query waited for {longest:?}"
        );
        world.same();
        "somebody's queries waited for less than four seconds"
    });
}

on_each!(
    c02_a_table_outside_of_transactions_that_changes_is_not_called_consistent,
    c04_a_lock_of_the_source_is_not_waited_for_with_others_in_the_hands,
    c05_a_long_query_on_the_source_does_not_freeze_it,
);
