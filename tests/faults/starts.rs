//! Many starts at once onto one target database (E07): exactly one runs, every other is refused and names the holder.
//!
//! The one that has the lock is held in a proxy before the target until all others have ended, so that none of them
//! merely came too late.

use std::time::{Duration, Instant};

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Fault, Moment};
use super::world::{TOO_LONG, World, shown};
use crate::live::{Done, Flavor, Running};

const STARTS: usize = 50;

fn e07_of_50_starts_exactly_one_runs(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone()).behind_a_proxy();
    rounds(test, 1, make, |(world, proxy), dice| {
        world.change(dice);
        let observer = world.observer(Rules::default());
        // The first statement after the lock was taken.
        proxy.set(
            Moment::Statement("INTO _MAESTRO.EPOCHS", 0),
            Fault::StallOne,
        );
        let variables = [("MAESTRO_CONNECTIONS_DEFAULT_TIMEOUT", "120s")];
        let start = |_| world.start_between("a", "far", &variables);
        let mut running: Vec<Running> = (0..STARTS).map(start).collect();
        let mut ended: Vec<Done> = Vec::new();
        let deadline = Instant::now() + TOO_LONG;
        while ended.len() < STARTS - 1 {
            assert!(
                Instant::now() < deadline,
                "{} of {STARTS} ended",
                ended.len()
            );
            match running.iter_mut().position(|one| !one.is_running()) {
                Some(position) => ended.push(running.remove(position).wait()),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        for done in &ended {
            assert_eq!(done.code, Some(4), "{}", shown(done));
            let told = done.told();
            assert!(
                told.contains("another run is writing") && told.contains("connection "),
                "{told}"
            );
        }
        proxy.heal();
        running.remove(0).wait_within(TOO_LONG).expect(0);
        observer.end();
        world.same();
        world.is_clean();
        "of 50 starts each: one ran, 49 were refused"
    });
}

on_each!(e07_of_50_starts_exactly_one_runs);
