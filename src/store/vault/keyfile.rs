//! The key file: the vault's key in a file of mode 0600, for use without a person.
//!
//! A line for each key, named by its identity: while a new key replaces an old one, both stand in it, so that
//! a crash at any moment leaves the one that the store's header names.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::crypt::Key;
use super::{bytes, text};
use crate::store::{Error, Result, modes};

const MARK: &str = "maestro-vault-key-1";
const NOTE: &str =
    "# Opens maestro's vault: whoever can read this file can read the passwords in it.\n";

/// The key of this identity.
///
/// # Errors
/// The file is not there or holds no such key.
pub(super) fn find(path: &Path, identity: &str) -> Result<Key> {
    let shown = path.display();
    let lines = read(path)?.ok_or_else(|| Error::Vault {
        problem: format!("the key file of the vault, {shown}, is missing"),
        mend: format!("put it back, for example from a backup, as {shown}; {LOST}"),
    })?;
    let key = lines.iter().find_map(|line| key(line, identity));
    key.ok_or_else(|| Error::Vault {
        problem: format!("{shown} does not hold the key of this vault"),
        mend: format!("put the right key file there; {LOST}"),
    })
}

/// What can be done without the key.
const LOST: &str = "if it is lost, vault init --discard starts anew and connections edit NAME \
                    --store vault gives each password again";

/// Adds a key; those that are there stay.
pub(super) fn add(path: &Path, identity: &str, key: &Key) -> Result<()> {
    let mut lines = read(path)?.unwrap_or_default();
    lines.push(format!("{MARK} {identity} {}", text(key.bytes())));
    write(path, &lines)
}

/// Takes a key out, and the file away when it was the last.
pub(super) fn remove(path: &Path, identity: &str) -> Result<()> {
    let Some(mut lines) = read(path)? else {
        return Ok(());
    };
    lines.retain(|line| key(line, identity).is_none());
    match lines.is_empty() {
        true => fs::remove_file(path).map_err(|cause| failed("remove", path, cause)),
        false => write(path, &lines),
    }
}

fn key(line: &str, identity: &str) -> Option<Key> {
    let rest = line.strip_prefix(MARK)?.trim().strip_prefix(identity)?;
    Key::read(&bytes(rest.trim())?)
}

/// The lines that hold keys; None when there is no file.
fn read(path: &Path) -> Result<Option<Vec<String>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed("read the key file", path, cause)),
    };
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let lines: Vec<String> = lines.map(str::to_string).collect();
    if lines.iter().any(|line| !line.starts_with(MARK)) {
        return Err(Error::Vault {
            problem: format!("{} is no key file of maestro", path.display()),
            mend: "name another file: vault init --key-file PATH".into(),
        });
    }
    Ok(Some(lines))
}

/// Whole or not at all: a new file beside it takes its place.
fn write(path: &Path, lines: &[String]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".new-{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = replace(path, &beside, lines);
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map_err(|cause| failed("write the key file", path, cause))
}

fn replace(path: &Path, beside: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(modes::FILE)
        .open(beside)?;
    file.write_all(format!("{NOTE}{}\n", lines.join("\n")).as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn failed(action: &'static str, path: &Path, cause: std::io::Error) -> Error {
    Error::File {
        action,
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_stand_side_by_side_until_one_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let (one, two) = (Key::random(), Key::random());
        add(&path, "aa", &one).unwrap();
        add(&path, "bb", &two).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(find(&path, "aa").unwrap().bytes(), one.bytes());
        assert_eq!(find(&path, "bb").unwrap().bytes(), two.bytes());
        remove(&path, "aa").unwrap();
        assert!(find(&path, "aa").is_err());
        remove(&path, "bb").unwrap();
        assert!(!path.exists());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_file_of_something_else_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        fs::write(&path, "my notes\n").unwrap();
        let error = add(&path, "aa", &Key::random()).unwrap_err();
        assert!(
            error.to_string().contains("is no key file of maestro"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "my notes\n");
    }
}
