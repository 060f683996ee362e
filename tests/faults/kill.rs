//! kill -9 of maestro at a random moment of a sync (E01, E05, E08): the live tables are the old ones or the new ones at
//! every moment, and going on ends with exactly the source, even when that has moved on meanwhile (C01, E04).

use std::time::Duration;

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Fault, Moment};
use super::world::{TOO_LONG, Went, World, shown};
use crate::dice::Dice;
use crate::live::{Flavor, block_on, statement};

fn a_killed_run_ends_exactly_when_it_goes_on(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 3, make, |world, dice| {
        let observer = world.observer(Rules::default());
        let mut within = world.takes;
        let end = loop {
            world.change(dice);
            let killed = match dice.coin() {
                true => killed_beside_a_quiet_source(world, dice, within),
                false => killed_beside_a_busy_source(world, dice, within),
            };
            match killed {
                Some(end) => break end,
                // It was quicker than its kill: that is no round.
                None => within = within * 3 / 4,
            }
        };
        observer.end();
        world.same();
        world.is_clean();
        end
    });
}

/// Whether a run was killed before its end.
fn was_killed(world: &World, dice: &mut Dice, within: Duration) -> bool {
    let running = world.start(&[]);
    std::thread::sleep(dice.moment(within));
    running.signal("-KILL");
    let done = running.wait_within(TOO_LONG);
    assert!(matches!(done.code, None | Some(0)), "{}", shown(&done));
    done.code.is_none()
}

fn killed_beside_a_quiet_source(
    world: &World,
    dice: &mut Dice,
    within: Duration,
) -> Option<&'static str> {
    was_killed(world, dice, within).then(|| match world.go_on() {
        Went::Resumed => "resumed",
        Went::Again => "nothing to resume and synced again",
    })
}

/// A run that was killed after its swap is as old as its snapshot, also when it has gone on; any other has the source
/// as it is now.
fn killed_beside_a_busy_source(
    world: &World,
    dice: &mut Dice,
    within: Duration,
) -> Option<&'static str> {
    let before = world.version();
    let busy = world.busy();
    let was_killed = was_killed(world, dice, within);
    drop(busy);
    // What the server was told last it may still do.
    std::thread::sleep(Duration::from_millis(300));
    let swapped = world.version() != before;
    world.change(dice);
    was_killed.then(|| match (world.go_on(), swapped) {
        (Went::Resumed, false) => "resumed beside a moving source",
        (Went::Again, false) => "nothing to resume beside a moving source and synced again",
        (_, true) => {
            world.synced();
            "after the swap beside a moving source"
        }
    })
}

/// The RENAME waits for somebody's lock when maestro is killed: the server may still do it, also while the run is resumed.
fn e05_a_swap_that_outlives_its_run(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone()).behind_a_proxy();
    rounds(test, 2, make, |(world, proxy), dice| {
        world.change(dice);
        let observer = world.observer(Rules::default());
        let mut holder = block_on(world.case.b.connect());
        let hold = format!(
            "START TRANSACTION; SELECT * FROM `{}`.a LIMIT 1",
            world.database
        );
        proxy.set(Moment::Statement("RENAME TABLE", 0), Fault::Tell);
        let running = world.start_between("a", "far", &[]);
        block_on(statement(&mut holder, &hold)).unwrap();
        assert!(proxy.struck(TOO_LONG), "it never swapped");
        std::thread::sleep(dice.moment(Duration::from_millis(300)));
        running.signal("-KILL");
        assert_eq!(running.wait().code, None);
        let later = dice.moment(Duration::from_millis(1500));
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(later);
                drop(holder);
            });
            assert_eq!(world.go_on(), Went::Resumed);
        });
        observer.end();
        world.same();
        world.is_clean();
        "resumed"
    });
}

on_each!(
    a_killed_run_ends_exactly_when_it_goes_on,
    e05_a_swap_that_outlives_its_run,
);
