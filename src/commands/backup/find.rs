//! Where backups are, and which one a word means.

use std::path::{Path, PathBuf};

use crate::commands::{Context, Error, Result};
use crate::engines::backup::{MANIFEST, PARTIAL, is_folder};
use crate::model::endpoint::{is_path, nearest};

/// The folder of the backups, in the home folder.
const FOLDER: &str = "backups";

/// The folder of backups that a word means, or the one in the home folder.
pub fn root(cx: &Context<'_>, word: Option<&str>) -> Result<PathBuf> {
    let folder = match word {
        Some(word) => expanded(word),
        None => cx.store.path().with_file_name(FOLDER),
    };
    std::path::absolute(&folder)
        .map_err(|cause| Error::usage(format!("{} is no path: {cause}", folder.display())))
}

/// The folder of one backup: a path, its name, the id at the end of its name, or `last`.
///
/// # Errors
/// A usage error with the nearest id.
pub fn folder(cx: &Context<'_>, word: &str) -> Result<PathBuf> {
    if is_path(word) || word.contains('/') {
        return Ok(expanded(word));
    }
    let root = root(cx, None)?;
    let there = folders(&root);
    let found = match word {
        "last" => there.first(),
        _ => there
            .iter()
            .find(|folder| *folder == word || id(folder) == word),
    };
    if let Some(name) = found {
        return Ok(root.join(name));
    }
    if there.is_empty() {
        let problem = format!("there is no backup in {}", root.display());
        return Err(Error::usage(problem).hint("backup create PLACE makes one"));
    }
    let near = nearest(word, there.iter().map(|folder| id(folder)))
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    Err(Error::usage(format!("there is no backup {word}{near}"))
        .hint("backup list shows them; the folder of one elsewhere is written with a slash"))
}

/// The id of a backup, from the name of its folder.
pub fn id(folder: &str) -> &str {
    folder.rsplit('_').next().unwrap_or(folder)
}

/// The names of the folders in which backups are, the newest first. Unfinished ones are none.
pub fn folders(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let holds_one = is_folder(&name) || entry.path().join(MANIFEST).is_file();
            let is_whole = entry.path().is_dir() && !name.ends_with(PARTIAL);
            (holds_one && is_whole).then_some(name)
        })
        .collect();
    // The names begin with the time.
    names.sort_by(|left, right| right.cmp(left));
    names
}

/// The ids of the backups of a home folder, for completion.
pub fn names(store: &Path) -> Vec<String> {
    let folders = folders(&store.with_file_name(FOLDER));
    folders
        .iter()
        .map(|folder| id(folder).to_string())
        .collect()
}

fn expanded(word: &str) -> PathBuf {
    match (word.strip_prefix('~'), std::env::var("HOME")) {
        (Some(rest), Ok(home)) if rest.is_empty() || rest.starts_with('/') => {
            PathBuf::from(format!("{home}{rest}"))
        }
        _ => PathBuf::from(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_what_the_folder_ends_in() {
        assert_eq!(id("20260301T140509Z_my_shop_1a2b3c4d"), "1a2b3c4d");
    }

    #[test]
    fn an_unfinished_backup_is_none() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "20260101T000000000Z_a_00000001",
            "20260201T000000000Z_a_00000002",
            "20260301T000000000Z_a_00000003.partial",
            "another",
        ] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let found = folders(root.path());
        assert_eq!(
            found.iter().map(|name| id(name)).collect::<Vec<_>>(),
            ["00000002", "00000001"]
        );
    }
}
