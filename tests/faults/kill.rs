//! kill -9 of maestro at a random moment of a sync (E01, E05, E08): the live tables are the old ones or the new ones at
//! every moment, and going on ends with exactly the source, even when that has moved on meanwhile (C01, E04).

use std::time::Duration;

use super::bench::{Dice, on_each, rounds};
use super::observer::Rules;
use super::world::{Went, World};
use crate::live::Flavor;

fn a_killed_run_ends_exactly_when_it_goes_on(flavor: Flavor, test: &'static str) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || World::new(flavor, test, a.clone(), b.clone());
    rounds(test, 3, make, |world, dice| {
        world.change(dice);
        let observer = world.observer(Rules::default());
        let end = match dice.coin() {
            true => killed_beside_a_quiet_source(world, dice),
            false => killed_beside_a_busy_source(world, dice),
        };
        observer.end();
        world.same();
        world.is_clean();
        end
    });
}

fn killed(world: &World, dice: &mut Dice) -> Option<i32> {
    let running = world.start(&[]);
    std::thread::sleep(dice.moment(world.takes * 11 / 10));
    running.signal("-KILL");
    running.wait().code
}

fn killed_beside_a_quiet_source(world: &World, dice: &mut Dice) -> &'static str {
    match killed(world, dice) {
        Some(0) => "ended before the kill",
        Some(code) => panic!("it ended with {code} before the kill"),
        None => match world.go_on() {
            Went::Resumed => "resumed",
            Went::Again => "synced again",
        },
    }
}

/// A run that was killed after its swap is as old as its snapshot, also when it has gone on; any other has the source
/// as it is now.
fn killed_beside_a_busy_source(world: &World, dice: &mut Dice) -> &'static str {
    let before = world.version();
    let busy = world.busy();
    let code = killed(world, dice);
    drop(busy);
    // What the server was told last it may still do.
    std::thread::sleep(Duration::from_millis(300));
    let swapped = world.version() != before;
    world.change(dice);
    if code.is_none() {
        let went = world.go_on();
        if !swapped {
            return match went {
                Went::Resumed => "resumed beside a moving source",
                Went::Again => "synced again beside a moving source",
            };
        }
    }
    world.synced();
    "after the swap beside a moving source"
}

on_each!(a_killed_run_ends_exactly_when_it_goes_on);
