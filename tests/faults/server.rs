//! kill -9 of the target's server in mid-copy and in the swap, and of the source's server: after its restart the run
//! goes on to the exact end, or the target is what it was. Servers of the test's own, which nobody else uses.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use super::bench::{on_each, rounds};
use super::observer::Rules;
use super::proxy::{Fault, Moment, Proxy};
use super::world::{TOO_LONG, Went, World, shown};
use crate::dice::Dice;
use crate::live::{Done, Flavor, Place, block_on, server_script, until};

/// A server that may be killed; it goes with the test.
pub struct Server {
    pub place: Place,
    folder: PathBuf,
    options: Vec<String>,
    _temporary: Option<tempfile::TempDir>,
}

impl Server {
    pub fn new(flavor: Flavor) -> Server {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("s");
        let mut server = Server::at(flavor, folder, &[]);
        server._temporary = Some(temporary);
        server
    }

    /// In a folder that is there already, with more options of the server.
    pub fn at(flavor: Flavor, folder: PathBuf, options: &[&str]) -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = Server {
            place: Place {
                flavor,
                port,
                socket: folder.join("socket"),
            },
            folder,
            options: options.iter().map(|option| option.to_string()).collect(),
            _temporary: None,
        };
        server.start();
        server
    }

    fn script(&self, words: &[&str]) {
        let mut command = server_script();
        let done = command.args(words).output().unwrap();
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {told}");
    }

    pub fn start(&self) {
        let (kind, port) = (self.place.flavor.kind(), self.place.port.to_string());
        let mut words = vec!["start", kind, self.folder.to_str().unwrap(), &port];
        words.extend(self.options.iter().map(String::as_str));
        self.script(&words);
    }

    /// Starts it again where it has died.
    pub fn revive(&self) {
        if block_on(self.place.connected()).is_err() {
            self.kill();
            self.start();
        }
    }

    pub fn kill(&self) {
        self.script(&["kill", self.folder.to_str().unwrap()]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = server_script()
            .args(["kill", self.folder.to_str().unwrap()])
            .output();
    }
}

struct Stage {
    world: World,
    server: Server,
    proxy: Proxy,
}

/// Which of the two is killed.
#[derive(Clone, Copy, PartialEq)]
enum Victim {
    Source,
    Target,
}

fn stage(flavor: Flavor, test: &'static str, victim: Victim) -> Option<impl Fn() -> Stage> {
    let (a, b) = World::find(flavor, test)?;
    Some(move || {
        let server = Server::new(flavor);
        let (a, b) = match victim {
            Victim::Source => (server.place.clone(), b.clone()),
            Victim::Target => (a.clone(), server.place.clone()),
        };
        let (world, proxy) = World::new(flavor, test, a, b).behind_a_proxy();
        Stage {
            world,
            server,
            proxy,
        }
    })
}

impl Stage {
    /// What has to be true once the server is back.
    fn settle(&self, done: &Done, old: &[String]) -> &'static str {
        let world = &self.world;
        let rows = world.target().rows;
        if done.code == Some(0) {
            world.same();
            return "went on by itself";
        }
        assert!(matches!(done.code, Some(2 | 5 | 130)), "{}", shown(done));
        let is_old = rows == old;
        assert!(
            is_old || rows == world.source().rows,
            "a mix\n{}",
            shown(done)
        );
        match (world.go_on(), is_old) {
            (Went::Resumed, true) => "rolled back by the server and resumed",
            (Went::Resumed, false) => "swapped and resumed",
            (Went::Again, _) => "synced again",
        }
    }

    fn play(&self, dice: &mut Dice, fault: impl FnOnce(&mut Dice) -> Done) -> &'static str {
        self.world.change(dice);
        let old = self.world.target().rows;
        self.proxy.heal();
        let observer = self.world.observer(Rules {
            dies: true,
            ..Rules::default()
        });
        let done = fault(dice);
        until("the server is back", || {
            block_on(self.server.place.connected()).is_ok()
        });
        let end = self.settle(&done, &old);
        observer.end();
        self.world.same();
        self.world.is_clean_after_a_crash();
        end
    }

    /// A run that gives up at once, or waits for the server's return.
    fn start(&self, to: &str, dice: &mut Dice) -> crate::live::Running {
        let attempts = *dice.one_of(&["0", "3"]);
        let variables = [
            ("MAESTRO_CONNECTIONS_DEFAULT_TIMEOUT", "5s"),
            ("MAESTRO_SYNC_RETRY_ATTEMPTS", attempts),
        ];
        self.world.start_between("a", to, &variables)
    }

    /// Kills the server at a random moment, and starts it again.
    fn in_mid_copy(&self, dice: &mut Dice) -> Done {
        let running = self.start("b", dice);
        std::thread::sleep(dice.moment(self.world.takes));
        self.server.kill();
        std::thread::sleep(dice.moment(Duration::from_millis(500)));
        self.server.start();
        running.wait_within(TOO_LONG)
    }

    /// Kills the server when the RENAME is on its way, or a little later.
    fn in_the_swap(&self, dice: &mut Dice) -> Done {
        let later = dice.moment(Duration::from_millis(30));
        self.proxy
            .set(Moment::Statement("RENAME TABLE", 0), Fault::Tell);
        let running = self.start("far", dice);
        assert!(self.proxy.struck(TOO_LONG), "it never swapped");
        std::thread::sleep(later);
        self.server.kill();
        self.server.start();
        running.wait_within(TOO_LONG)
    }
}

fn the_target_dies_in_mid_copy(flavor: Flavor, test: &'static str) {
    let Some(make) = stage(flavor, test, Victim::Target) else {
        return;
    };
    rounds(test, 2, make, |stage, dice| {
        stage.play(dice, |dice| stage.in_mid_copy(dice))
    });
}

fn the_target_dies_in_the_swap(flavor: Flavor, test: &'static str) {
    let Some(make) = stage(flavor, test, Victim::Target) else {
        return;
    };
    rounds(test, 2, make, |stage, dice| {
        stage.play(dice, |dice| stage.in_the_swap(dice))
    });
}

fn e02_the_source_dies_in_mid_copy(flavor: Flavor, test: &'static str) {
    let Some(make) = stage(flavor, test, Victim::Source) else {
        return;
    };
    rounds(test, 1, make, |stage, dice| {
        stage.play(dice, |dice| stage.in_mid_copy(dice))
    });
}

on_each!(
    the_target_dies_in_mid_copy,
    the_target_dies_in_the_swap,
    e02_the_source_dies_in_mid_copy,
);
