//! DDL on the source's tables in mid-copy (C03): the target gets exactly one state that the source was in, or the run
//! fails and the target is as it was. No mixture, and no success with fewer rows.

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::world::{TOO_LONG, World, shown};
use crate::live::Flavor;

/// A table for storms, new in each round.
const CALM: &str = "DROP TABLE IF EXISTS s, s2, d;
CREATE TABLE s (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000), n VARCHAR(60) DEFAULT 'n');
INSERT INTO s (v) SELECT REPEAT(CHAR(97 + a.d), 1900) FROM digits a, digits b, digits c, digits d WHERE d.d < 5;
CREATE TABLE d (id INT PRIMARY KEY); INSERT INTO d VALUES (1), (2)";

/// What somebody does to it; what no longer fits is not done.
const STORMS: &[&str] = &[
    "ALTER TABLE s ADD COLUMN more INT NOT NULL DEFAULT 7",
    "ALTER TABLE s ADD COLUMN first INT NOT NULL DEFAULT 7 FIRST",
    "ALTER TABLE s DROP COLUMN n",
    "ALTER TABLE s MODIFY n VARCHAR(30) DEFAULT 'm'",
    "ALTER TABLE s CHANGE n m VARCHAR(60)",
    "CREATE INDEX by_n ON s (n)",
    "RENAME TABLE s TO s2",
    "RENAME TABLE s TO s2, d TO s",
    "DROP TABLE s",
    "TRUNCATE TABLE s",
    "TRUNCATE TABLE d",
    "DROP TABLE d",
    "CREATE OR REPLACE VIEW versions AS SELECT 1 AS one",
];

fn ddl_in_mid_copy_is_one_state_or_a_failure_without_change(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 5, make, |world, dice| {
        world.in_source(CALM);
        world.change(dice);
        let old = world.target();
        let mut states = vec![world.source()];
        let observer = world.observer(Rules::default());
        let attempts = *dice.one_of(&["0", "0", "1"]);
        let running = world.start(&[("MAESTRO_SYNC_RETRY_ATTEMPTS", attempts)]);
        let mut done = Vec::new();
        for _ in 0..=dice.below(3) {
            std::thread::sleep(dice.moment(world.takes));
            let storm = *dice.one_of(STORMS);
            // It may wait for the readers; then it comes after them.
            let refused = world
                .case
                .a
                .refusal(&format!("USE `{}`; {storm}", world.database));
            done.push((storm, refused));
            states.push(world.source());
        }
        let ended = running.wait_within(TOO_LONG);
        let found = world.target();
        let end = match ended.code {
            Some(0) => match states.iter().position(|state| *state == found) {
                Some(0) => "done as before the storm",
                Some(_) => "done as after it",
                None => panic!("{done:?}: a state that never was\n{}", shown(&ended)),
            },
            Some(2 | 4) if found == old => "failed and unchanged",
            Some(130) if found == old => "interrupted and unchanged",
            _ => panic!("{done:?}: {}", shown(&ended)),
        };
        world.go_on();
        observer.end();
        world.same();
        world.is_clean();
        end
    });
}

on_each!(ddl_in_mid_copy_is_one_state_or_a_failure_without_change);
