//! SQL as a server prints it, cut into tokens: enough to read a definition and to write it anew.
//!
//! Version comments are opened: what stands in them are tokens as any other, since the reader of the tokens knows
//! what the target understands. Other comments stay whole. Text keeps its quotes; nothing is unescaped.

use std::fmt::Write as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, a number, a name without quotes.
    Word,
    /// A name between backticks.
    Name,
    /// Text between `'` or `"`.
    Text,
    /// An operator, a parenthesis, a comma.
    Sign,
    Comment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    /// Whether a blank stood before it.
    pub spaced: bool,
}

impl Token {
    /// Whether it is this keyword or sign.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text.eq_ignore_ascii_case(word)
    }
}

/// Cuts a text.
pub fn cut(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut open = 0;
    let mut spaced = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if first.is_whitespace() => {
                spaced = true;
                rest = &rest[first.len_utf8()..];
                continue;
            }
            '/' if opener(rest) > 0 => {
                open += 1;
                spaced = true;
                rest = &rest[opener(rest)..];
                continue;
            }
            '*' if open > 0 && rest.starts_with("*/") => {
                open -= 1;
                spaced = true;
                rest = &rest[2..];
                continue;
            }
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '-' if is_remark(rest) => rest.find('\n').unwrap_or(rest.len()),
            '`' | '\'' | '"' => quoted(rest),
            _ if is_word(first) => word(rest),
            _ => sign(rest),
        };
        let kind = match first {
            '`' => Kind::Name,
            '\'' | '"' => Kind::Text,
            '/' if length > 1 => Kind::Comment,
            '#' => Kind::Comment,
            '-' if is_remark(rest) => Kind::Comment,
            _ if is_word(first) => Kind::Word,
            _ => Kind::Sign,
        };
        tokens.push(Token {
            kind,
            text: rest[..length].to_string(),
            spaced,
        });
        spaced = false;
        rest = &rest[length..];
    }
    tokens
}

/// The tokens as text again.
pub fn join(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        let blank = if token.spaced && !text.is_empty() {
            " "
        } else {
            ""
        };
        let _ = write!(text, "{blank}{}", token.text);
    }
    text
}

/// How many tokens the parenthesis that `tokens` begin with spans, with both its ends; 0 when there is none.
pub fn group(tokens: &[Token]) -> usize {
    if !tokens.first().is_some_and(|token| token.is("(")) {
        return 0;
    }
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
        }
        if depth == 0 {
            return at + 1;
        }
    }
    0
}

/// The parts between commas that stand in no parentheses.
pub fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" if token.kind == Kind::Sign => depth += 1,
            ")" if token.kind == Kind::Sign => depth -= 1,
            "," if token.kind == Kind::Sign && depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

/// What a name between backticks says.
pub fn unquoted(name: &str) -> String {
    match name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'))
    {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_string(),
    }
}

/// The length of `/*!80023` or `/*M!100301`; 0 for anything else.
fn opener(text: &str) -> usize {
    let Some(rest) = text
        .strip_prefix("/*M!")
        .or_else(|| text.strip_prefix("/*!"))
    else {
        return 0;
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    text.len() - rest.len() + digits
}

/// Whether two dashes begin a comment: a blank, a control character or nothing follows them.
fn is_remark(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|rest| {
        let next = rest.chars().next();
        next.is_none_or(|c| c.is_ascii_whitespace() || c.is_ascii_control())
    })
}

fn quoted(text: &str) -> usize {
    let mark = text.as_bytes()[0];
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if mark != b'`' => at += 2,
            byte if byte == mark && bytes.get(at + 1) == Some(&mark) => at += 2,
            byte if byte == mark => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn is_word(first: char) -> bool {
    first.is_alphanumeric() || matches!(first, '_' | '$' | '@')
}

fn word(text: &str) -> usize {
    let number = text.starts_with(|first: char| first.is_ascii_digit());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let exponent = number && matches!(before, 'e' | 'E') && matches!(c, '-' | '+');
        if !(is_word(c) || exponent || number && c == '.') {
            return at;
        }
        before = c;
    }
    text.len()
}

fn sign(text: &str) -> usize {
    const LONG: &[&str] = &[
        "<=>", "->>", "<>", "!=", "<=", ">=", ":=", "||", "&&", "<<", ">>", "->",
    ];
    let long = LONG.iter().find(|sign| text.starts_with(**sign));
    long.map_or_else(
        || text.chars().next().map_or(1, char::len_utf8),
        |sign| sign.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_comments_are_opened_and_others_stay() {
        let tokens =
            cut("`g` point NOT NULL /*!80003 SRID 4326 */ /* a, b */ /*M!100301 COMPRESSED*/");
        let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "`g`",
                "point",
                "NOT",
                "NULL",
                "SRID",
                "4326",
                "/* a, b */",
                "COMPRESSED"
            ]
        );
    }

    #[test]
    fn text_is_never_read_as_anything_else() {
        let text = r#"`a ``b` enum('x,y','it''s (','\'') DEFAULT _utf8mb4'/*!1 */' + -1.5e-7"#;
        assert_eq!(join(&cut(text)), text);
        assert_eq!(unquoted("`a ``b`"), "a `b");
    }

    #[test]
    fn d02_arrows_are_signs_and_two_dashes_before_any_blank_a_comment() {
        let kinds = |text: &str| -> Vec<(Kind, String)> {
            let tokens = cut(text).into_iter();
            tokens.map(|token| (token.kind, token.text)).collect()
        };
        let signs = |text: &str| -> Vec<String> {
            let signs = kinds(text).into_iter();
            let signs = signs.filter(|(kind, _)| *kind == Kind::Sign);
            signs.map(|(_, text)| text).collect()
        };
        assert_eq!(signs("`a`->>'$.x' = `b`->'$.y'"), ["->>", "=", "->"]);
        assert_eq!(signs("1--2 - -3"), ["-", "-", "-", "-"]);
        for text in ["--\n", "--\tx\n", "-- x\n", "--"] {
            let expected = (Kind::Comment, text.trim_end_matches('\n').to_string());
            assert_eq!(kinds(text), [expected], "{text:?}");
        }
        assert_eq!(kinds("--\na").len(), 2);
    }

    #[test]
    fn parts_and_groups_honour_parentheses() {
        let tokens = cut("(a, (b, c)), d");
        assert_eq!(group(&tokens), 9);
        assert_eq!(group(&tokens[8..]), 0);
        assert_eq!(split(&tokens).len(), 2);
    }
}
