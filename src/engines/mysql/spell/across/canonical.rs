//! Expressions and statements in one form, whoever printed them: MySQL puts every operation into parentheses and
//! names the character set of every text, MariaDB does neither.
//!
//! Operations are read by their precedence and written with all parentheses, so `a + b * c` and `(a + (b * c))` are
//! one and `(a + b) * c` is another. What is not understood stays as it is, and then only equals itself.

use std::cell::RefCell;
use std::collections::HashMap;

use super::collations;
use super::tokens::{self, Kind, Token};

/// One expression.
pub fn expression(tokens: &[Token]) -> String {
    Forms::default().expression(&without_widths(tokens))
}

/// What a generated column or a check says: MariaDB writes down where a text is converted for the sake of another,
/// MySQL does it without a word.
pub fn computed(tokens: &[Token]) -> String {
    let forms = Forms {
        is_computed: true,
        ..Forms::default()
    };
    forms.expression(&without_widths(tokens))
}

/// A whole statement: the expressions between its keywords.
pub fn statement(tokens: &[Token]) -> String {
    Forms::default().statement(&without_widths(tokens))
}

/// What has been read of one text.
#[derive(Default)]
struct Forms {
    is_computed: bool,
    /// The form of each parenthesis, by its place, and how many tokens it spans: joins stand in each other, and what is
    /// first taken for an operation and then for a statement would be read twice at every level.
    groups: RefCell<HashMap<*const Token, (String, usize)>>,
}

impl Forms {
    fn expression(&self, tokens: &[Token]) -> String {
        let mut reader = Reader {
            tokens,
            at: 0,
            forms: self,
        };
        match reader.operation(0) {
            Some(text) if reader.at == tokens.len() => text,
            _ => plain(tokens),
        }
    }

    fn statement(&self, tokens: &[Token]) -> String {
        const BETWEEN: &[&str] = &[
            "select",
            "distinct",
            "from",
            "where",
            "group",
            "by",
            "having",
            "order",
            "limit",
            "as",
            "on",
            "join",
            "left",
            "right",
            "inner",
            "cross",
            "straight_join",
            "union",
            "all",
            "with",
            "window",
            "asc",
            "desc",
            "set",
            "then",
            "else",
            "when",
            "if",
            "return",
            "values",
            "do",
            "begin",
            "end",
        ];
        let mut parts: Vec<String> = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at <= tokens.len() {
            let ends = tokens.get(at).is_none_or(|token| {
                let word = token.text.to_lowercase();
                token.is(",")
                    || token.is(";")
                    || token.kind == Kind::Word
                        && BETWEEN.contains(&word.as_str())
                        && !tokens
                            .get(at + 1)
                            .is_some_and(|next| next.is("(") && !next.spaced && word == "if")
            });
            if !ends {
                at += tokens::group(&tokens[at..]).max(1);
                continue;
            }
            if start < at {
                parts.push(self.expression(&tokens[start..at]));
            }
            if let Some(token) = tokens.get(at) {
                parts.push(token.text.to_lowercase());
            }
            at += 1;
            start = at;
        }
        parts.join(" ")
    }
}

/// A default: a literal is its content, whether it stands in quotes or not.
pub fn default(tokens: &[Token]) -> String {
    let signed = match tokens {
        [sign, number] if sign.is("-") && number.kind == Kind::Word => {
            Some(format!("-{}", number.text))
        }
        _ => None,
    };
    let text = signed.unwrap_or_else(|| expression(tokens));
    match text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
    {
        Some(content) => format!("={content}"),
        None if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => format!("={text}"),
        None => text,
    }
}

/// Integers without the width that only says how they are shown.
fn without_widths(tokens: &[Token]) -> Vec<Token> {
    const TYPES: &[&str] = &["tinyint", "smallint", "mediumint", "int", "bigint"];
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        kept.push(tokens[at].clone());
        let is_type = TYPES.iter().any(|name| tokens[at].is(name));
        at += 1;
        if is_type {
            at += tokens::group(&tokens[at..]);
        }
    }
    kept
}

/// Words that are no names unless they stand in quotes.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "default",
    "current_timestamp",
    "current_date",
    "current_time",
    "current_user",
];

fn plain(tokens: &[Token]) -> String {
    let words: Vec<String> = tokens.iter().map(word).collect();
    words.join(" ")
}

