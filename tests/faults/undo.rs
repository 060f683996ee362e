//! Rolling back after a sync: the oracle finds the target as it was before, at once for its readers, and the rollback
//! can be rolled back. Also when it is killed in between.

use std::time::Duration;

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Fault, Moment, Proxy};
use super::world::World;
use crate::live::{Case, Flavor};

fn a_rollback_brings_back_what_was_there(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 2, make, |world, dice| {
        let before = world.target();
        let extra = dice.coin();
        if extra {
            world.in_source("CREATE OR REPLACE VIEW more AS SELECT 1 AS one; CREATE TABLE more_rows (id INT PRIMARY KEY); INSERT INTO more_rows VALUES (7)");
        }
        world.change(dice);
        let rules = Rules {
            returns: true,
            ..Rules::default()
        };
        let observer = world.observer(rules);
        world.synced();
        world.same();
        let after = world.target();
        assert!(before.rows != after.rows);
        let back = world
            .case
            .home
            .run(&["rollback", "last", "--yes"])
            .expect(0);
        assert!(world.target() == before, "{}", back.stdout);
        if dice.coin() {
            world
                .case
                .home
                .run(&["rollback", "last", "--yes"])
                .expect(0);
            assert!(world.target() == after, "the rollback was not rolled back");
        }
        if extra {
            world.in_source("DROP VIEW more; DROP TABLE more_rows");
        }
        world.synced();
        observer.end();
        world.same();
        world.is_clean();
        "rolled back to exactly what was there"
    });
}

/// From the statement to the server's answer, seen between them.
fn the_rename_of_100_tables_takes_less_than_a_second(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || {
        let case = Case::new(flavor, test, a.clone(), b.clone());
        let proxy = Proxy::before(&case.b);
        case.home
            .add("far", &proxy.url(), "--env development")
            .expect(0);
        (case, proxy)
    };
    rounds(test, 1, make, |(case, proxy), dice| {
        let table = |number| {
            format!(
                "CREATE TABLE t{number} (id INT PRIMARY KEY, v VARCHAR(90), KEY (v)); INSERT INTO t{number} VALUES (1, 'x'), ({}, 'y');",
                2 + number
            )
        };
        let tables: String = (0..100).map(table).collect();
        let database = case.source(&format!("many{}", dice.below(1_000_000)), &tables);
        let (from, to) = (format!("a/{database}"), format!("far/{database}"));
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        // The best of several: on a busy machine everything may wait.
        let mut best = [Duration::MAX; 2];
        let is_quick =
            |best: &[Duration; 2]| best.iter().all(|took| *took < Duration::from_secs(1));
        for _ in 0..6 {
            let (sync, back) = (["sync", &from, &to, "--yes"], ["rollback", "last", "--yes"]);
            for (best, words) in best.iter_mut().zip([&sync[..], &back]) {
                proxy.set(Moment::Statement("RENAME TABLE", 0), Fault::Tell);
                case.home.run(words).expect(0);
                let took = proxy.took().unwrap();
                let kind = flavor.kind();
                println!("{kind}: RENAME of 100 tables in {took:.1?} ({})", words[0]);
                *best = took.min(*best);
            }
            if is_quick(&best) {
                break;
            }
        }
        assert!(is_quick(&best), "{best:?}");
        let count = format!(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}'"
        );
        assert_eq!(case.b.one(&count), "100");
        "less than a second"
    });
}

on_each!(
    a_rollback_brings_back_what_was_there,
    the_rename_of_100_tables_takes_less_than_a_second,
);
