//! Expressions and statements in one form, whoever printed them: MySQL puts every operation into parentheses and
//! names the character set of every text, MariaDB does neither.
//!
//! Operations are read by their precedence and written with all parentheses, so `a + b * c` and `(a + (b * c))` are
//! one and `(a + b) * c` is another. What is not understood stays as it is, and then only equals itself.

use super::collations;
use super::tokens::{self, Kind, Token};

/// One expression.
pub fn expression(tokens: &[Token]) -> String {
    let tokens = &without_widths(tokens);
    let mut reader = Reader { tokens, at: 0 };
    match reader.operation(0) {
        Some(text) if reader.at == tokens.len() => text,
        _ => plain(tokens),
    }
}

/// A whole statement: the expressions between its keywords.
pub fn statement(tokens: &[Token]) -> String {
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
            parts.push(expression(&tokens[start..at]));
        }
        if let Some(token) = tokens.get(at) {
            parts.push(token.text.to_lowercase());
        }
        at += 1;
        start = at;
    }
    parts.join(" ")
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
            let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if is_bare { name } else { token.text.clone() }
        }
        Kind::Text => format!("'{}'", content(&token.text)),
        Kind::Comment => String::new(),
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
        let mut items = Vec::new();
        while let Some(item) = self.operation(0) {
            items.push(item);
            if self.takes(",") {
                continue;
            }
            if self.takes(")") {
                return Some(match &items[..] {
                    [item] => item.clone(),
                    _ => format!("({})", items.join(", ")),
                });
            }
            break;
        }
        let length = tokens::group(&self.tokens[start..]);
        if length == 0 {
            return None;
        }
        self.at = start + length;
        Some(format!(
            "({})",
            statement(&self.tokens[start + 1..start + length - 1])
        ))
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
        let arguments: Vec<String> = tokens::split(inside).into_iter().map(statement).collect();
        match (name.as_str(), arguments.is_empty()) {
            // `current_timestamp()` and `CURRENT_TIMESTAMP`.
            ("current_timestamp" | "current_date" | "current_time" | "current_user", true) => {
                Some(name)
            }
            ("now", _) => Some("current_timestamp".to_string()),
            _ => Some(format!("{name}({})", arguments.join(", "))),
        }
    }
}

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
        assert!(!same("concat('a')", "concat(_latin1'a')"));
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
    fn programs_are_the_same_whoever_printed_their_heads() {
        let form = |text: &str| statement(&tokens::cut(text));
        assert_eq!(
            form(
                "CREATE DEFINER=`a`@`%` TRIGGER noting BEFORE INSERT ON parents FOR EACH ROW SET NEW.c = LOWER(NEW.c)"
            ),
            form(
                "CREATE DEFINER=`a`@`%` TRIGGER `noting` BEFORE INSERT ON `parents` FOR EACH ROW SET NEW.c = LOWER(NEW.c)"
            )
        );
        assert_eq!(
            form("CREATE FUNCTION `f`(n INT) RETURNS int(11) RETURN n * 2"),
            form("CREATE FUNCTION `f`(n INT) RETURNS int RETURN n * 2")
        );
        assert_ne!(form("select * from `Users`"), form("select * from `users`"));
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
