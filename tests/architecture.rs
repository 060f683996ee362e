//! Who may import whom, and what has to be registered: docs/architecture.md as a table that is enforced.
//!
//! Read from the text of `src`: comments are left out, and in unit tests outside crates are free. Where
//! the code needs a new arrow, the table is what to discuss.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module, and the modules that it may import. Each may import itself.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("engines", &["model"]),
    ("plan", &["model", "engines::dialect"]),
    ("run", &["model", "engines", "plan"]),
    ("store", &["model", "plan", "run"]),
    ("settings", &["model"]),
    ("output", &["model", "plan", "run", "settings"]),
    (
        "commands",
        &[
            "model", "engines", "plan", "run", "store", "settings", "output",
        ],
    ),
    (
        "app",
        &[
            "model", "engines", "plan", "run", "store", "settings", "output",
        ],
    ),
    ("cli", &["commands", "output", "app", "settings"]),
    // The prompt draws environments and lists what completes; the open door is shared with `cli`.
    (
        "shell",
        &["commands", "output", "app", "cli", "model", "run", "store"],
    ),
];

/// An outside crate, and the places that alone know it. Crates that are not named are free.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("mysql_common", &["engines/mysql/wire"]),
    ("rustls", &["engines/mysql/wire"]),
    ("rustls_native_certs", &["engines/mysql/wire"]),
    ("tokio_rustls", &["engines/mysql/wire"]),
    ("socket2", &["engines/mysql/wire"]),
    ("bytes", &["engines/mysql/wire"]),
    ("sha2", &["engines/mysql/wire"]),
    ("rusqlite", &["engines/sqlite", "store"]),
    ("base64", &["store"]),
    ("argon2", &["store/vault"]),
    ("chacha20poly1305", &["store/vault"]),
    ("zstd", &["engines", "store"]),
    // The demo's arguments, and the definitions that the prompt completes from.
    ("clap", &["commands", "cli/demo.rs", "shell/complete"]),
    ("clap_complete", &["commands/completions.rs"]),
    ("rustyline", &["shell"]),
    ("tabled", &["output"]),
    ("nu_ansi_term", &["output"]),
    ("indicatif", &["output"]),
    ("dialoguer", &["output"]),
    ("csv", &["output"]),
    ("tracing_subscriber", &["output"]),
    ("tracing_appender", &["output"]),
    ("dirs", &["settings"]),
    ("serde_saphyr", &["settings"]),
];

/// What lies in `commands` and is no command: what commands share.
const SHARED_BY_COMMANDS: &[&str] = &["context", "error", "line", "places", "trial"];

/// What lies in `engines` and is no engine.
const SHARED_BY_ENGINES: &[&str] = &["dialect", "error", "guard", "kill"];

/// Longer files are reported.
const LONG: usize = 400;

/// A source file: its path below `src`, and its code without comments.
struct File {
    path: String,
    code: String,
    lines: usize,
}

impl File {
    /// `commands` of `commands/sync/mod.rs`, `app` of `app.rs`.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep it lies: 1 for `app.rs` and `plan/mod.rs`, 2 for `plan/sync.rs`.
    fn depth(&self) -> usize {
        let path = self.path.strip_suffix("/mod.rs").unwrap_or(&self.path);
        path.split('/').count()
    }

