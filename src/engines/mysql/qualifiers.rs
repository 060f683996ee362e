//! Finds the databases that the text of a program names: `shop` in `shop.orders`, in any quoting.
//!
//! A name before a dot may be a database, a table, an alias or a variable. Where the text asks for a table or calls
//! something, and before two dots, it is a database; among values it is none. A package of the database's name is called
//! in the same words: what cannot be told is said, never guessed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::SYSTEM;
use super::dialect::quote;
use super::tokens::{Kind, Modes, Token, tokens};
use crate::model::catalog::Object;

/// How to read the names of one database's programs.
pub struct Reader<'a> {
    pub database: &'a str,
    /// The packages of the database: before a dot they are no databases.
    pub packages: &'a BTreeSet<String>,
    /// Whether the server takes `Shop` for `shop`.
    pub folds_case: bool,
}

/// The databases that one text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The tokens, by number, that name the program's own database.
    pub own: Vec<usize>,
    /// Whether a name before a dot may be its own database or a package of the same name.
    pub is_unsure: bool,
    /// Other databases, but for the server's own.
    pub others: BTreeSet<String>,
    /// Whether a string that may be run, or looked up, names the own database.
    pub in_strings: bool,
}

pub fn modes(object: &Object) -> Modes {
    let mode = object.session.iter().find(|(name, _)| name == "sql_mode");
    Modes::of(mode.map_or("", |(_, mode)| mode))
}

/// The text with its own database under another name.
pub fn renamed(text: &[Token<'_>], own: &[usize], to: &str) -> String {
    let token = |(number, token): (usize, &Token<'_>)| match own.contains(&number) {
        true if token.text.starts_with('"') => format!("\"{}\"", to.replace('"', "\"\"")),
        true => quote(to),
        false => token.text.to_string(),
    };
    text.iter().enumerate().map(token).collect()
}

/// A view that MariaDB cannot open, as for want of its definer, with its columns as those of an open one: without the
/// database that all of them name then. None for any other.
pub fn resolved(view: &Object, database: &str) -> Option<String> {
    let text = tokens(&view.definition, modes(view));
    let reader = Reader {
        database,
        packages: &BTreeSet::new(),
        folds_case: false,
    };
    let named = reader.read(view);
    let is_column = |at: &usize| {
        let dots = [at + 1, at + 3].map(|dot| text.get(dot));
        dots.iter()
            .all(|dot| dot.is_some_and(|dot| dot.is_sign(".")))
    };
    let is_closed = !named.own.is_empty() && named.others.is_empty();
    (is_closed && named.own.iter().all(is_column)).then(|| {
        let left = |number: &usize| {
            let before = number.checked_sub(1);
            !named.own.contains(number) && !before.is_some_and(|at| named.own.contains(&at))
        };
        let kept = (0..text.len()).filter(left);
        kept.map(|number| text[number].text).collect()
    })
}

/// What a place in a text asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expects {
    /// Expressions: before a dot stands a table, an alias, a variable.
    #[default]
    Values,
    /// One table, routine or the like.
    One,
    /// Tables, with their aliases.
    Tables,
    /// A database.
    Database,
}

/// What is known between two parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    expects: Expects,
    /// After FROM, a comma brings another table.
    has_tables: bool,
    /// After SELECT or DELETE, FROM brings tables; in `TRIM(a FROM b)` it does not.
    is_query: bool,
    /// Between SELECT and FROM, STRAIGHT_JOIN is an option.
    is_list: bool,
}

impl Reader<'_> {
    pub fn read(&self, object: &Object) -> Named {
        let text = tokens(&object.definition, modes(object));
        let mut course = Course {
            reader: self,
            text: text
                .iter()
                .enumerate()
                .filter(|(_, token)| token.kind != Kind::Gap)
                .collect(),
            levels: vec![Level::default()],
            named: Named::default(),
        };
        course.read();
        let mut named = course.named;
        named.own.sort_unstable();
        named.in_strings = self.in_strings(&text);
        named
    }

    fn is_own(&self, name: &str) -> bool {
        match self.folds_case {
            true => name.to_lowercase() == self.database.to_lowercase(),
            false => name == self.database,
        }
    }

    /// Strings matter where they are run as statements, or compared with what the server says of databases.
    fn in_strings(&self, text: &[Token<'_>]) -> bool {
        let is_run = text.iter().any(|token| {
            ["PREPARE", "IMMEDIATE", "information_schema"]
                .iter()
                .any(|word| {
                    token
                        .name()
                        .is_some_and(|name| name.eq_ignore_ascii_case(word))
                })
        });
        let names = |token: &Token<'_>| {
            let inner = token.unquoted();
            let found = inner.match_indices(self.database);
            let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            found.into_iter().any(|(at, name)| {
                is_edge(inner[..at].chars().next_back())
                    && is_edge(inner[at + name.len()..].chars().next())
            })
        };
        let mut strings = text.iter().filter(|token| token.kind == Kind::Text);
        is_run && strings.any(names)
    }
}

