//! `connections label`: here, and beside the data on the server, where every laptop finds it.
//!
//! What keeps a label from being written there is only a notice. A server that is labelled production is
//! given a milder label only at a terminal, by its typed name.

use serde_json::json;

use super::{Said, names};
use crate::commands::context::Place;
use crate::commands::{Context, Result, places};
use crate::engines::Server;
use crate::model::label::Label;

/// How far a label may go that is said for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It was said of the server itself.
    Said,
    /// It came along with a new or changed connection: it never makes the server's milder.
    Along,
}

pub(super) async fn label(cx: &mut Context<'_>, word: &str, label: Label) -> Result<Said> {
    let name = names::find(cx, word)?.name;
    cx.store.relabel(&name, label)?;
    let guard = match label.is_guarded() {
        true => " Writing to it needs its name, typed.",
        false => "",
    };
    let notices = keep(cx, &name, label, Reach::Said).await;
    let first = format!("{name} is {label}.{guard}");
    let json = json!({ "name": name, "environment": label.name(), "notices": notices });
    let notes = notices.iter().map(|notice| format!("note: {notice}"));
    Ok(Said {
        lines: std::iter::once(first).chain(notes).collect(),
        json,
    })
}

/// Keeps a label on the connection's server; what is to be said about it.
pub(super) async fn keep(cx: &Context<'_>, name: &str, label: Label, reach: Reach) -> Vec<String> {
    let place = Place {
        connection: name.to_string(),
        ..Place::default()
    };
    let kept = match places::open(cx, &place).await {
        Ok(opened) => written(cx, opened.server.as_ref(), name, label, reach).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok(notice) => notice.into_iter().collect(),
        Err(error) => vec![format!(
            "the label is kept here only, for the server cannot take it: {error}"
        )],
    }
}

async fn written(
    cx: &Context<'_>,
    server: &dyn Server,
    name: &str,
    label: Label,
    reach: Reach,
) -> Result<Option<String>> {
    let there = match server.label().await? {
        Some(there) if there == label => return Ok(None),
        None if label == Label::Unknown => return Ok(None),
        there => there,
    };
    if let Some(there) = there {
        let is_milder = label != there && label.stricter(there) == there;
        let stays = match (is_milder, reach, there) {
            (false, ..) => false,
            (true, Reach::Along, _) => true,
            (true, Reach::Said, Label::Production) => {
                let question = format!(
                    "The server itself is labelled production. Type {name} to make it {label} for everybody:"
                );
                cx.ask.word(&question).as_deref() != Some(name)
            }
            (true, Reach::Said, _) => false,
        };
        if stays {
            return Ok(Some(format!(
                "the server itself stays labelled {there}, and the stricter label counts"
            )));
        }
    }
    server.set_label(label).await?;
    Ok(None)
}
