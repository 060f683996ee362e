//! `[pair] [select]`: the words of a command that reads from one place and writes to, or compares with, another.
//!
//! Places come first, then the selection. What is left out comes from the session; one place alone is the
//! source. A digit is a connection's number only while the session lacks a source or a target; else it
//! selects. Once a source is one database there is nothing to select.

use super::read::{Known, is_number, outside_quotes, read, slash};
use crate::commands::context::{Place, Session};
use crate::commands::{Context, Error, Result};
use crate::model::endpoint::is_address;
use crate::model::selection::{Selection, unquoted};

/// The words that name two places and a selection: what `sync` and `compare` share.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct PairArgs {
    /// Source, target and selection, such as `prod/shop dev/shop` or `prod dev 1-3`; what is left out comes from
    /// the session
    #[arg(value_name = "PLACE|SELECT", allow_negative_numbers = true)]
    pub words: Vec<String>,
    /// The databases to take: numbers, names, globs, /regex/, all
    #[arg(long, value_name = "SELECT", allow_hyphen_values = true)]
    pub select: Option<String>,
    /// Give a database another name on the target; repeatable
    #[arg(long, value_name = "DB=NEW")]
    pub map: Vec<String>,
}

impl PairArgs {
    /// The pair that the words name.
    ///
    /// # Errors
    /// As for [`pair`].
    pub fn pair(&self, cx: &Context<'_>) -> Result<Pair> {
        pair(cx, &self.words, self.select.as_deref())
    }

    /// The new names: `--map a=b`.
    ///
    /// # Errors
    /// A usage error for a word that is no `a=b`, or a name that is mapped twice.
    pub fn maps(&self) -> Result<Vec<(String, String)>> {
        let mut maps: Vec<(String, String)> = Vec::new();
        for word in &self.map {
            let sign = outside_quotes(word).find(|(_, c)| *c == '=');
            let Some((from, to)) = sign
                .map(|(at, _)| (&word[..at], &word[at + 1..]))
                .filter(|(from, to)| !from.is_empty() && !to.is_empty())
            else {
                return Err(Error::usage(format!("--map {word} is not DB=NEW"))
                    .hint("as in --map shop=shop_copy; odd names go between backticks"));
            };
            let plain = |name: &str| unquoted(name).unwrap_or_else(|| name.to_string());
            let (from, to) = (plain(from), plain(to));
            if maps.iter().any(|(known, _)| *known == from) {
                return Err(Error::usage(format!("--map names {from} twice")));
            }
            maps.push((from, to));
        }
        Ok(maps)
    }
}

/// Source, target and selection of a command, from its words and the session.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    pub source: Place,
    pub target: Place,
    /// None when the source is one database.
    pub select: Option<Selection>,
}

/// Reads `[pair] [select]` (docs: shell grammar): what the words leave out comes from the session.
///
/// # Errors
/// A usage error when there is no source or target, when a pair of connections comes without a selection, or a
/// lone `-` (half of an arrow) is found.
pub fn pair(cx: &Context<'_>, words: &[String], select: Option<&str>) -> Result<Pair> {
    spoken(words, select, &Known::of(cx)?, cx.session)
}

fn spoken(
    words: &[String],
    select: Option<&str>,
    known: &Known,
    session: &Session,
) -> Result<Pair> {
    let words = whole_words(words);
    if words.iter().any(|word| word == "-") {
        return Err(Error::usage("\"-\" is half of an arrow").hint(
            "a shell reads \">\" as a redirection: write two words, as in sync prod/shop dev/shop",
        ));
    }
    let (places, rest) = match arrow(&words, known)? {
        Some(at) => arrow_places(&words, at, known)?,
        None => leading_places(&words, known, session)?,
    };
    let (source, target) = complete(places, rest, known, session)?;
    let select = match given(rest, select)? {
        Some(text) => Some(parsed(&text, &source, known)?),
        None if source.database.is_some() => None,
        None => Some(remembered(&source, &target, session)?),
    };
    Ok(Pair {
        source,
        target,
        select,
    })
}

/// The words with quoted names whole again (`my db` in backticks comes as two words) and arrows apart.
fn whole_words(words: &[String]) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in words {
        match whole.last_mut() {
            Some(last) if is_open => {
                last.push(' ');
                last.push_str(word);
            }
            _ => whole.push(word.clone()),
        }
        is_open ^= word.matches('`').count() % 2 == 1;
    }
    whole.iter().flat_map(|word| around_arrow(word)).collect()
}

/// `a->b` as three words.
fn around_arrow(word: &str) -> Vec<String> {
    let bare: Vec<(usize, char)> = outside_quotes(word).collect();
    let found = bare.iter().enumerate().find_map(|(n, (at, c))| match c {
        '→' => Some((*at, '→'.len_utf8())),
        '-' if bare.get(n + 1) == Some(&(at + 1, '>')) => Some((*at, 2)),
        _ => None,
    });
    let Some((at, length)) = found else {
        return vec![word.to_string()];
    };
    [&word[..at], "->", &word[at + length..]]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(str::to_string)
        .collect()
}

