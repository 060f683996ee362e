//! Twenty passwords that would be recognized anywhere, given in every way there is, and searched for everywhere:
//! in what is printed, in every file of the home folder, and in the arguments of every process meanwhile.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::live::{Case, Done, Home, on_both};
use crate::screen::Screen;

/// Where nothing listens.
const DEAD: &str = "127.0.0.1:9";

fn canary(number: usize) -> String {
    format!("kanari{number:02}-7Qx{number:02}")
}

/// The forms in which a password could be found.
fn forms(number: usize) -> [String; 3] {
    let plain = canary(number);
    // Inside of a longer text the letters of base64 may be shifted; two whole groups are the same in all.
    let inside = STANDARD.encode(format!("xx{plain}"))[4..16].to_string();
    [STANDARD.encode(&plain), inside, plain]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|part| part == word.as_bytes())
}

/// The arguments of every process, until told to stop: those that hold a canary.
fn watch(stop: &AtomicBool) -> Vec<String> {
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        for process in Path::new("/proc").read_dir().unwrap().flatten() {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            if holds(&line, "kanari") {
                seen.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    seen
}

/// A home whose program logs all that it can, and everything that was printed.
struct Trail {
    home: Home,
    printed: Vec<(String, Vec<u8>)>,
}

impl Trail {
    fn new() -> Trail {
        Trail {
            home: Home::new(),
            printed: Vec::new(),
        }
    }

    fn path(&self) -> &Path {
        self.home.folder.path()
    }

    /// Runs the words in both formats' sense: as they are, with something on the standard input.
    fn run(&mut self, words: &str, typed: &str) -> Done {
        let mut child = self
            .home
            .command()
            .args(shlex::split(words).unwrap())
            .env("MAESTRO_LOGGING_LEVEL", "trace")
            .env("CANARY", canary(2))
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{typed}\n").as_bytes());
        let done = Done::of(child.wait_with_output().unwrap());
        let printed = format!("{}{}", done.stdout, done.stderr);
        self.printed.push((words.into(), printed.into()));
        done
    }

    /// Types at a terminal: after each text, a line.
    fn at_terminal(&mut self, words: &str, talk: &[(&str, String)]) {
        let words = shlex::split(words).unwrap();
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let trace = [("MAESTRO_LOGGING_LEVEL", "trace")];
        let mut screen = Screen::open(self.path(), &arguments, &trace);
        for (text, line) in talk {
            screen.wait_for(text);
            screen.enter(line);
        }
        screen.exit_code();
        self.printed.push((words.join(" "), screen.bytes().into()));
    }

    /// Nothing printed and no file holds a canary; a base64 entry of the store's file may hold those of `open`.
    fn is_clean(&self, open: &[usize]) {
        for number in 0..20 {
            let [encoded, inside, plain] = forms(number);
            for word in [&encoded, &inside, &plain] {
                for (words, printed) in &self.printed {
                    let text = String::from_utf8_lossy(printed);
                    assert!(
                        !holds(printed, word),
                        "{word} was printed by {words}: {text}"
                    );
                }
                for file in files(&self.path().join("m")) {
                    let name = file.file_name().unwrap().to_string_lossy().into_owned();
                    let allowed =
                        name.starts_with("store.db") && open.contains(&number) && *word != plain;
                    let bytes = std::fs::read(&file).unwrap_or_default();
                    assert!(allowed || !holds(&bytes, word), "{word} is in {name}");
                }
            }
        }
    }
}

/// Everything that reads, shows or uses connections.
fn look_around(trail: &mut Trail, shop: &str) {
    for name in ["good", "open", "var", "cmd", "url", "edited", "hidden"] {
        trail.run(&format!("connections show {name}"), "");
        trail.run(&format!("connections test {name}"), "");
        trail.run(&format!("sync good/{shop} {name}/{shop} --yes"), "");
    }
    for words in [
        "connections",
        "-o table connections",
        "-o csv connections",
        "connections test all",
        "-o table connections test all",
        "compare good url",
        "sync url good --yes",
        "query 'SELECT 1' good",
        "query 'SELECT' good",
        "query 'SELECT 1' url",
        "history",
        "history show 1",
        "history log 1",
        "doctor",
        "-o table doctor",
        "config",
        "vault",
        "vault rekey",
        "connections rename edited renamed",
        "connections label good testing",
        "nonsense good",
        "help vault",
    ] {
        trail.run(words, "");
    }
}

fn f02_twenty_passwords_are_found_nowhere(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)",
    );
    let user = format!("u{shop}");
    case.a.sql(&format!(
        "CREATE USER {user} IDENTIFIED BY '{}'; GRANT ALL ON *.* TO {user}",
        canary(0)
    ));
    let copy = case.database("copy");
    let stop = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&stop));
        let acted = std::panic::catch_unwind(|| act(&case.a.url(&user), &shop, &copy));
        stop.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap();
        if let Err(panic) = acted {
            std::panic::resume_unwind(panic);
        }
        seen
    });
    case.a.sql(&format!("DROP USER {user}"));
    assert!(seen.is_empty(), "in the arguments of a process: {seen:?}");
}