fn word(token: &Token) -> String {
    match token.kind {
        // Keywords come in one case; in names the case may count.
        Kind::Word => {
            let is_mixed =
                token.text.contains(char::is_lowercase) && token.text.contains(char::is_uppercase);
            match is_mixed {
                true => token.text.clone(),
                false => synonym(&collations::modern(&token.text.to_lowercase())),
            }
        }
        Kind::Name => {
            let name = tokens::unquoted(&token.text);
            let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && !VALUES.contains(&name.to_lowercase().as_str());
            if is_bare { name } else { token.text.clone() }
        }
        Kind::Text => format!("'{}'", content(&token.text)),
        Kind::Comment => token.text.clone(),
        Kind::Sign => token.text.clone(),
    }
}

fn synonym(word: &str) -> String {
    match word {
        "ucase" => "upper",
        "lcase" => "lower",
        "character_length" => "char_length",
        "substr" => "substring",
        "geometrycollection" => "geomcollection",
        other => other,
    }
    .to_string()
}

/// What stands between quotes, whichever way its quotes are written.
fn content(text: &str) -> String {
    let mark = text.chars().next().unwrap_or('\'');
    let inner = &text[1..text.len().saturating_sub(1).max(1)];
    let mut said = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => said.push('\n'),
                Some('r') => said.push('\r'),
                Some('t') => said.push('\t'),
                Some('0') => said.push('\0'),
                Some('Z') => said.push('\u{1a}'),
                Some(other) => said.push(other),
                None => said.push('\\'),
            },
            _ if c == mark && chars.peek() == Some(&mark) => {
                chars.next();
                said.push(mark);
            }
            _ => said.push(c),
        }
    }
    said
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    forms: &'a Forms,
}

