//! Networks that cut, reset, stall, crawl and deliver byte by byte, on either side, at a random moment (B14, E02, E03,
//! E06, E16): the run ends exactly or says that it failed, and then goes on to the exact end. It never tells success
//! wrongly, and it never hangs.

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Direction, Fault, Moment, Pace, Proxy};
use super::world::{Image, TOO_LONG, Went, World, shown};
use crate::dice::Dice;
use crate::live::{Done, Flavor, Running};

/// A world whose servers are reached through proxies, and what passes through these in one run.
struct Net {
    world: World,
    proxies: [Proxy; 2],
    traffic: [[u64; 2]; 2],
}

const DIRECTIONS: [Direction; 2] = [Direction::Up, Direction::Down];

impl Net {
    fn new(world: World) -> Net {
        let proxies = [&world.case.a, &world.case.b].map(Proxy::before);
        for (name, proxy) in ["near", "far"].iter().zip(&proxies) {
            world
                .case
                .home
                .add(name, &proxy.url(), "--env development")
                .expect(0);
        }
        let mut net = Net {
            world,
            proxies,
            traffic: Default::default(),
        };
        net.reset();
        net.start(&mut Dice::new(0)).wait_within(TOO_LONG).expect(0);
        let passed = |proxy: &Proxy| DIRECTIONS.map(|direction| proxy.passed(direction));
        net.traffic = [passed(&net.proxies[0]), passed(&net.proxies[1])];
        net
    }

    fn reset(&self) {
        for proxy in &self.proxies {
            proxy.heal();
            proxy.set(Moment::Never, Fault::Tell);
        }
    }

    /// A run that retries, or gives up at once; what is silent for three seconds counts as lost.
    fn start(&self, dice: &mut Dice) -> Running {
        let attempts = *dice.one_of(&["0", "2"]);
        let variables = [
            ("MAESTRO_CONNECTIONS_DEFAULT_TIMEOUT", "3s"),
            ("MAESTRO_SYNC_RETRY_ATTEMPTS", attempts),
        ];
        self.world.start_between("near", "far", &variables)
    }

    /// A moment within what passes in a run, on either side and in either direction.
    fn moment(&self, dice: &mut Dice) -> (&Proxy, Moment) {
        let (side, direction) = (dice.below(2) as usize, dice.below(2) as usize);
        let all = self.traffic[side][direction];
        // Half of them in the first and last few KiB, where few bytes mean much.
        let bytes = match dice.below(4) {
            0 => dice.below(20_000),
            1 => all.saturating_sub(dice.below(20_000)),
            _ => dice.below(all),
        };
        (
            &self.proxies[side],
            Moment::Bytes(DIRECTIONS[direction], bytes),
        )
    }

    /// What a run that may have met a fault has to have brought about.
    #[track_caller]
    fn judge(&self, done: &Done, old: &Image) -> &'static str {
        let world = &self.world;
        let found = world.settled();
        match done.code {
            Some(0) => {
                world.same();
                "exact"
            }
            Some(2 | 5 | 130) => {
                // The tables are those before or those after; what follows the swap may still be missing.
                let rows = [&old.rows, &world.source().rows];
                assert!(rows.contains(&&found.rows), "{}", shown(done));
                match world.go_on() {
                    Went::Resumed => "interrupted and resumed",
                    Went::Again => "failed and synced again",
                }
            }
            _ => panic!("{}", shown(done)),
        }
    }
}

fn play(flavor: Flavor, test: &'static str, short: usize, fault: fn(&Net, &mut Dice) -> Done) {
    let Some((a, b)) = World::find(flavor, test) else {
        return;
    };
    let make = || Net::new(World::new(flavor, test, a.clone(), b.clone()));
    rounds(test, short, make, |net, dice| {
        net.world.change(dice);
        let old = net.world.target();
        net.reset();
        let observer = net.world.observer(Rules::default());
        let done = fault(net, dice);
        net.reset();
        let end = net.judge(&done, &old);
        observer.end();
        net.world.same();
        net.world.is_clean();
        end
    });
}

fn e03_a_connection_that_is_cut_or_reset(flavor: Flavor, test: &'static str) {
    play(flavor, test, 4, |net, dice| {
        let (proxy, moment) = net.moment(dice);
        let fault = *dice.one_of(&[Fault::Cut, Fault::Reset, Fault::ResetAll]);
        proxy.set(moment, fault);
        net.start(dice).wait_within(TOO_LONG)
    });
}

fn e06_an_answer_to_a_commit_that_never_comes(flavor: Flavor, test: &'static str) {
    play(flavor, test, 3, |net, dice| {
        let (fault, nth) = (
            *dice.one_of(&[Fault::Unanswered, Fault::Reset]),
            dice.below(8),
        );
        net.proxies[1].set(Moment::Statement("COMMIT", nth), fault);
        net.start(dice).wait_within(TOO_LONG)
    });
}

fn e06_an_answer_to_the_swap_that_never_comes(flavor: Flavor, test: &'static str) {
    play(flavor, test, 2, |net, dice| {
        let fault = *dice.one_of(&[Fault::Unanswered, Fault::Reset]);
        net.proxies[1].set(Moment::Statement("RENAME TABLE", 0), fault);
        net.start(dice).wait_within(TOO_LONG)
    });
}

fn e16_a_network_that_stands_still(flavor: Flavor, test: &'static str) {
    play(flavor, test, 3, |net, dice| {
        let (proxy, bytes) = net.moment(dice);
        // Most questions are short: few bytes, and many places that wait for an answer.
        let moment = match dice.below(3) {
            0 => Moment::Statement("", dice.below(60)),
            _ => bytes,
        };
        proxy.set(moment, *dice.one_of(&[Fault::Stall, Fault::StallOne]));
        net.start(dice).wait_within(TOO_LONG)
    });
}

fn e16_a_target_that_falls_silent_when_asked_whom_it_replicates(
    flavor: Flavor,
    test: &'static str,
) {
    play(flavor, test, 1, |net, dice| {
        net.proxies[1].set(Moment::Statement(" STATUS", 0), Fault::Stall);
        let done = net.start(dice).wait_within(TOO_LONG);
        assert_eq!(done.code, Some(2), "{}", shown(&done));
        done
    });
}

fn a_network_that_crawls_or_delivers_byte_by_byte(flavor: Flavor, test: &'static str) {
    play(flavor, test, 1, |net, dice| {
        let proxy = dice.one_of(&net.proxies);
        proxy.pace(*dice.one_of(&[Pace::Slow(10_000_000), Pace::Tiny]));
        net.start(dice).wait_within(TOO_LONG * 4)
    });
}

on_each!(
    e03_a_connection_that_is_cut_or_reset,
    e06_an_answer_to_a_commit_that_never_comes,
    e06_an_answer_to_the_swap_that_never_comes,
    e16_a_network_that_stands_still,
    e16_a_target_that_falls_silent_when_asked_whom_it_replicates,
    a_network_that_crawls_or_delivers_byte_by_byte,
);
