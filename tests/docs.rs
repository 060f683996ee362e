//! What is generated equals the code: docs/commands.md and completions/; what the documents claim has a test.
//!
//! `MAESTRO_BLESS=1` writes the files anew instead of comparing.

use std::path::{Path, PathBuf};

use maestro::commands::completions::Shell;
use maestro::commands::help;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn agrees(file: &Path, wanted: &str) {
    let path = root().join(file);
    if std::env::var_os("MAESTRO_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let line = found
        .lines()
        .zip(wanted.lines())
        .position(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "{} differs from the code{}; MAESTRO_BLESS=1 cargo test --test tests docs writes it anew",
        file.display(),
        line.map(|line| format!(" from line {}", line + 1))
            .unwrap_or_default(),
    );
}

#[test]
fn the_command_reference_equals_the_code() {
    agrees(Path::new("docs/commands.md"), &help::markdown());
}

#[test]
fn the_completion_scripts_equal_the_code() {
    for shell in Shell::ALL {
        agrees(
            &Path::new("completions").join(shell.file()),
            &shell.script(),
        );
    }
}

/// The cases whose turn has come: each has a row in docs/failures.md, and a test that names it.
const DUE: &[(char, std::ops::RangeInclusive<u8>)] = &[('A', 1..=21), ('C', 8..=12), ('D', 1..=12)];

#[test]
fn each_case_of_the_catalogue_of_failures_that_is_due_has_a_row_and_a_test_that_names_it() {
    let rows = std::fs::read_to_string(root().join("docs/failures.md")).unwrap();
    let named = functions();
    for (group, numbers) in DUE {
        for number in numbers.clone() {
            let id = format!("{group}{number:02}");
            assert!(
                rows.lines()
                    .any(|line| line.starts_with(&format!("| {id} |"))),
                "docs/failures.md has no row for {id}"
            );
            let words = format!("{}_", id.to_lowercase());
            assert!(
                named.iter().any(|name| name.contains(&words)),
                "no test is named after {id}"
            );
        }
    }
}

#[test]
fn the_tests_that_the_documents_name_are_there() {
    let named = functions();
    for file in ["docs/failures.md", "docs/coverage.md"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        for line in text.lines().filter(|line| line.starts_with("| ")) {
            let cell = line
                .trim_end_matches([' ', '|'])
                .rsplit(" | ")
                .next()
                .unwrap();
            // `path`: `test`, `test`; what is in quotes and looks like a function must be one.
            let quoted = cell.split('`').skip(1).step_by(2);
            for name in quoted.filter(|name| name.contains('_') && !name.contains(['/', '.', ' ']))
            {
                assert!(
                    named.contains(name),
                    "{file} names {name}, which is no test"
                );
            }
        }
    }
}

/// The names of all functions of the tests, here and beside the code.
fn functions() -> std::collections::BTreeSet<String> {
    fn collect(folder: &Path, found: &mut std::collections::BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".cache") {
                collect(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let after = text.split("fn ").skip(1);
                let name = |rest: &str| -> String {
                    let end = |c: char| !c.is_alphanumeric() && c != '_';
                    rest.split(end).next().unwrap_or_default().to_string()
                };
                found.extend(after.map(name));
            }
        }
    }
    let mut found = Default::default();
    for folder in ["src", "tests"] {
        collect(&root().join(folder), &mut found);
    }
    found
}