impl Reader<'_> {
    fn peek(&self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        matches!(token.kind, Kind::Word | Kind::Sign).then(|| token.text.to_lowercase())
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is(word));
        self.at += usize::from(found);
        found
    }

    /// An operand and what is bound to it at least this strongly.
    fn operation(&mut self, least: u8) -> Option<String> {
        let mut left = self.operand()?;
        while let Some(word) = self.peek() {
            let start = self.at;
            let negated = word == "not";
            if negated {
                self.at += 1;
            }
            let Some(word) = self.peek() else {
                self.at = start;
                break;
            };
            let Some(strength) = strength(&word).filter(|strength| *strength >= least) else {
                self.at = start;
                break;
            };
            self.at += 1;
            let right = match word.as_str() {
                "is" => {
                    let not = if self.takes("not") { "not " } else { "" };
                    format!("{not}{}", self.operation(strength + 1)?)
                }
                "between" => {
                    let low = self.operation(strength + 1)?;
                    if !self.takes("and") {
                        return None;
                    }
                    format!("{low} and {}", self.operation(strength + 1)?)
                }
                _ => self.operation(strength + 1)?,
            };
            let sign = match word.as_str() {
                "!=" => "<>",
                "&&" => "and",
                "%" => "mod",
                other => other,
            };
            let not = if negated { "not " } else { "" };
            left = format!("({left} {not}{sign} {right})");
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token.kind {
            Kind::Name => {
                let mut name = word(&token);
                while self.takes(".") {
                    name = format!("{name}.{}", word(self.tokens.get(self.at)?));
                    self.at += 1;
                }
                Some(name)
            }
            Kind::Text => Some(word(&token)),
            Kind::Sign if token.is("(") => self.group(),
            Kind::Sign if ["-", "+", "~", "!"].iter().any(|sign| token.is(sign)) => {
                Some(format!("({} {})", token.text, self.operation(14)?))
            }
            Kind::Word => self.named(&token),
            _ => None,
        }
    }

    /// After an opening parenthesis: one operation, several, or a statement.
    fn group(&mut self) -> Option<String> {
        let start = self.at - 1;
        let place = &raw const self.tokens[start];
        let known = self.forms.groups.borrow().get(&place).cloned();
        if let Some((form, length)) = known {
            self.at = start + length;
            return Some(form);
        }
        let length = tokens::group(&self.tokens[start..]);
        if length == 0 {
            return None;
        }
        let form = self.items().unwrap_or_else(|| {
            let inside = &self.tokens[start + 1..start + length - 1];
            format!("({})", self.forms.statement(inside))
        });
        self.at = start + length;
        let found = (form.clone(), length);
        self.forms.groups.borrow_mut().insert(place, found);
        Some(form)
    }

    /// Operations to the end of the parenthesis; None when something else stands there.
    fn items(&mut self) -> Option<String> {
        let mut items = vec![self.operation(0)?];
        while self.takes(",") {
            items.push(self.operation(0)?);
        }
        self.takes(")").then(|| match &items[..] {
            [item] => item.clone(),
            _ => format!("({})", items.join(", ")),
        })
    }

    fn named(&mut self, token: &Token) -> Option<String> {
        let name = word(token);
        let next = self.tokens.get(self.at);
        // The character set of a text, or `b'1'`.
        if let Some(text) = next.filter(|next| next.kind == Kind::Text && !next.spaced) {
            let text = text.clone();
            self.at += 1;
            return Some(match name.as_str() {
                "_utf8mb4" | "_utf8mb3" => word(&text),
                // A text of plain letters has the same bytes in any of these.
                _ if name.starts_with('_') && name != "_binary" && text.text.is_ascii() => {
                    word(&text)
                }
                "x" => format!("0x{}", content(&text.text).to_lowercase()),
                _ => format!("{name}{}", word(&text)),
            });
        }
        match name.as_str() {
            "not" => return Some(format!("(not {})", self.operation(5)?)),
            "interval" => {
                let value = self.operation(11)?;
                let unit = self.tokens.get(self.at)?;
                self.at += 1;
                return Some(format!("interval {value} {}", unit.text.to_lowercase()));
            }
            "case" | "select" => return None,
            _ => {}
        }
        if !next.is_some_and(|next| next.is("(")) {
            return Some(name);
        }
        let length = tokens::group(&self.tokens[self.at..]);
        if length == 0 {
            return None;
        }
        let inside = &self.tokens[self.at + 1..self.at + length - 1];
        self.at += length;
        if self.forms.is_computed
            && name == "convert"
            && let [text @ .., using, charset] = inside
            && using.is("using")
            && UNICODE.iter().any(|known| charset.is(known))
        {
            return Some(self.forms.expression(text));
        }
        let arguments = tokens::split(inside).into_iter();
        let arguments: Vec<String> = arguments.map(|part| self.forms.statement(part)).collect();
        let name = if name == "now" {
            "current_timestamp".into()
        } else {
            name
        };
        let is_plain = arguments.is_empty() || arguments == ["0"];
        match name.as_str() {
            // `current_timestamp()` and `CURRENT_TIMESTAMP`.
            "current_timestamp" | "current_time" if is_plain => Some(name),
            "current_date" | "current_user" if arguments.is_empty() => Some(name),
            _ => Some(format!("{name}({})", arguments.join(", "))),
        }
    }
}

/// The character sets that hold every letter of any other.
const UNICODE: &[&str] = &["utf8mb4", "utf8mb3", "utf8", "utf16", "utf16le", "utf32"];

