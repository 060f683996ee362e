//! Reads config.yaml: the only code that knows the YAML reader.
//!
//! A file that is not there is no error. One that is there must be right from the first to the last key.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::keys::{WITHOUT_EFFECT, sections};
use super::{FILE, Origin, Settings, SettingsError};
use crate::model::endpoint::nearest;

/// Any value of a file, scalars as text.
enum Node {
    Nothing,
    Text(String),
    List,
    Map(Vec<(Spanned<String>, Node)>),
}

pub(super) fn apply(path: &Path, settings: &mut Settings) -> Result<(), SettingsError> {
    let shown = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => {
            return Err(SettingsError {
                message: format!("cannot read {shown}: {cause}"),
                hint: Some("mend its permissions or its text, or move it away".into()),
            });
        }
    };
    let mend = |error: SettingsError| SettingsError {
        hint: Some(match error.hint {
            Some(hint) => format!("{hint}; the file is {shown}"),
            None => format!("the file is {shown}"),
        }),
        ..error
    };
    settings.notices.extend(narrow(path));
    read(&text, settings).map_err(mend)
}

/// Makes the file its owner's alone; a line when it was not. What cannot be mended is a finding of `doctor`.
fn narrow(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return None;
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).ok()?;
    Some(format!(
        "{} was open to other users (mode {mode:04o}); it now has mode 0600",
        path.display()
    ))
}

fn read(text: &str, settings: &mut Settings) -> Result<(), SettingsError> {
    // A file of comments alone is empty.
    let nodes = match serde_saphyr::from_str::<Option<Node>>(text).map_err(unreadable)? {
        None | Some(Node::Nothing) => return Ok(()),
        Some(Node::Map(nodes)) => nodes,
        Some(_) => return Err(wrong("sections of settings are needed".into())),
    };
    for (section, node) in nodes {
        let line = section.referenced.line();
        let name = section.value;
        if !sections().contains(&name.as_str()) {
            return Err(unknown_section(&name, line));
        }
        match node {
            Node::Nothing => {}
            Node::Map(pairs) => {
                for (key, value) in pairs {
                    let line = key.referenced.line();
                    assign(settings, &format!("{name}.{}", key.value), value, line)?;
                }
            }
            _ => {
                return Err(wrong(format!(
                    "{name} (line {line}) needs keys with values below it"
                )));
            }
        }
    }
    Ok(())
}

fn assign(settings: &mut Settings, key: &str, value: Node, line: u64) -> Result<(), SettingsError> {
    if WITHOUT_EFFECT.contains(&key) {
        let notice = format!("{key} ({FILE}, line {line}) has no effect here");
        settings.without_effect.push(notice);
        return Ok(());
    }
    let origin = Origin::File { line };
    match value {
        Node::Text(text) => settings.set(key, &text, origin),
        // Says first that the key is unknown, if it is.
        _ => settings
            .set(key, "", origin.clone())
            .and(Err(wrong(format!("{key} ({origin}) needs one value")))),
    }
}

fn unknown_section(name: &str, line: u64) -> SettingsError {
    let near = nearest(name, sections())
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    SettingsError {
        message: format!("{name} is no section of the settings ({FILE}, line {line}){near}"),
        hint: Some(format!("known: {}", sections().join(", "))),
    }
}

fn wrong(problem: String) -> SettingsError {
    SettingsError {
        message: format!("{FILE} is wrong: {problem}"),
        hint: None,
    }
}

fn unreadable(cause: serde_saphyr::Error) -> SettingsError {
    let line = cause
        .location()
        .map(|place| format!(", line {}", place.line()))
        .unwrap_or_default();
    let text = cause.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    SettingsError {
        message: format!("{FILE}{line} is no YAML that maestro reads: {first}"),
        hint: None,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        while list.next_element::<Node>()?.is_some() {}
        Ok(Node::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}
