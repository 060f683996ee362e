//! Disks that are full (E15): the target's, and the one of maestro's own state folder. The target stays what it was, or
//! becomes exactly the source; once there is room again the run goes on.
//!
//! Small disks are mounted in memory, which needs root; without it these tests say that they are skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bench::rounds;
use super::observer::Rules;
use super::server::Server;
use super::world::{TOO_LONG, Went, World, shown};
use crate::live::{Flavor, block_on};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// A disk in memory; it is taken off in the end.
struct Disk(PathBuf);

impl Disk {
    /// # Errors
    /// Why there is none.
    fn mount(at: &Path, size: u64) -> Result<Disk, String> {
        mounted(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], at)?;
        Ok(Disk(at.to_path_buf()))
    }

    fn resize(&self, size: u64) {
        mounted(&["-o", &format!("remount,size={size}")], &self.0).unwrap();
    }

    fn used(&self) -> u64 {
        let mut command = Command::new("df");
        command.args(["--block-size=1", "--output=used"]);
        let done = command.arg(&self.0).output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        text.lines().last().unwrap().trim().parse().unwrap()
    }
}

fn mounted(words: &[&str], at: &Path) -> Result<(), String> {
    let mut command = Command::new("mount");
    let done = command.args(words).arg(at).output();
    let done = done.map_err(|cause| format!("mount: {cause}"))?;
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&done.stderr).trim().to_string()),
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Whether disks can be mounted here.
fn can_mount(test: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    match Disk::mount(folder.path(), MIB) {
        Ok(_) => true,
        Err(reason) => {
            println!("skipped: {test}: no small disk can be mounted: {reason}");
            false
        }
    }
}

/// A server whose data lie on a disk of its own. The fields end in this order.
struct Full {
    world: World,
    server: Server,
    disk: Disk,
    _folder: tempfile::TempDir,
}

impl Full {
    fn new(test: &'static str, a: crate::live::Place) -> Full {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::mount(folder.path(), 900 * MIB).unwrap();
        let options = ["--skip-log-bin", "--innodb-log-file-size=16M"];
        let server = Server::at(Flavor::MariaDb, folder.path().join("s"), &options);
        let world = World::new(Flavor::MariaDb, test, a, server.place.clone());
        Full {
            world,
            server,
            disk,
            _folder: folder,
        }
    }
}

#[test]
fn e15_a_full_disk_of_the_target() {
    let test = concat!(module_path!(), "::e15_a_full_disk_of_the_target");
    let Some((a, _)) = World::find(Flavor::MariaDb, test) else {
        return;
    };
    if !can_mount(test) {
        return;
    }
    rounds(
        test,
        2,
        || Full::new(test, a.clone()),
        |full, dice| {
            let world = &full.world;
            world.change(dice);
            let old = world.target();
            let observer = world.observer(Rules {
                dies: true,
                ..Rules::default()
            });
            // A copy needs more than that.
            full.disk.resize(full.disk.used() + dice.below(35 * MIB));
            let variables = [("MAESTRO_SYNC_RETRY_ATTEMPTS", "0")];
            let done = world.start(&variables);
            let done = done.wait_within(TOO_LONG);
            full.disk.resize(900 * MIB);
            // A server may also end when its disk is full.
            match block_on(full.server.place.connected()) {
                Ok(_) => {
                    assert_eq!(done.code, Some(2), "{}", shown(&done));
                    assert!(done.told().contains("full"), "{}", shown(&done));
                }
                Err(_) => {
                    assert!(matches!(done.code, Some(2 | 5 | 130)), "{}", shown(&done));
                    full.server.revive();
                }
            }
            assert!(world.target() == old, "{}", shown(&done));
            let end = match world.go_on() {
                Went::Resumed => "target unchanged, then resumed",
                Went::Again => "target unchanged, then synced again",
            };
            observer.end();
            world.same();
            world.is_clean();
            end
        },
    );
}

/// A world whose state folder lies on a disk of two MiB.
struct Cramped {
    world: World,
    disk: Disk,
}

impl Cramped {
    fn new(world: World) -> Cramped {
        let folder = world.case.home.folder.path().join("m");
        let aside = world.case.home.folder.path().join("aside");
        std::fs::rename(&folder, &aside).unwrap();
        std::fs::create_dir(&folder).unwrap();
        let disk = Disk::mount(&folder, 2 * MIB).unwrap();
        let done = Command::new("cp")
            .arg("-a")
            .arg(format!("{}/.", aside.display()))
            .arg(&folder)
            .status();
        assert!(done.unwrap().success());
        Cramped { world, disk }
    }
}

#[test]
fn e15_a_full_disk_of_the_journal() {
    let test = concat!(module_path!(), "::e15_a_full_disk_of_the_journal");
    let Some((a, b)) = World::find(Flavor::MariaDb, test) else {
        return;
    };
    if !can_mount(test) {
        return;
    }
    let make = || Cramped::new(World::new(Flavor::MariaDb, test, a.clone(), b.clone()));
    rounds(test, 3, make, |cramped, dice| {
        let world = &cramped.world;
        world.change(dice);
        let old = world.target();
        let observer = world.observer(Rules::default());
        let filler = cramped.disk.0.join("filler");
        let room = 2 * MIB - cramped.disk.used();
        let size = room.saturating_sub(dice.below(160) * KIB);
        // What does not fit any more is left out.
        let _ = std::fs::write(&filler, vec![0; size as usize]);
        let done = world.start(&[]).wait_within(TOO_LONG);
        std::fs::remove_file(&filler).unwrap();
        let found = world.target();
        let end = match done.code {
            Some(0) => "exact on what room there was",
            Some(2 | 4) if found == old => "refused or failed, target unchanged",
            Some(2) if found.rows == world.source().rows => "swapped, told as failed",
            _ => panic!("{}", shown(&done)),
        };
        if end != "exact on what room there was" {
            world.go_on();
        }
        observer.end();
        world.same();
        world.is_clean();
        end
    });
}
