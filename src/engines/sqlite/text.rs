//! Reads what the pragmas do not tell out of the stored CREATE statements: checks, generated columns,
//! collations, the conditions of partial indexes.
//!
//! Only texts that SQLite accepted come here, so a token that is not understood is skipped, never an error.

use crate::model::catalog::Check;

/// A word, name, literal or sign with its place in the text.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

/// The tokens of a statement, without comments.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = end_of(sql, start);
        let text = &sql[start..end];
        let blank =
            text.starts_with("--") || text.starts_with("/*") || bytes[start].is_ascii_whitespace();
        if !blank {
            tokens.push(Token { text, start });
        }
        start = end;
    }
    tokens
}

fn end_of(sql: &str, start: usize) -> usize {
    let rest = &sql[start..];
    let until = |needle: &str, from: usize| {
        rest[from..]
            .find(needle)
            .map_or(sql.len(), |at| start + from + at + needle.len())
    };
    match rest.as_bytes()[0] {
        b'-' if rest.starts_with("--") => until("\n", 0),
        b'/' if rest.starts_with("/*") => until("*/", 2),
        b'[' => until("]", 1),
        quote @ (b'\'' | b'"' | b'`') => quoted_end(rest.as_bytes(), quote) + start,
        byte if is_word(byte) => start + rest.bytes().take_while(|byte| is_word(*byte)).count(),
        _ => start + 1,
    }
}