fn act(good: &str, shop: &str, copy: &str) {
    let mut trail = Trail::new();
    let stored = trail.run(
        &format!("connections add good '{good}' --password-stdin --env development"),
        &canary(0),
    );
    assert_eq!(stored.code, Some(0), "{stored:?}");
    let dead = format!("mysql://u@{DEAD}");
    let add = |name: &str| format!("connections add {name} {dead} --env development --no-test");
    trail.run(
        &format!("{} --password-stdin --store base64", add("open")),
        &canary(1),
    );
    trail.run(&format!("{} --password-env CANARY", add("var")), "");
    let secret = trail.path().join("secret");
    std::fs::write(&secret, canary(3)).unwrap();
    let printed = format!("--command 'cat {}'", secret.display());
    trail.run(&format!("{} {printed}", add("cmd")), "");
    // A script on the standard input may hold URLs with passwords.
    let url = |number: usize| format!("mysql://u:{}@{DEAD}", canary(number));
    trail.run(
        "",
        &format!("connections add url {} --no-test --env development", url(4)),
    );
    trail.run("", &format!("databases {}", url(5)));
    trail.run("", &format!("sync good/{shop} {} --yes", url(6)));
    trail.run("", &format!("connections add bad {}?nonsense=1", url(7)));
    trail.run("", &format!("source {}; databases; selection", url(8)));
    trail.run("", &format!("query 'SELECT 1' {} -o json", url(9)));
    trail.run("", &format!("connections add tested {}", url(10)));
    trail.run(&add("edited"), "");
    trail.run(
        "connections edit edited --password-stdin --no-test",
        &canary(11),
    );
    let env = trail.path().join(".env");
    std::fs::write(&env, format!("A_DATABASE_URL={}\n", url(12))).unwrap();
    let imported = trail.run(
        &format!("connections import {} --yes --no-test", env.display()),
        "",
    );
    assert_eq!(
        imported.json["imported"].as_array().unwrap().len(),
        1,
        "{imported:?}"
    );
    let options = trail.path().join("my.cnf");
    let text = format!(
        "[client]\nhost=127.0.0.1\nport=9\nuser=u\npassword={}\n",
        canary(13)
    );
    std::fs::write(&options, text).unwrap();
    trail.run(
        &format!("connections import {} --yes --no-test", options.display()),
        "",
    );
    // Hidden questions.
    trail.at_terminal(&add("hidden"), &[("(empty: none):", canary(14))]);
    trail.run(&format!("{} --store ask", add("typed")), "");
    trail.at_terminal("databases typed", &[("Password of typed", canary(15))]);
    let synced = trail.run(&format!("sync good/{shop} good/{copy} --yes"), "");
    assert_eq!(synced.code, Some(0), "{synced:?}");
    look_around(&mut trail, shop);
    trail.is_clean(&[1]);
    let logs = files(&trail.path().join("m/logs"));
    let logged: u64 = logs.iter().map(|log| log.metadata().unwrap().len()).sum();
    assert!(logged > 0, "nothing was logged");
    trail.run("vault migrate", "");
    trail.is_clean(&[]);

    // A vault with a passphrase.
    let mut trail = Trail::new();
    trail.run("vault init --passphrase-stdin", &canary(16));
    trail.run("vault unlock --passphrase-stdin", &canary(17));
    trail.at_terminal(
        &format!("{dead_add} --store vault", dead_add = add("db")),
        &[
            ("Password:", canary(18)),
            ("Passphrase of the vault:", canary(17)),
            ("It does not open the vault.", canary(16)),
        ],
    );
    trail.at_terminal(
        "vault rekey",
        &[
            ("Passphrase of the vault:", canary(16)),
            ("New passphrase of the vault:", canary(19)),
            ("The same again:", canary(19)),
        ],
    );
    trail.at_terminal("databases db", &[("Passphrase of the vault:", canary(19))]);
    trail.run("connections test all", "");
    trail.run("doctor", "");
    trail.run("vault", "");
    trail.is_clean(&[]);
}

on_both!(f02_twenty_passwords_are_found_nowhere);
