//! What no tracked file may hold: paths of a machine, hosts of package mirrors, how the work was done, leftovers.
//!
//! The forbidden words stand here in pieces, so that this file passes its own test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What may lie at the top of the repository.
const TOP: &[&str] = &[
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "completions",
    "docs",
    "src",
    "tests",
];

/// Where a path may begin that only one machine has.
const MACHINE_PATHS: &[[&str; 2]] = &[
    ["/wo", "rk/"],
    ["/ro", "ot/"],
    ["/Us", "ers/"],
    ["/ho", "me/"],
];

/// Home folders that are examples.
const EXAMPLE_HOMES: &[&str] = &["/home/me"];

/// Temporary folders are for tests alone.
const TEMPORARY: [&str; 2] = ["/t", "mp/"];

/// Registries of packages, and what their mirrors are called after.
const HOSTS: &[[&str; 2]] = &[
    ["debian.", "org"],
    ["debian.", "net"],
    ["ubuntu.", "com"],
    ["crates.", "io"],
    ["rust-lang.", "org"],
    ["pypi.", "org"],
    ["npmjs.", "com"],
    ["npmjs.", "org"],
    ["docker.", "io"],
    ["ghcr.", "io"],
    ["golang.", "org"],
    ["pkg-", "mirror"],
    ["artif", "actory"],
];

/// How the work was done is nobody's business.
const PROCESS: &[[&str; 2]] = &[
    ["cla", "ude"],
    ["anthr", "opic"],
    ["chat", "gpt"],
    ["open", "ai"],
    ["copi", "lot"],
    ["language ", "model"],
    ["agent ", "session"],
    ["helper ", "session"],
    ["sub", "agent"],
    ["co-", "authored-by"],
];

/// Work that was not finished. Each is a whole word.
const LEFTOVERS: &[[&str; 2]] = &[
    ["to", "do!("],
    ["unimple", "mented!("],
    ["db", "g!("],
    ["TO", "DO"],
    ["FIX", "ME"],
    ["XX", "X"],
    ["HA", "CK"],
];

/// Where the lock file says that packages come from: the public index, whatever mirror served it.
const INDEX: &str = "https://github.com/rust-lang/";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The tracked files; in a copy without git, all files but what is built.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    let names = match listed {
        Ok(listed) if listed.status.success() => String::from_utf8(listed.stdout).unwrap(),
        _ => String::new(),
    };
    let mut files: Vec<String> = names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_string)
        .collect();
    if files.is_empty() {
        walk(&root(), &mut files);
    }
    files.sort();
    files
}

fn walk(folder: &Path, files: &mut Vec<String>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap();
        let name = name.to_str().unwrap().to_string();
        match name.as_str() {
            ".git" | "target" | "tests/.cache" => {}
            _ if path.is_dir() => walk(&path, files),
            _ => files.push(name),
        }
    }
}

/// What is wrong with a text, a line each.
fn findings(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let is_source = file == "Cargo.lock" && line.starts_with("source = \"registry+");
        if !is_source {
            let words = wrong_words(file, line);
            found.extend(words.map(|word| format!("{file}:{}: {word}", number + 1)));
        } else if !line.contains(INDEX) {
            found.push(format!("{file}:{}: a package of another index", number + 1));
        }
    }
    found
}

fn wrong_words(file: &str, line: &str) -> impl Iterator<Item = String> {
    let line = EXAMPLE_HOMES
        .iter()
        .fold(line.to_string(), |line, home| line.replace(home, "~"));
    let lower = line.to_lowercase();
    let mut found = Vec::new();
    let mut seek = |pieces: &[[&str; 2]], hay: &str, begins: fn(&str) -> bool| {
        for word in pieces.iter().map(|pieces| pieces.concat()) {
            if hay
                .match_indices(&word)
                .any(|(at, _)| begins(&hay[..at]) && ends(&word, &hay[at + word.len()..]))
            {
                found.push(word);
            }
        }
    };
    seek(MACHINE_PATHS, &line, begins_path);
    if !file.starts_with("tests/") {
        seek(&[TEMPORARY], &line, begins_path);
    }
    seek(HOSTS, &lower, |_| true);
    seek(PROCESS, &lower, begins_word);
    seek(LEFTOVERS, &line, begins_word);
    found.into_iter()
}

/// Whether a path can begin after this text: `a/b` is no path that begins with `/b`.
fn begins_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "_-.}~)*".contains(c))
}

fn begins_word(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn ends(word: &str, after: &str) -> bool {
    let open = word.ends_with(['/', '(']);
    open || !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[test]
fn no_tracked_text_tells_of_the_machine_or_the_making() {
    let files = files();
    assert!(files.len() > 100, "the files were not found");
    let mut wrong = Vec::new();
    for file in files {
        // A file that is gone from the folder, or is no text, says nothing.
        if let Ok(text) = std::fs::read_to_string(root().join(&file)) {
            wrong.extend(findings(&file, &text));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_forbidden_word_is_found_and_nothing_that_looks_like_one() {
    let lists = [&[TEMPORARY][..], MACHINE_PATHS, HOSTS, PROCESS, LEFTOVERS];
    for pieces in lists.into_iter().flatten() {
        let line = format!("see {} here", pieces.concat());
        assert_eq!(findings("docs/x.md", &line).len(), 1, "{line}");
    }
    for line in [
        "mkdir -p \"$work/root/usr\"",
        "main/.git/worktrees/w",
        "\"/home/me/x.db\"",
        "mktemp -d a.XXXXXX",
        "a_todo!(list)",
        "a mirror of the whole database",
        "impl Helper for Assistant {}",
    ] {
        assert!(findings("docs/x.md", line).is_empty(), "{line}");
    }
    let private = "source = \"registry+https://packages.example.com/index\"";
    assert_eq!(findings("Cargo.lock", private).len(), 1);
}

#[test]
fn the_top_of_the_repository_holds_what_a_repository_needs() {
    let files = files();
    let found: BTreeSet<&str> = files
        .iter()
        .map(|file| file.split('/').next().unwrap())
        .collect();
    let more: Vec<_> = found.iter().filter(|name| !TOP.contains(name)).collect();
    assert!(more.is_empty(), "{more:?}");
}
