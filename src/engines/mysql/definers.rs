//! Whose rights programs run with: the clause that says so, and what an account needs in order to make programs of
//! others, or such as the binary log must trust. Pure, from what SHOW GRANTS says.

use std::collections::BTreeSet;

use super::dialect::quote;
use super::tokens::{Kind, Modes, Token};
use crate::model::survey::{Finding, Survey};

/// An account or role as a statement names it.
pub fn spelled(definer: &str) -> String {
    match definer.rsplit_once('@') {
        Some((user, host)) => format!("{}@{}", quote(user), quote(host)),
        None => quote(definer),
    }
}

/// What the account may do everywhere.
pub fn held(lines: &[String]) -> BTreeSet<String> {
    let of_all = |line: &String| {
        let (privileges, place) = line.strip_prefix("GRANT ")?.split_once(" ON ")?;
        place.starts_with("*.* TO ").then(|| privileges.to_string())
    };
    let lists = lines.iter().filter_map(of_all);
    lists
        .flat_map(|list| {
            let names = list.split(',').map(|name| name.trim().to_string());
            names.collect::<Vec<_>>()
        })
        .collect()
}

fn holds(to: &Survey, any: &[&str]) -> bool {
    let held = &to.facts.held;
    held.contains("ALL PRIVILEGES") || any.iter().any(|one| held.contains(*one))
}

/// The privilege whose lack keeps the target's account from making programs of this definer.
pub fn missing(to: &Survey, definer: &str) -> Option<&'static str> {
    if definer == to.facts.account {
        return None;
    }
    if to.product.flavour == "MariaDB" {
        let may = holds(to, &["SUPER", "SET USER"]);
        let name = if version(to) < (10, 5, 2) {
            "SUPER"
        } else {
            "SET USER"
        };
        return (!may).then_some(name);
    }
    let is_among = |accounts: &Option<BTreeSet<String>>| {
        let accounts = accounts.as_ref();
        accounts.map(|accounts| accounts.contains(definer))
    };
    let (any, unknown) = match version(to) {
        version if version < (8, 0, 0) => ("SUPER", "SUPER"),
        version if version < (8, 2, 0) => ("SET_USER_ID", "SET_USER_ID"),
        _ => ("SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER"),
    };
    if !holds(to, &["SUPER", any]) {
        return Some(any);
    }
    if is_among(&to.facts.accounts) == Some(false) && !holds(to, &["SUPER", unknown]) {
        return Some(unknown);
    }
    let is_system = is_among(&to.facts.system_accounts) == Some(true);
    (is_system && version(to) >= (8, 0, 16) && !holds(to, &["SYSTEM_USER"]))
        .then_some("SYSTEM_USER")
}

/// How to be allowed to, or to do without.
pub fn unnameable(to: &Survey, definer: &str, privilege: &str) -> Finding {
    let own = spelled(&to.facts.account);
    let definer = spelled(definer);
    Finding {
        problem: format!("{own} may not make on the target what runs with the rights of {definer}"),
        mend: format!("GRANT {privilege} ON *.* TO {own}; or --definer current"),
    }
}

/// Whether the target's binary log keeps this account from making a function or trigger.
pub fn is_distrusted(to: &Survey, is_safe: bool) -> bool {
    to.facts.guards_functions && !(is_safe && holds(to, &["SUPER"]))
}

pub fn distrusted(to: &Survey) -> Finding {
    let own = spelled(&to.facts.account);
    Finding {
        problem: format!(
            "the target writes a binary log and does not let {own} make functions and triggers that it cannot trust"
        ),
        mend: "SET GLOBAL log_bin_trust_function_creators = 1; on the target".into(),
    }
}

/// Where a definition names its definer: the tokens after `DEFINER=`.
pub struct Clause {
    user: usize,
    has_host: bool,
}

pub fn clause(text: &[Token<'_>]) -> Option<Clause> {
    let at = text.iter().position(|token| token.is_word("DEFINER"))?;
    let user = at + 2;
    (text.get(at + 1)?.is_sign("=") && text.get(user)?.kind != Kind::Gap).then(|| Clause {
        user,
        has_host: text
            .get(user + 1)
            .is_some_and(|token| token.kind == Kind::Variable),
    })
}

impl Clause {
    /// The account, as the server stores it.
    pub fn account(&self, text: &[Token<'_>]) -> String {
        let user = text[self.user].unquoted();
        match self.has_host {
            true => {
                let host = Token {
                    kind: Kind::Name,
                    text: &text[self.user + 1].text[1..],
                };
                format!("{user}@{}", host.unquoted())
            }
            false => user,
        }
    }

    /// The text with another definer, in the quotes of the one before.
    pub fn replaced(&self, text: &[Token<'_>], account: &str) -> String {
        let mark = text[self.user].quote().unwrap_or("`");
        let quoted = |name: &str| in_quotes(name, mark);
        let after = self.user + 1 + usize::from(self.has_host);
        let part = |part: &[Token<'_>]| part.iter().map(|token| token.text).collect::<String>();
        let account = match account.rsplit_once('@') {
            Some((user, host)) => format!("{}@{}", quoted(user), quoted(host)),
            None => quoted(account),
        };
        part(&text[..self.user]) + &account + &part(&text[after..])
    }

    /// The text with its account in quotes, as servers show it elsewhere: MariaDB keeps that of a trigger as the maker's
    /// session would have shown it.
    pub fn in_quotes(&self, text: &[Token<'_>], modes: Modes) -> String {
        let mark = if modes.ansi_quotes { "\"" } else { "`" };
        let is_bare = |token: &Token<'_>| token.quote().is_none();
        let part = |(at, token): (usize, &Token<'_>)| match token.text.strip_prefix('@') {
            None if at == self.user && is_bare(token) => in_quotes(token.text, mark),
            Some(host) if at == self.user + 1 && self.has_host => {
                let text = Token {
                    kind: Kind::Name,
                    text: host,
                };
                match is_bare(&text) {
                    true => format!("@{}", in_quotes(host, mark)),
                    false => token.text.to_string(),
                }
            }
            _ => token.text.to_string(),
        };
        text.iter().enumerate().map(part).collect()
    }

    /// The text without the clause: it becomes the own of whoever makes it.
    pub fn left_out(&self, text: &[Token<'_>]) -> String {
        let after = self.user + 1 + usize::from(self.has_host);
        let part = |part: &[Token<'_>]| part.iter().map(|token| token.text).collect::<String>();
        part(&text[..self.user - 2]) + &part(&text[after..])
    }
}

fn in_quotes(name: &str, mark: &str) -> String {
    format!("{mark}{}{mark}", name.replace(mark, &mark.repeat(2)))
}

/// The numbers of a version.
pub fn version(survey: &Survey) -> (u32, u32, u32) {
    let mut parts = survey.product.version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    });
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}