    /// The code before its unit tests, and the tests.
    fn halves(&self) -> (&str, &str) {
        let mut marks = self.code.match_indices("#[cfg(test)]\n");
        let opens = |(at, mark): &(usize, &str)| {
            let next = self.code[at + mark.len()..].lines().next().unwrap_or("");
            next.contains("mod ") && next.ends_with('{')
        };
        let at = marks.find(opens).map(|(at, _)| at);
        self.code.split_at(at.unwrap_or(self.code.len()))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    fn is_in(&self, place: &str) -> bool {
        let rest = self.path.strip_prefix(place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
    }

    /// The paths from the root of the crate that its code names, as far as two modules deep.
    fn imports(&self) -> BTreeSet<String> {
        let (code, tests) = self.halves();
        let mut paths = rooted(code, self.depth());
        paths.extend(rooted(tests, self.depth() + 1));
        paths
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&source(), &mut found);
    assert!(found.len() > 50, "the source was not found");
    found.sort();
    found.iter().map(|path| read(path)).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> File {
    let text = std::fs::read_to_string(path).unwrap();
    let path = path.strip_prefix(source()).unwrap();
    File {
        path: path.to_str().unwrap().to_string(),
        lines: text.lines().count(),
        code: without_comments(&text),
    }
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| line.find("//").map(|at| line[..at].to_string());
    // `://` is a URL in a string.
    let bare = |line: &str| match line.find("://") {
        Some(_) => line.to_string(),
        None => code(line).unwrap_or_else(|| line.to_string()),
    };
    text.lines()
        .map(|line| match line.trim_start().starts_with("//") {
            true => "\n".to_string(),
            false => bare(line) + "\n",
        })
        .collect()
}

/// The paths that begin at the root of the crate, in code of a module `depth` deep: after `crate::`, and after as
/// many `super::` as lead there.
fn rooted(code: &str, depth: usize) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].ends_with(is_of_name) {
            paths.extend(heads(&code[at + "crate::".len()..]));
        }
    }
    let up = "super::".repeat(depth);
    for (at, _) in code.match_indices(&up) {
        if !code[..at].ends_with(is_of_name) && !code[..at].ends_with("::") {
            paths.extend(heads(&code[at + up.len()..]));
        }
    }
    paths
}

/// The one or two modules that a path begins with; of a group, those of each member.
fn heads(rest: &str) -> Vec<String> {
    match rest.strip_prefix('{') {
        Some(group) => members(group).iter().flat_map(|path| heads(path)).collect(),
        None => {
            let (first, rest) = name(rest);
            let second = rest.strip_prefix("::").map(|rest| name(rest).0);
            match (first, second) {
                ("", _) => Vec::new(),
                (first, second) => vec![format!("{first}::{}", second.unwrap_or(""))],
            }
        }
    }
}

/// The name that a text begins with, and the rest.
fn name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_of_name(c)).unwrap_or(text.len()))
}

fn members(group: &str) -> Vec<String> {
    let mut members = vec![String::new()];
    let mut open = 0;
    for c in group.chars() {
        match c {
            '}' if open == 0 => break,
            ',' if open == 0 => members.push(String::new()),
            c if c.is_whitespace() => {}
            c => {
                open += i32::from(c == '{') - i32::from(c == '}');
                members.last_mut().unwrap().push(c);
            }
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether code names an outside crate: `name::`, or `use name`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = &code[..at];
        let after = &code[at + name.len()..];
        let whole = !before.ends_with(is_of_name) && !before.ends_with("::");
        whole
            && (after.starts_with("::")
                || (before.ends_with("use ") && after.starts_with([';', ' '])))
    })
}

#[test]
fn paths_are_read_from_groups_and_from_super() {
    let read = |code, depth| rooted(code, depth).into_iter().collect::<Vec<_>>();
    assert_eq!(
        read("use crate::{model::units::Rows, plan::{self, Plan}};", 1),
        ["model::units", "plan::"]
    );
    assert_eq!(
        read("fn f(_: crate::engines::Error) {}", 2),
        ["engines::Error"]
    );
    assert_eq!(read("use super::super::store::Store;", 2), ["store::Store"]);
    assert!(read("use super::store::Store; othercrate::x", 2).is_empty());
}

