//! Rolling back after a sync: the oracle finds the target as it was before, at once for its readers, and the rollback
//! can be rolled back. Also when it is killed in between.

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::world::World;
use crate::live::Flavor;

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

on_each!(a_rollback_brings_back_what_was_there);
