//! The prompt: `prod → dev [main]> `, each side in the colour of its environment.

use std::path::{Path, PathBuf};

use crate::commands::Session;
use crate::commands::context::Place;
use crate::model::label::Label;
use crate::output::theme::{Paint, Tone, harmless};
use crate::store::Store;

/// The prompt twice: as text, and as it is drawn.
pub type Prompt = (String, String);

/// The prompt of a session.
pub fn prompt(session: &Session, store: &Store, paint: Paint) -> Prompt {
    let (source, target) = (session.source.as_ref(), session.target.as_ref());
    let mut pieces = Vec::new();
    match (source, target) {
        (None, None) => pieces.push((Tone::Plain, "maestro".to_string())),
        _ => {
            pieces.extend(source.map(|place| side(place, store)));
            if let Some(target) = target {
                let arrow = if source.is_some() { " → " } else { "→ " };
                pieces.push((Tone::Plain, arrow.to_string()));
                pieces.push(side(target, store));
            }
            let folder = std::env::current_dir().ok();
            if let Some(branch) = folder.and_then(|folder| branch(&folder)) {
                pieces.push((Tone::Faint, format!(" [{}]", harmless(&branch))));
            }
        }
    }
    pieces.push((Tone::Plain, "> ".to_string()));
    let raw = pieces.iter().map(|(_, text)| text.as_str()).collect();
    (
        raw,
        pieces
            .iter()
            .map(|(tone, text)| paint.apply(*tone, text))
            .collect(),
    )
}

fn side(place: &Place, store: &Store) -> (Tone, String) {
    let label = match store.connection(&place.connection) {
        Ok(Some(connection)) => connection.label,
        _ => Label::Unknown,
    };
    let mut text = place.connection.clone();
    for (mark, part) in [("/", &place.database), (".", &place.table)] {
        if let Some(part) = part {
            text += mark;
            text += part;
        }
    }
    (Tone::of(label), harmless(&text))
}

/// The git branch of a folder, or the short commit of a detached head; read from files, upward.
pub fn branch(folder: &Path) -> Option<String> {
    let git = folder.ancestors().find_map(git_folder)?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let head = head.trim();
    match head.strip_prefix("ref: refs/heads/") {
        Some(branch) => Some(branch.to_string()),
        None => head.get(..7).map(str::to_string),
    }
}

/// `.git` itself, or where the file `.git` of a worktree points.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = std::fs::read_to_string(&git).ok()?;
    let path = text.trim().strip_prefix("gitdir:")?.trim();
    Some(folder.join(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_branch_is_found_from_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(
            folder.path().join(".git/HEAD"),
            "ref: refs/heads/feature/x\n",
        )
        .unwrap();
        assert_eq!(
            branch(&folder.path().join("a/b")).as_deref(),
            Some("feature/x")
        );
    }

    #[test]
    fn a_worktree_points_to_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("main/.git/worktrees/w")).unwrap();
        fs::create_dir_all(folder.path().join("w")).unwrap();
        fs::write(
            folder.path().join("w/.git"),
            "gitdir: ../main/.git/worktrees/w\n",
        )
        .unwrap();
        fs::write(
            folder.path().join("main/.git/worktrees/w/HEAD"),
            "ref: refs/heads/w\n",
        )
        .unwrap();
        assert_eq!(branch(&folder.path().join("w")).as_deref(), Some("w"));
    }

    #[test]
    fn a_detached_head_is_a_short_commit() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join(".git/HEAD"), "38648cc0123456789abcdef\n").unwrap();
        assert_eq!(branch(folder.path()).as_deref(), Some("38648cc"));
    }

    #[test]
    fn both_sides_wear_the_colour_of_their_environment() {
        let home = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(home.path()).unwrap();
        let place = |name: &str| {
            Some(Place {
                connection: name.into(),
                ..Place::default()
            })
        };
        let session = Session {
            source: place("a"),
            target: place("b"),
            ..Session::default()
        };
        let (raw, styled) = prompt(&session, &store, Paint { colour: true });
        assert!(raw.starts_with("a → b"), "{raw}");
        assert!(raw.ends_with("> "), "{raw}");
        // Neither is known: yellow.
        assert!(styled.contains("\x1b[33ma\x1b[0m"), "{styled:?}");
        assert_eq!(
            prompt(&Session::default(), &store, Paint::off()).0,
            "maestro> "
        );
    }
}
