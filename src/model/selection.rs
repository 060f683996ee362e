//! The selection grammar (`1-3,!2,log_*`): parsed here, resolved against a list.
//!
//! The result is the union of the positive terms less the union of the negated ones, so the order of terms
//! does not matter. With negated terms only, they are taken from the whole list. One bad term is an error,
//! and then nothing is selected: a mistyped exclusion must never widen what is written.

mod tokens;

use std::collections::BTreeSet;
use std::fmt;

use globset::Glob;
use regex::Regex;

use super::endpoint::nearest;
pub use tokens::{quoted, unquoted};

/// A parsed selection, not yet resolved. It prints as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    terms: Vec<Term>,
}

/// What a selection may refer to beside the list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent<'a> {
    /// The databases of the last sync: `@last`.
    pub last: &'a [String],
    /// Those of them that failed: `@failed`.
    pub failed: &'a [String],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    kind: Kind,
    /// The term as it was typed, without `!`: what errors name.
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    All,
    /// From one number to another, counted from 1; a missing end is open.
    Range(Option<u64>, Option<u64>),
    /// `=2024` or a name in backticks: exactly this name.
    Name(String),
    /// A name, or a glob where no name is spelled like that.
    Word(String),
    /// Between slashes; known to compile.
    Regex(String),
    Last,
    Failed,
}

impl Selection {
    /// Parses a selection; the error names the bad token.
    pub fn parse(text: &str) -> Result<Selection, String> {
        let terms = tokens::tokens(text)?
            .iter()
            .map(|token| Term::parse(token))
            .collect::<Result<_, _>>()?;
        Ok(Selection { terms })
    }

    /// The selection of exactly these names; parsing what it prints gives the same names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Selection {
        Selection {
            terms: names.into_iter().map(|name| Term::named(name)).collect(),
        }
    }

    /// Whether it is one plain name: a word that could as well be the name of something else.
    pub fn is_name(&self) -> bool {
        match self.terms.as_slice() {
            [term] => {
                !term.negated
                    && match &term.kind {
                        Kind::Word(word) => !is_glob(word),
                        kind => matches!(kind, Kind::Name(_)),
                    }
            }
            _ => false,
        }
    }

    /// The names of `list` that are selected, in the list's order, each once.
    ///
    /// # Errors
    /// Names the token that is out of range, reversed or unknown, and the valid range; then nothing is selected.
    pub fn resolve(&self, list: &[String], recent: Recent<'_>) -> Result<Vec<String>, String> {
        let mut chosen = BTreeSet::new();
        let mut removed = BTreeSet::new();
        for term in &self.terms {
            let found = term.positions(list, recent)?;
            match term.negated {
                true => removed.extend(found),
                false => chosen.extend(found),
            }
        }
        if self.terms.iter().all(|term| term.negated) {
            chosen.extend(0..list.len());
        }
        Ok(chosen
            .difference(&removed)
            .map(|position| list[*position].clone())
            .collect())
    }

    /// The same selection with its numbers replaced by the names that they stood for in a list shown earlier.
    ///
    /// # Errors
    /// As for [`Selection::resolve`].
    pub fn pin(&self, shown: &[String]) -> Result<Selection, String> {
        let mut terms = Vec::new();
        for term in &self.terms {
            match term.kind {
                Kind::Range(..) => terms.extend(term.positions(shown, Recent::default())?.map(
                    |position| Term {
                        negated: term.negated,
                        ..Term::named(&shown[position])
                    },
                )),
                _ => terms.push(term.clone()),
            }
        }
        Ok(Selection { terms })
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, term) in self.terms.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            let not = if term.negated { "!" } else { "" };
            write!(f, "{comma}{not}{}", term.text)?;
        }
        Ok(())
    }
}

