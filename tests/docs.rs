//! What is generated equals the code: docs/commands.md and completions/.
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