struct Course<'a> {
    reader: &'a Reader<'a>,
    /// Without gaps, each with its number in the whole text.
    text: Vec<(usize, &'a Token<'a>)>,
    levels: Vec<Level>,
    named: Named,
}

impl<'a> Course<'a> {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            at += match self.text[at].1.kind {
                Kind::Word | Kind::Name => self.names(at),
                _ => {
                    self.sign(at);
                    1
                }
            };
        }
    }

    fn token(&self, at: usize) -> Option<&'a Token<'a>> {
        self.text.get(at).map(|(_, token)| *token)
    }

    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost stays")
    }

    fn is_before(&self, at: usize, words: &[&str]) -> bool {
        at.checked_sub(1)
            .and_then(|before| self.token(before))
            .is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    fn is_after(&self, at: usize, sign: &str) -> bool {
        self.token(at).is_some_and(|token| token.is_sign(sign))
    }

    fn sign(&mut self, at: usize) {
        self.level().had_one();
        let sign = self.text[at].1.text;
        match sign {
            "(" => {
                let opened = *self.level();
                let goes_on = self.is_before(at, &["FROM", "JOIN", "STRAIGHT_JOIN", "UPDATE"])
                    || at > 0 && (self.is_after(at - 1, ",") || self.is_after(at - 1, "("));
                let is_sequence = self.is_before(at, &["NEXTVAL", "LASTVAL", "SETVAL"]);
                self.levels.push(match opened.expects {
                    _ if is_sequence => Level {
                        expects: Expects::One,
                        ..Level::default()
                    },
                    Expects::Tables if goes_on => Level {
                        expects: Expects::Tables,
                        has_tables: true,
                        ..Level::default()
                    },
                    _ => Level::default(),
                });
            }
            ")" if self.levels.len() > 1 => {
                self.levels.pop();
            }
            "," if self.level().has_tables => self.level().expects = Expects::Tables,
            ";" => *self.level() = Level::default(),
            _ => {}
        }
    }

    /// Names with dots between them, or a keyword; how many tokens they are.
    fn names(&mut self, at: usize) -> usize {
        let mut length = 1;
        while self.is_after(at + length, ".") {
            let follows = self.token(at + length + 1);
            if !follows.is_some_and(|token| token.name().is_some() || token.is_sign("*")) {
                break;
            }
            length += 2;
        }
        let parts = length.div_ceil(2);
        if at > 0 && self.is_after(at - 1, ".") {
            return length;
        }
        if parts == 1 && self.text[at].1.kind == Kind::Word && self.keyword(at) {
            return length;
        }
        let expects = self.level().expects;
        match parts {
            1 if expects == Expects::Database && self.reader.is_own(&self.said(at)) => {
                self.named.own.push(self.text[at].0);
            }
            1 => {}
            _ => self.qualified(at, parts, expects),
        }
        self.level().had_one();
        length
    }

    fn said(&self, at: usize) -> Cow<'a, str> {
        self.text[at].1.name().unwrap_or_default()
    }

    fn qualified(&mut self, at: usize, parts: usize, expects: Expects) {
        let first = self.said(at);
        let follows = |sign: &str| parts == 2 && self.is_after(at + 3, sign);
        // In Oracle mode, a name alone calls what has it.
        let is_statement = (at == 0
            || self.is_after(at - 1, ";")
            || self.is_before(at, &["BEGIN", "THEN", "ELSE", "LOOP"]))
            && follows(";");
        let calls = follows("(") && expects == Expects::Values
            || is_statement
            || parts == 2 && self.is_before(at, &["CALL"]);
        let is_package = |package: &String| package.eq_ignore_ascii_case(&first);
        let mut is_database = parts > 2 || calls || expects != Expects::Values;
        if calls && self.reader.packages.iter().any(is_package) {
            self.named.is_unsure |= self.reader.is_own(&first);
            return;
        }
        if parts == 2 {
            let is_row = follows("%") && self.is_word(at + 4, &["ROWTYPE"]);
            // DELETE names the tables that it empties with or without a star.
            let is_emptied = expects == Expects::Tables && self.is_after(at + 2, "*");
            is_database = (is_database || is_row) && !is_emptied;
        }
        if !is_database {
            return;
        }
        if self.reader.is_own(&first) {
            self.named.own.push(self.text[at].0);
        } else if !SYSTEM.iter().any(|name| name.eq_ignore_ascii_case(&first)) {
            self.named.others.insert(first.into_owned());
        }
    }

    /// Follows what a keyword says of the names after it. False for a word that is none.
    fn keyword(&mut self, at: usize) -> bool {
        let word = self.text[at].1.text.to_uppercase();
        let opens = self.is_after(at + 1, "(");
        let is_outermost = self.levels.len() == 1;
        let was_event = self.is_before(at, &["INSERT", "UPDATE", "DELETE"]);
        let is_update = !self.is_before(at, &["KEY", "FOR", "ON", "BEFORE", "AFTER", "OR"]);
        let inserts = [
            "INSERT",
            "REPLACE",
            "IGNORE",
            "LOW_PRIORITY",
            "HIGH_PRIORITY",
            "DELAYED",
        ];
        let into = self.is_before(at, &inserts);
        let of_sequence = self.is_before(at, &["VALUE"]);
        let shows = match word.as_str() {
            "FROM" | "IN" => self.shows(at),
            _ => None,
        };
        let asks = match word.as_str() {
            "ON" => was_event || self.has_said(at, &["GRANT", "REVOKE"]) || self.has_index(at),
            "TO" => self.has_said(at, &["RENAME"]),
            "LIKE" => self.is_model(at),
            // `ROW TYPE OF t`, where `TYPE OF t.c` has a column.
            "OF" => at > 1 && self.is_before(at, &["TYPE"]) && self.is_before(at - 1, &["ROW"]),
            "DATABASE" | "SCHEMA" => {
                !opens && self.is_before(at, &["CREATE", "DROP", "ALTER", "REPLACE"])
            }
            _ => false,
        };
        let locks = self.is_before(at, &["UPDATE", "SHARE"]);
        let of_time = self.is_word(at + 1, &["SYSTEM_TIME"]);
        let caches = match word.as_str() {
            "INDEX" => self.is_before(at, &["CACHE"]),
            "CACHE" => self.is_before(at, &["INTO"]),
            _ => false,
        };
        let is_target = !self.is_before(at, &["ON", "BEFORE", "AFTER", "OR"]);
        // These go on with a comma.
        let lists = [
            "DROP",
            "TEMPORARY",
            "RENAME",
            "ANALYZE",
            "OPTIMIZE",
            "REPAIR",
            "CHECK",
            "CHECKSUM",
            "FLUSH",
            "LOCAL",
            "NO_WRITE_TO_BINLOG",
        ];
        let lists = self.is_before(at, &lists);
        let level = self.level();
        match word.as_str() {
            "SELECT" => {
                *level = Level {
                    is_query: true,
                    is_list: true,
                    ..Level::default()
                };
            }
            "DELETE" if is_target => {
                *level = Level {
                    is_query: true,
                    ..Level::default()
                };
                level.tables();
            }
            "DATABASE" | "SCHEMA" if asks => level.expects = Expects::Database,
            "FROM" | "IN" if shows.is_some() => level.expects = shows.unwrap_or_default(),
            "ON" | "TO" | "LIKE" | "OF" if asks => level.expects = Expects::One,
            "OF" if locks => level.tables(),
            "INDEX" | "CACHE" if caches => level.tables(),
            "FROM" if level.is_query || is_outermost => level.tables(),
            "USING" if level.has_tables && !opens => level.tables(),
            "JOIN" => level.tables(),
            "STRAIGHT_JOIN" if !level.is_list => level.tables(),
            "UPDATE" if is_update => level.tables(),
            "INTO" => {
                *level = Level::expecting(if into { Expects::One } else { Expects::Values }, *level)
            }
            "INSERT" | "REPLACE" if !opens => level.expects = Expects::One,
            "FOR" if of_sequence => level.expects = Expects::One,
            "FOR" if of_time => level.expects = Expects::Values,
            "EXISTS" if level.expects == Expects::Database => {}
            "CALL" | "TRUNCATE" | "TABLE" | "TABLES" | "TRIGGER" | "PROCEDURE" | "FUNCTION"
            | "EVENT" | "VIEW" | "EXISTS" | "PACKAGE" | "BODY" | "SEQUENCE" | "REFERENCES"
            | "RENAME" | "DESCRIBE" | "DESC" | "EXPLAIN" => {
                level.expects = Expects::One;
                level.has_tables |= lists;
            }
            "ON" => level.expects = Expects::Values,
            "WHERE" | "GROUP" | "HAVING" | "ORDER" | "LIMIT" | "SET" | "UNION" | "EXCEPT"
            | "INTERSECT" | "WINDOW" | "VALUES" | "FOR" | "LOCK" | "BEGIN" | "RETURN"
            | "RETURNS" | "DECLARE" => {
                *level = Level::expecting(Expects::Values, *level);
            }
            "AS" | "LATERAL" | "LEFT" | "RIGHT" | "INNER" | "CROSS" | "NATURAL" | "OUTER"
            | "STRAIGHT" | "LOW_PRIORITY" | "HIGH_PRIORITY" | "DELAYED" | "IGNORE" | "QUICK"
            | "IF" | "NOT" | "OR" => {}
            _ => return false,
        }
        true
    }
}

impl Level {
    /// After the one name that was asked for.
    fn had_one(&mut self) {
        if matches!(self.expects, Expects::One | Expects::Database) {
            self.expects = Expects::Values;
        }
    }

    fn tables(&mut self) {
        self.expects = Expects::Tables;
        self.has_tables = true;
        self.is_list = false;
    }

    /// After the tables of a statement.
    fn expecting(expects: Expects, before: Level) -> Level {
        Level {
            expects,
            is_query: before.is_query,
            ..Level::default()
        }
    }
}

mod statement;
#[cfg(test)]
mod tests;
