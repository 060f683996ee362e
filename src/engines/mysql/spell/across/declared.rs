//! Character sets without a collation in programs: each server has its own idea of what they mean.
//!
//! Where a function returns one, and where a parameter or a variable is declared with one that means something else on
//! the target, the collation is spelled out. Elsewhere a collation may not be allowed: that is only said.

use super::program::Head;
use super::{Across, collations};
use crate::engines::mysql::qualifiers;
use crate::engines::mysql::tokens::{Kind, Token, tokens};
use crate::model::catalog::{Object, ObjectKind};

/// What was spelled out, and what could not be.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// A character set, and the collation that it has become.
    pub named: Vec<(String, String)>,
    /// Character sets that mean something else on the target.
    pub left: Vec<String>,
}

/// Spells out the collations of a program.
pub fn spell(object: &mut Object, across: &Across) -> Found {
    let mut found = Found::default();
    if matches!(object.kind, ObjectKind::View | ObjectKind::Sequence) {
        return found;
    }
    let text = tokens(&object.definition, qualifiers::modes(object));
    let Some(head) = Head::read(&text, object.kind) else {
        return found;
    };
    let counts: Vec<usize> = (0..text.len())
        .filter(|at| text[*at].kind != Kind::Gap)
        .collect();
    let token = |at: usize| counts.get(at).map(|number| &text[*number]);
    let is = |at: usize, word: &str| token(at).is_some_and(|token| token.is_word(word));
    let mut changed = String::new();
    let mut written = 0;
    let mut depth = 0_i32;
    let mut declared = None;
    for at in 0..counts.len() {
        match text[counts[at]].text {
            "(" => depth += 1,
            ")" => depth -= 1,
            ";" => declared = None,
            _ if is(at, "DECLARE") => declared = Some(depth),
            _ => {}
        }
        let mut place = match (is(at, "CHARSET"), is(at, "CHARACTER") && is(at + 1, "SET")) {
            (true, _) => at + 1,
            (_, true) => at + 2,
            _ if is(at, "USING") => at + 1,
            _ => continue,
        };
        if token(place).is_some_and(|token| token.is_sign("=")) {
            place += 1;
        }
        let Some(charset) = token(place).map(charset) else {
            continue;
        };
        let follows = |words: &[&str]| words.iter().any(|word| is(place + 1, word));
        if !across.has_charset(&charset) || follows(&["COLLATE", "BINARY"]) {
            continue;
        }
        let (here, there) = (across.from.meant(&charset), across.to.meant(&charset));
        let Some(fitting) = across.fitting(&here) else {
            continue;
        };
        let number = counts[place];
        let is_parameter = (head.parameters.0..head.parameters.1).contains(&number);
        let is_returned = number < head.end && !is_parameter;
        let is_declared = match number < head.end {
            true => is_returned || depth == 1,
            false => declared == Some(depth),
        };
        if !is_returned && fitting == there {
            continue;
        }
        if !is_declared || is(at, "USING") {
            found.left.push(charset);
            continue;
        }
        for token in &text[written..=number] {
            changed += token.text;
        }
        written = number + 1;
        changed += &format!(" COLLATE {fitting}");
        if fitting != there {
            found.named.push((charset, fitting));
        }
    }
    for token in &text[written..] {
        changed += token.text;
    }
    object.definition = changed;
    found.left.sort();
    found.left.dedup();
    found
}

fn charset(token: &Token<'_>) -> String {
    let name = match token.kind {
        Kind::Word => token.text.to_string(),
        Kind::Name | Kind::Text => token.unquoted(),
        _ => String::new(),
    };
    collations::modern(&name.to_lowercase())
}