#[test]
fn a_module_imports_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for file in files() {
        let module = file.module();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let (_, allowed) = IMPORTS
            .iter()
            .find(|(known, _)| *known == module)
            .unwrap_or_else(|| panic!("the module {module} is not in the table of imports"));
        for path in file.imports() {
            let head = path.split("::").next().unwrap();
            let is_allowed =
                head == module || allowed.iter().any(|may| *may == head || *may == path);
            if !is_allowed {
                wrong.push(format!("src/{} imports {path}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_of_imports_has_no_cycle_and_no_dead_line() {
    let order: Vec<&str> = IMPORTS.iter().map(|(module, _)| *module).collect();
    for (at, (module, allowed)) in IMPORTS.iter().enumerate() {
        for may in *allowed {
            let head = may.split("::").next().unwrap();
            assert!(
                order[..at].contains(&head),
                "{module} imports {may} from below"
            );
        }
        let exists = |name: String| source().join(name).exists();
        assert!(
            exists((*module).into()) || exists(format!("{module}.rs")),
            "{module}"
        );
    }
}

#[test]
fn an_outside_crate_is_known_in_its_one_place() {
    let files = files();
    let mut wrong = Vec::new();
    for (name, places) in ONLY_IN {
        let users = files
            .iter()
            .filter(|file| !file.is_test() && names_crate(file.halves().0, name));
        let mut used = false;
        for file in users {
            used = true;
            if !places.iter().any(|place| file.is_in(place)) {
                wrong.push(format!("src/{} uses {name}", file.path));
            }
        }
        assert!(used, "{name} is used nowhere: the check reads nothing");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_output_prints() {
    const PRINTING: [&str; 5] = ["println!", "print!", "eprintln!", "eprint!", "stdout()"];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.module() != "output") {
        let found = PRINTING
            .iter()
            .filter(|word| file.halves().0.contains(*word));
        wrong.extend(found.map(|word| format!("src/{} says {word}", file.path)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The modules that lie in a folder of `src`, however they are spelled.
fn modules_in(folder: &str) -> BTreeSet<String> {
    let entries = source().join(folder).read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| match name.split_once('.') {
            Some(("mod", _)) => None,
            Some((module, "rs")) => Some(module.to_string()),
            Some(_) => None,
            None => Some(name),
        })
        .collect()
}

/// The words that stand between a prefix and `::` in a file.
fn words_after(file: &str, prefix: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(source().join(file)).unwrap();
    let after = text
        .match_indices(prefix)
        .map(|(at, _)| &text[at + prefix.len()..]);
    after
        .filter_map(|rest| rest.split_once("::"))
        .map(|(word, _)| word.to_string())
        .collect()
}

fn owned(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn every_file_of_commands_is_a_registered_command_or_shared() {
    let mut known = words_after("commands/mod.rs", "    Entry::of::<");
    assert_eq!(known.len(), maestro::commands::COMMANDS.len());
    known.extend(owned(SHARED_BY_COMMANDS));
    assert_eq!(modules_in("commands"), known);
}

#[test]
fn every_folder_of_engines_is_a_registered_engine() {
    let text = std::fs::read_to_string(source().join("engines/mod.rs")).unwrap();
    let at = text.find("pub static ENGINES").unwrap();
    let table = text[at..].split_once(';').unwrap().0;
    let entries = table.split_once('=').unwrap().1.split('&');
    let mut known: BTreeSet<String> = entries
        .filter_map(|entry| entry.split_once("::"))
        .map(|(module, _)| module.to_string())
        .collect();
    assert_eq!(known.len(), maestro::engines::ENGINES.len());
    known.extend(owned(SHARED_BY_ENGINES));
    assert_eq!(modules_in("engines"), known);
}

#[test]
fn the_lock_file_has_no_driver_that_holds_sqlite_back() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(lock.contains("name = \"rusqlite\""));
    let driver = "sqlx-sqlite";
    assert!(
        !lock.contains(&format!("name = \"{driver}\"")),
        "see the note in Cargo.toml"
    );
}

/// Reports, as a long file is a question rather than a fault.
#[test]
fn long_files_are_reported() {
    let files = files();
    assert!(
        files.iter().all(|file| file.lines < 3 * LONG),
        "a file of more than {} lines",
        3 * LONG
    );
    for file in files.iter().filter(|file| file.lines > LONG) {
        println!("src/{}: {} lines", file.path, file.lines);
    }
}