impl Term {
    fn parse(token: &str) -> Result<Term, String> {
        let (negated, text) = match token.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, token),
        };
        if text.is_empty() {
            return Err("\"!\" stands alone: it needs a term to subtract".to_string());
        }
        Ok(Term {
            negated,
            kind: kind(text)?,
            text: text.to_string(),
        })
    }

    /// The term for exactly this name, plain where that is unambiguous.
    fn named(name: &str) -> Term {
        let is_plain = name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
            && matches!(kind(name), Ok(Kind::Word(_)));
        let (kind, text) = match is_plain {
            true => (Kind::Word(name.to_string()), name.to_string()),
            false => (Kind::Name(name.to_string()), quoted(name)),
        };
        Term {
            negated: false,
            kind,
            text,
        }
    }

    /// The positions in the list that this term means; never none.
    fn positions(
        &self,
        list: &[String],
        recent: Recent<'_>,
    ) -> Result<Box<dyn Iterator<Item = usize>>, String> {
        let all = 0..list.len();
        let found: Vec<usize> = match &self.kind {
            Kind::All => return Ok(Box::new(all)),
            Kind::Range(from, to) => {
                let (from, to) = self
                    .within(*from, *to, list.len())
                    .map_err(|cause| cause + &self.spelled_as_name(list))?;
                return Ok(Box::new(from - 1..to));
            }
            Kind::Name(name) => vec![self.exact(name, list)?],
            Kind::Word(word) => self.word(word, list)?,
            Kind::Regex(pattern) => {
                let regex = Regex::new(pattern).map_err(|cause| self.bad(&cause.to_string()))?;
                all.filter(|position| regex.is_match(&list[*position]))
                    .collect()
            }
            Kind::Last => self.remembered(recent.last, "no earlier sync", list)?,
            Kind::Failed => self.remembered(recent.failed, "no failed database", list)?,
        };
        if found.is_empty() {
            return Err(format!(
                "{} matches nothing in the list ({})",
                self.text,
                range(list)
            ));
        }
        Ok(Box::new(found.into_iter()))
    }

    /// A range with both ends, checked against the length of the list.
    fn within(
        &self,
        from: Option<u64>,
        to: Option<u64>,
        length: usize,
    ) -> Result<(usize, usize), String> {
        let text = &self.text;
        if length == 0 {
            return Err(format!("{text} is out of range: the list is empty"));
        }
        let last = length as u64;
        let (from, to) = (from.unwrap_or(1), to.unwrap_or(last));
        if [from, to].iter().any(|end| *end < 1 || *end > last) {
            return Err(format!("{text} is out of range 1-{last}"));
        }
        if from > to {
            return Err(format!(
                "{text} is reversed: write {to}-{from} (of 1-{last})"
            ));
        }
        Ok((from as usize, to as usize))
    }

    /// What to write for a name that reads as a number.
    fn spelled_as_name(&self, list: &[String]) -> String {
        match list.contains(&self.text) {
            true => format!("; the name is written ={}", self.text),
            false => String::new(),
        }
    }

    fn exact(&self, name: &str, list: &[String]) -> Result<usize, String> {
        list.iter()
            .position(|item| item == name)
            .ok_or_else(|| self.unknown(name, list))
    }

    /// The name that is spelled like this, else what the glob matches.
    fn word(&self, word: &str, list: &[String]) -> Result<Vec<usize>, String> {
        let exact = self.exact(word, list);
        match exact {
            Err(_) if is_glob(word) => {
                let glob = Glob::new(word)
                    .map_err(|cause| self.bad(&cause.kind().to_string()))?
                    .compile_matcher();
                Ok((0..list.len())
                    .filter(|position| glob.is_match(&list[*position]))
                    .collect())
            }
            exact => Ok(vec![exact?]),
        }
    }

    fn remembered(
        &self,
        names: &[String],
        none: &str,
        list: &[String],
    ) -> Result<Vec<usize>, String> {
        if names.is_empty() {
            return Err(format!("{}: there is {none}", self.text));
        }
        names
            .iter()
            .map(|name| {
                self.exact(name, list)
                    .map_err(|cause| format!("{}: {cause}", self.text))
            })
            .collect()
    }

    fn unknown(&self, name: &str, list: &[String]) -> String {
        let near = nearest(name, list.iter().map(String::as_str))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        format!("{name} is not in the list ({}){near}", range(list))
    }

    fn bad(&self, cause: &str) -> String {
        format!("{} is no pattern: {cause}", self.text)
    }
}

fn is_glob(word: &str) -> bool {
    word.contains(['*', '?', '[', '{'])
}

/// What kind of term a token without `!` is.
fn kind(text: &str) -> Result<Kind, String> {
    if let Some(name) = text.strip_prefix('=') {
        return match name {
            "" => Err("\"=\" stands alone: a name follows it, as in =2024".to_string()),
            _ => Ok(Kind::Name(name.to_string())),
        };
    }
    if let Some(name) = unquoted(text) {
        return Ok(Kind::Name(name));
    }
    if let Some(pattern) = text
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
    {
        return match Regex::new(pattern) {
            Ok(_) => Ok(Kind::Regex(pattern.to_string())),
            Err(_) => Err(format!("{text} is no regular expression")),
        };
    }
    if let Some(range) = numbers(text) {
        return Ok(range);
    }
    match text {
        "all" => Ok(Kind::All),
        "@last" => Ok(Kind::Last),
        "@failed" => Ok(Kind::Failed),
        "-" => Err("\"-\" is no range: write N-N, N- or -N".to_string()),
        _ if text.starts_with('@') => Err(format!("{text} is not known; @last and @failed are")),
        _ => Ok(Kind::Word(text.to_string())),
    }
}

/// `N`, `N-N`, `N-` or `-N`. A number beyond counting is out of every range.
fn numbers(text: &str) -> Option<Kind> {
    let number = |digits: &str| {
        digits
            .chars()
            .all(|c| c.is_ascii_digit())
            .then(|| digits.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from, to) {
        ("", "") => None,
        (from, "") => Some(Kind::Range(Some(number(from)?), None)),
        ("", to) => Some(Kind::Range(None, Some(number(to)?))),
        (from, to) => Some(Kind::Range(Some(number(from)?), Some(number(to)?))),
    }
}

/// The valid numbers of a list.
fn range(list: &[String]) -> String {
    match list.len() {
        0 => "it is empty".to_string(),
        length => format!("1-{length}"),
    }
}

#[cfg(test)]
mod tests;