fn quoted_end(bytes: &[u8], quote: u8) -> usize {
    let mut position = 1;
    while position < bytes.len() {
        if bytes[position] == quote {
            if bytes.get(position + 1) != Some(&quote) {
                return position + 1;
            }
            position += 1;
        }
        position += 1;
    }
    bytes.len()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// A name without its quotes.
pub fn unquoted(name: &str) -> String {
    let inner = |name: &str| name[1..name.len() - 1].to_string();
    match name.as_bytes() {
        [b'[', .., b']'] => inner(name),
        [b'"', .., b'"'] => inner(name).replace("\"\"", "\""),
        [b'`', .., b'`'] => inner(name).replace("``", "`"),
        [b'\'', .., b'\''] => inner(name).replace("''", "'"),
        _ => name.to_string(),
    }
}

/// The statements of a table's definition: the table, then its indexes.
pub fn statements(sql: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for token in tokens(sql) {
        if token.text == ";" {
            parts.push(sql[start..token.start].trim());
            start = token.end();
        }
    }
    parts.push(sql[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// What a CREATE TABLE says of one column.
#[derive(Debug, Default, PartialEq)]
pub struct ColumnText {
    pub name: String,
    pub generated: Option<String>,
    pub collation: Option<String>,
    pub autoincrement: bool,
}

/// What a CREATE TABLE says beyond the pragmas.
#[derive(Debug, Default, PartialEq)]
pub struct TableText {
    pub columns: Vec<ColumnText>,
    pub checks: Vec<Check>,
}

/// Reads a CREATE TABLE.
pub fn table(sql: &str) -> TableText {
    let mut found = TableText::default();
    for part in list(&tokens(sql)).0 {
        let Some(first) = part.first() else { continue };
        let constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let mut column = ColumnText {
            name: unquoted(first.text),
            ..ColumnText::default()
        };
        if constraint.iter().any(|word| first.is(word)) {
            clauses(sql, &part, &mut column, &mut found.checks);
        } else {
            clauses(sql, &part[1..], &mut column, &mut found.checks);
            found.columns.push(column);
        }
    }
    found
}

fn clauses(sql: &str, part: &[Token<'_>], column: &mut ColumnText, checks: &mut Vec<Check>) {
    let mut name = String::new();
    let mut position = 0;
    while position < part.len() {
        let token = part[position];
        let next = part.get(position + 1);
        let close = next
            .filter(|next| next.text == "(")
            .map(|_| closing(part, position + 1));
        let inner = close.map(|close| sql[part[position + 1].end()..part[close].start].trim());
        match (inner, next) {
            (Some(expression), _) if token.is("CHECK") => checks.push(Check {
                name: std::mem::take(&mut name),
                expression: expression.to_string(),
            }),
            (Some(expression), _) if token.is("AS") => {
                column.generated = Some(expression.to_string());
            }
            (None, Some(next)) if token.is("COLLATE") => {
                column.collation = Some(unquoted(next.text));
            }
            (None, Some(next)) if token.is("CONSTRAINT") => name = unquoted(next.text),
            _ => {}
        }
        column.autoincrement |= token.is("AUTOINCREMENT");
        position = close.unwrap_or(position) + 1;
    }
}

/// What a CREATE INDEX says beyond the pragmas.
#[derive(Debug, Default, PartialEq)]
pub struct IndexText {
    /// The text of each part, without order and collation.
    pub parts: Vec<String>,
    /// The condition of a partial index, from WHERE on.
    pub condition: String,
}

/// Reads a CREATE INDEX.
pub fn index(sql: &str) -> IndexText {
    let tokens = tokens(sql);
    let (parts, after) = list(&tokens);
    let text = |part: Vec<Token<'_>>| {
        let mut end = part.len();
        while end > 1 && (part[end - 1].is("ASC") || part[end - 1].is("DESC")) {
            end -= 1;
        }
        if end > 2 && part[end - 2].is("COLLATE") {
            end -= 2;
        }
        sql[part[0].start..part[end - 1].end()].to_string()
    };
    let condition = tokens.get(after).filter(|token| token.is("WHERE"));
    IndexText {
        parts: parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(text)
            .collect(),
        condition: condition
            .map(|token| sql[token.start..].trim().to_string())
            .unwrap_or_default(),
    }
}

/// The comma-separated parts of the first parenthesis, and the position behind it.
fn list<'a>(tokens: &[Token<'a>]) -> (Vec<Vec<Token<'a>>>, usize) {
    let Some(open) = tokens.iter().position(|token| token.text == "(") else {
        return (Vec::new(), tokens.len());
    };
    let close = closing(tokens, open);
    let mut parts = vec![Vec::new()];
    let mut depth = 0usize;
    for token in &tokens[(open + 1).min(close)..close] {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(*token);
        }
    }
    (parts, close + 1)
}

/// The position of the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0usize;
    for (position, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return position,
            ")" => depth -= 1,
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_generated_columns_and_collations_are_read_from_the_statement() {
        let found = table(
            "CREATE TABLE \"a(b\" ( -- a comment, with a comma
               id INTEGER PRIMARY KEY AUTOINCREMENT,
               \"na,me\" TEXT COLLATE NOCASE CHECK (length(\"na,me\") > 0),
               twice INT GENERATED ALWAYS AS (id * (1 + 1)) STORED,
               CONSTRAINT positive CHECK (id > 0)) STRICT",
        );
        let names: Vec<_> = found
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["id", "na,me", "twice"]);
        assert!(found.columns[0].autoincrement);
        assert_eq!(found.columns[1].collation.as_deref(), Some("NOCASE"));
        assert_eq!(found.columns[2].generated.as_deref(), Some("id * (1 + 1)"));
        let checks: Vec<_> = found
            .checks
            .iter()
            .map(|check| (check.name.as_str(), check.expression.as_str()))
            .collect();
        assert_eq!(
            checks,
            [("", "length(\"na,me\") > 0"), ("positive", "id > 0")]
        );
    }

    #[test]
    fn an_index_keeps_its_expressions_and_its_condition() {
        let found = index("CREATE INDEX i ON t (lower(name) COLLATE NOCASE DESC, b) WHERE b > 0");
        assert_eq!(found.parts, ["lower(name)", "b"]);
        assert_eq!(found.condition, "WHERE b > 0");
    }

    #[test]
    fn a_semicolon_in_a_string_or_comment_ends_no_statement() {
        let parts = statements("CREATE TABLE t (a DEFAULT ';' /* ; */);\nCREATE INDEX i ON t (a)");
        assert_eq!(
            parts,
            [
                "CREATE TABLE t (a DEFAULT ';' /* ; */)",
                "CREATE INDEX i ON t (a)"
            ]
        );
    }
}