/// How strongly an operator binds; None for what is none.
fn strength(word: &str) -> Option<u8> {
    Some(match word {
        ":=" => 1,
        "or" | "||" => 2,
        "xor" => 3,
        "and" | "&&" => 4,
        "=" | "<=>" | ">=" | ">" | "<=" | "<" | "<>" | "!=" | "is" | "like" | "regexp"
        | "rlike" | "in" | "between" => 7,
        "|" => 8,
        "&" => 9,
        "<<" | ">>" => 10,
        "-" | "+" => 11,
        "*" | "/" | "div" | "%" | "mod" => 12,
        "^" => 13,
        "collate" => 16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        expression(&tokens::cut(left)) == expression(&tokens::cut(right))
    }

    #[test]
    fn parentheses_that_change_nothing_do_not_count_and_others_do() {
        assert!(same(
            "`a` < `b` or `b` is null",
            "((`a` < `b`) or (`b` is null))"
        ));
        assert!(same("`a` + `b` * 2", "(`a` + (`b` * 2))"));
        assert!(!same("(`a` + `b`) * 2", "`a` + `b` * 2"));
        assert!(same("`a` - `b` - `c`", "((`a` - `b`) - `c`)"));
        assert!(!same("`a` - (`b` - `c`)", "`a` - `b` - `c`"));
        assert!(same(
            "curdate() + interval 1 day",
            "(curdate() + interval 1 day)"
        ));
        assert!(same(
            "`a` not in (1,2) and `b` between 1 and 2",
            "((`a` not in (1,2)) and (`b` between 1 and 2))"
        ));
    }

    #[test]
    fn character_sets_of_texts_and_other_names_of_functions_do_not_count() {
        assert!(same(
            "concat(ucase(`s`),'it''s')",
            "concat(upper(`s`),_utf8mb4'it\\'s')"
        ));
        assert!(!same("concat('a')", "concat('A')"));
        assert!(same("concat('a')", "concat(_latin1'a')"));
        assert!(!same("concat('é')", "concat(_latin1'é')"));
    }

    #[test]
    fn d02_the_arguments_of_a_time_count_and_so_do_names_that_look_like_values() {
        assert!(same("now()", "current_timestamp") && same("NOW(0)", "current_timestamp()"));
        assert!(same("now(6)", "current_timestamp(6)"));
        assert!(!same("now(6)", "now()") && !same("now(6)", "now(3)"));
        assert!(!same("curtime(6)", "curtime()"));
        assert!(!same("`null`", "NULL") && !same("`1`", "1"));
        assert!(!same("`T`.`a`", "`t`.`a`"));
    }

    #[test]
    fn conversions_that_lose_nothing_do_not_count_in_generated_columns() {
        let same =
            |left: &str, right: &str| computed(&tokens::cut(left)) == computed(&tokens::cut(right));
        let mariadb = "concat(`email`,' ',convert(`name` using utf8mb4))";
        let mysql = "concat(`email`,_utf8mb4' ',`name`)";
        assert!(
            same(mariadb, mysql)
                && expression(&tokens::cut(mariadb)) != computed(&tokens::cut(mysql))
        );
        assert!(same(
            "convert(lower(`a`) using utf8mb3) = 'x'",
            "(lower(`a`) = 'x')"
        ));
        assert!(!same("convert(`name` using ascii)", "`name`"));
    }

    #[test]
    fn joins_are_read_in_one_go_however_many_there_are() {
        let joined = |mark: &str| {
            let mut from = "`t0`".to_string();
            for number in 1..=61 {
                let on = format!("`t{number}`.`a` = `t0`.`a`");
                from = match mark {
                    "" => format!("({from} left join `t{number}` on({on}))"),
                    _ => format!("({from} left join `t{number}` on(({on})))"),
                };
            }
            let text = format!("select `t0`.`a` AS `a` from {from}");
            statement(&tokens::cut(&text))
        };
        assert_eq!(joined(""), joined("("));
        let mut deep = "`a`".to_string();
        for _ in 0..61 {
            deep = format!("(1 + ({deep} member of (2)) case)");
        }
        assert!(!expression(&tokens::cut(&deep)).is_empty());
    }

    #[test]
    fn defaults_are_their_content() {
        let same =
            |left: &str, right: &str| default(&tokens::cut(left)) == default(&tokens::cut(right));
        assert!(same("5", "'5'") && same("-1", "'-1'") && same("'x'", "(_utf8mb4'x')"));
        assert!(same("current_timestamp()", "CURRENT_TIMESTAMP"));
        assert!(same("uuid()", "(uuid())") && same("(1 + 2)", "((1 + 2))"));
        assert!(!same("NULL", "'NULL'") && !same("'a'", "'A'"));
        assert!(!same("current_timestamp(6)", "CURRENT_TIMESTAMP"));
    }

    #[test]
    fn views_are_the_same_whoever_printed_them() {
        let mariadb = "select `t`.`n` AS `n`,count(0) AS `c` from (`t` join `u` on(`t`.`a` = `u`.`a`)) where `t`.`n` >= 0 and `t`.`a` <> 'x' group by `t`.`n`";
        let mysql = "select `t`.`n` AS `n`,count(0) AS `c` from (`t` join `u` on((`t`.`a` = `u`.`a`))) where ((`t`.`n` >= 0) and (`t`.`a` <> _utf8mb4'x')) group by `t`.`n`";
        let form = |text: &str| statement(&tokens::cut(text));
        assert_eq!(form(mariadb), form(mysql));
        assert_ne!(form(mariadb), form(&mysql.replace(">= 0", "> 0")));
    }
}
