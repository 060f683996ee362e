//! kill -9 of maestro at each of its kill points (E04): whatever the journal and the target say then, going on ends
//! exactly. Only in a program with the feature `kill-points`, which no release has.

use std::path::Path;

/// The points in the order of a run, some also at a later passing.
#[cfg(feature = "kill-points")]
pub const POINTS: &[&str] = &[
    "staging-made",
    "table-created",
    "table-created:2",
    "chunk-loaded",
    "chunk-loaded:3",
    "chunk-committed",
    "chunk-committed:3",
    "keys-missing",
    "keys-built",
    "verified",
    "swap-intent",
    "aside",
    "swapped",
    "objects-made",
    "finished",
];

#[cfg(feature = "kill-points")]
mod with_points {
    use super::POINTS;
    use crate::faults::bench::{on_each, rounds};
    use crate::faults::observer::Rules;
    use crate::faults::world::{TOO_LONG, Went, World};
    use crate::live::Flavor;

    fn e04_a_run_killed_at_a_point_ends_exactly_when_it_goes_on(
        flavor: Flavor,
        test: &'static str,
    ) {
        let Some((a, b)) = World::find(flavor, test) else {
            return;
        };
        let make = || World::new(flavor, test, a.clone(), b.clone());
        rounds(test, 1, make, |world, dice| {
            let points: Vec<&str> = match flavor {
                Flavor::MariaDb => POINTS.to_vec(),
                Flavor::MySql => (0..5).map(|_| *dice.one_of(POINTS)).collect(),
            };
            for point in &points {
                world.change(dice);
                let observer = world.observer(Rules::default());
                let before = world.version();
                // Once while it runs, and half the time once more while it is resumed.
                let running = world.start(&[("MAESTRO_KILL_AT", *point)]);
                let done = running.wait_within(TOO_LONG);
                assert_eq!(done.code, None, "{point} was not reached: {done:?}");
                let swapped = world.version() != before;
                let is_swapped = ["swapped", "objects-made", "finished"].contains(point);
                assert_eq!(swapped, is_swapped, "{point}");
                if dice.coin() {
                    let again = [("MAESTRO_KILL_AT", *dice.one_of(POINTS))];
                    let words = ["resume", "--yes"];
                    let running = world.case.home.start_with(&words, &again);
                    running.wait_within(TOO_LONG);
                }
                // A resumed run may have come to its end before its second point.
                let went = world.go_on();
                if went == Went::Again {
                    println!("{point}: nothing was left to resume");
                }
                observer.end();
                world.same();
                world.is_clean();
            }
            "all its points"
        });
    }

    on_each!(e04_a_run_killed_at_a_point_ends_exactly_when_it_goes_on);
}

/// The name of the environment variable stands in the program only with the feature.
#[test]
fn a_program_without_the_feature_has_no_kill_points() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_maestro")).unwrap();
    let name = b"MAESTRO_KILL_AT";
    let found = program.windows(name.len()).any(|part| part == name);
    assert_eq!(found, cfg!(feature = "kill-points"));
}

#[test]
fn the_release_is_built_without_kill_points_and_proves_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let release = std::fs::read_to_string(root.join(".ci/release")).unwrap();
    assert!(
        release.contains("cargo build --release --locked\n"),
        "no features are chosen"
    );
    assert!(
        release.contains("grep -aqF MAESTRO_KILL_AT"),
        "and the program is searched"
    );
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nkill-points = []\n"));
    assert!(
        !manifest.contains("\ndefault = "),
        "nothing is on by itself"
    );
}