/// Where the arrow is; `to` is one where it stands between two words and the first is a place.
fn arrow(words: &[String], known: &Known) -> Result<Option<usize>> {
    let arrows: Vec<usize> = (0..words.len())
        .filter(|at| words[*at] == "->" || (*at == 1 && is_to(words, known)))
        .collect();
    match arrows.as_slice() {
        [] => Ok(None),
        [1] if words.len() > 2 => Ok(Some(1)),
        _ => Err(
            Error::usage("an arrow stands once, between source and target")
                .hint("as in sync prod/shop -> dev/shop"),
        ),
    }
}

fn is_to(words: &[String], known: &Known) -> bool {
    words.len() > 2 && words[1] == "to" && (is_number(&words[0]) || is_place(&words[0], known))
}

type Places<'w> = (Vec<Place>, &'w [String]);

fn arrow_places<'w>(words: &'w [String], at: usize, known: &Known) -> Result<Places<'w>> {
    let places = vec![read(&words[at - 1], known)?, read(&words[at + 1], known)?];
    Ok((places, &words[at + 2..]))
}

/// The places with which the words begin: two at most.
fn leading_places<'w>(words: &'w [String], known: &Known, session: &Session) -> Result<Places<'w>> {
    let numbers_select = session.source.is_some() && session.target.is_some();
    let count = words
        .iter()
        .take(2)
        .take_while(|word| is_place(word, known) || (is_number(word) && !numbers_select))
        .count();
    let places = words[..count]
        .iter()
        .map(|word| read(word, known))
        .collect::<Result<_>>()?;
    Ok((places, &words[count..]))
}

/// Whether a word names a place rather than selects: a saved connection, a URL, a path, or something in a connection.
pub fn is_place(word: &str, known: &Known) -> bool {
    if word.starts_with(['!', '@', '=']) || word == "all" || is_regex(word) {
        return false;
    }
    is_address(word)
        || slash(word).is_some()
        || known.has(&unquoted(word).unwrap_or_else(|| word.to_string()))
}

/// Whether a word begins with `/REGEX/` as a selection writes it; a folder is written without a slash at its end.
fn is_regex(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('/') else {
        return false;
    };
    let end = rest
        .match_indices('/')
        .find(|(at, _)| !rest[..*at].ends_with('\\'));
    end.is_some_and(|(at, _)| {
        at > 0 && (rest[at + 1..].is_empty() || rest[at + 1..].starts_with(','))
    })
}

/// Source and target, from the words, then from the session.
fn complete(
    places: Vec<Place>,
    rest: &[String],
    known: &Known,
    session: &Session,
) -> Result<(Place, Place)> {
    let mut places = places.into_iter();
    let source = places.next().or_else(|| session.source.clone());
    let target = places.next().or_else(|| session.target.clone());
    match (source, target) {
        (Some(source), Some(target)) => Ok((source, target)),
        (source, _) => Err(missing(source.as_ref(), rest, known)),
    }
}

/// The error for a missing place: a word that was left over is most likely a mistyped connection.
fn missing(source: Option<&Place>, rest: &[String], known: &Known) -> Error {
    let word = rest
        .first()
        .filter(|word| Selection::parse(word).is_ok_and(|select| select.is_name()));
    let (role, example) = match source {
        None => ("source", "sync prod/shop dev/shop".to_string()),
        Some(source) => ("target", format!("sync {source} dev")),
    };
    match word {
        Some(word) => known.unknown(word),
        None => Error::usage(format!("there is no {role}")).hint(format!(
            "name it, as in {example}, or choose it with {role} NAME"
        )),
    }
}

/// The selection as it was typed: the words that are left, or the option.
fn given(rest: &[String], option: Option<&str>) -> Result<Option<String>> {
    let words = Some(rest.join(" ")).filter(|words| !words.is_empty());
    match (words, option) {
        (Some(words), Some(_)) => Err(Error::usage(format!(
            "the selection is given twice: {words} and --select"
        ))),
        (words, option) => Ok(words.or(option.map(str::to_string))),
    }
}

/// A selection among the databases of the source.
fn parsed(text: &str, source: &Place, known: &Known) -> Result<Selection> {
    let select = Selection::parse(text).map_err(Error::usage)?;
    let Some(database) = &source.database else {
        return Ok(select);
    };
    Err(match select.is_name() {
        true => Error::usage(format!("{text} is no connection{}", known.near(text))),
        false => Error::usage(format!("{text} selects nothing")),
    }
    .hint(format!(
        "there is nothing to select: the source is one database already, {database}"
    )))
}

/// The session's selection, where the source is the session's.
fn remembered(source: &Place, target: &Place, session: &Session) -> Result<Selection> {
    let is_sessions = session
        .source
        .as_ref()
        .is_some_and(|place| place.connection == source.connection);
    session
        .selection
        .clone()
        .filter(|_| is_sessions)
        .ok_or_else(|| {
            Error::usage(format!(
                "which databases of {source}? nothing is selected for {target}"
            ))
            .hint(format!(
                "name one, as in {source}/shop, or --select 'shop,crm', or --select all"
            ))
        })
}

#[cfg(test)]
mod tests;
