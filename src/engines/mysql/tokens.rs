//! Cuts the text of a program into tokens: strings, quoted names, comments and words are told apart under the
//! `sql_mode` that the program was made with.
//!
//! The one rule: the tokens, put together again, are the text. Nothing is understood beyond that.

use std::borrow::Cow;

/// What of a `sql_mode` decides where a token ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// `"a"` is a name, no string.
    pub ansi_quotes: bool,
    /// A backslash in a string stands for itself.
    pub no_backslash_escapes: bool,
}

impl Modes {
    pub fn of(sql_mode: &str) -> Modes {
        let has = |name: &str| sql_mode.split(',').any(|mode| mode == name);
        Modes {
            ansi_quotes: has("ANSI_QUOTES"),
            no_backslash_escapes: has("NO_BACKSLASH_ESCAPES"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters and digits without quotes: a keyword, a name, a number.
    Word,
    /// A name in quotes.
    Name,
    /// A string in quotes.
    Text,
    /// `@a`, `@@b.c`, or the host of an account with its `@`.
    Variable,
    /// Spaces, comments, and what opens and closes a version comment.
    Gap,
    /// One sign.
    Sign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
}

impl<'a> Token<'a> {
    /// The name that it may be: of a word as it stands, of a quoted name without its quotes.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::Word => Some(Cow::Borrowed(self.text)),
            Kind::Name => Some(Cow::Owned(self.unquoted())),
            _ => None,
        }
    }

    /// What stands between the quotes, where the quote itself is doubled; without quotes, the text as it is.
    pub fn unquoted(&self) -> String {
        let Some(quote) = self.quote() else {
            return self.text.to_string();
        };
        let inner = &self.text[quote.len()..];
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        inner.replace(&quote.repeat(2), quote)
    }

    /// The quote that it stands in.
    pub fn quote(&self) -> Option<&'static str> {
        let mut quotes = ["`", "\"", "'"].into_iter();
        quotes.find(|quote| self.text.starts_with(quote))
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }
}

pub fn tokens(text: &str, modes: Modes) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = next(&text.as_bytes()[at..], modes);
        tokens.push(Token {
            kind,
            text: &text[at..at + length],
        });
        at += length;
    }
    tokens
}

/// The kind and length of the first token. Every length ends before or after an ASCII byte, or at the end.
fn next(text: &[u8], modes: Modes) -> (Kind, usize) {
    let second = text.get(1).copied();
    match text[0] {
        byte if byte.is_ascii_whitespace() => (Kind::Gap, run(text, |b| b.is_ascii_whitespace())),
        b'#' => (Kind::Gap, line(text)),
        b'-' if second == Some(b'-')
            && text
                .get(2)
                .is_none_or(|b| b.is_ascii_whitespace() || b.is_ascii_control()) =>
        {
            (Kind::Gap, line(text))
        }
        b'/' if second == Some(b'*') => (Kind::Gap, comment(text)),
        b'*' if second == Some(b'/') => (Kind::Gap, 2),
        b'`' => (Kind::Name, quoted(text, false)),
        b'"' if modes.ansi_quotes => (Kind::Name, quoted(text, false)),
        b'\'' | b'"' => (Kind::Text, quoted(text, !modes.no_backslash_escapes)),
        b'@' => (Kind::Variable, variable(text, modes)),
        byte if is_wordy(byte) => (Kind::Word, run(text, is_wordy)),
        _ => (Kind::Sign, 1),
    }
}

fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter()
        .position(|byte| !belongs(*byte))
        .unwrap_or(text.len())
}

fn line(text: &[u8]) -> usize {
    run(text, |byte| byte != b'\n')
}

/// A comment to its end; of a version comment, whose text counts, what opens it.
fn comment(text: &[u8]) -> usize {
    let opens = match text.get(2..) {
        Some([b'!', ..]) => 3,
        Some([b'M', b'!', ..]) => 4,
        _ => {
            let end = text[2..].windows(2).position(|pair| pair == b"*/");
            return end.map_or(text.len(), |end| end + 4);
        }
    };
    opens + run(&text[opens..], |byte| byte.is_ascii_digit())
}

/// A quoted piece with its quotes; what is not closed ends with the text.
fn quoted(text: &[u8], backslash: bool) -> usize {
    let quote = text[0];
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' if backslash => at += 2,
            byte if byte == quote && text.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
        // An escaped character may be longer than a byte.
        while at < text.len() && text[at] & 0xc0 == 0x80 {
            at += 1;
        }
    }
    text.len()
}

fn variable(text: &[u8], modes: Modes) -> usize {
    let signs = run(text, |byte| byte == b'@').min(2);
    let rest = &text[signs..];
    signs
        + match rest.first() {
            Some(b'`') => quoted(rest, false),
            Some(b'"' | b'\'') => quoted(rest, !modes.no_backslash_escapes && !modes.ansi_quotes),
            _ => run(rest, |byte| is_wordy(byte) || byte == b'.'),
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str, modes: &str) -> Vec<(Kind, String)> {
        tokens(text, Modes::of(modes))
            .into_iter()
            .filter(|token| token.kind != Kind::Gap)
            .map(|token| (token.kind, token.text.to_string()))
            .collect()
    }

    fn kinds(text: &str, modes: &str) -> Vec<Kind> {
        told(text, modes)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    }

    proptest! {
        #[test]
        fn d02_tokens_are_the_text(text in "[ -~\n\\\\'\"`/*!#é😀-]{0,60}", modes in "(ANSI_QUOTES)?,?(NO_BACKSLASH_ESCAPES)?") {
            let tokens = tokens(&text, Modes::of(&modes));
            prop_assert_eq!(tokens.iter().map(|token| token.text).collect::<String>(), text);
        }

        #[test]
        fn d02_a_quoted_name_is_read_back(name in "\\PC{1,64}") {
            let quoted = super::super::dialect::quote(&name);
            let tokens = tokens(&quoted, Modes::default());
            prop_assert_eq!(tokens.len(), 1);
            prop_assert_eq!(tokens[0].name().unwrap(), name);
        }
    }

    #[test]
    fn d02_the_mode_decides_what_double_quotes_and_backslashes_mean() {
        assert_eq!(kinds(r#""a""#, ""), [Kind::Text]);
        assert_eq!(kinds(r#""a""#, "PIPES_AS_CONCAT,ANSI_QUOTES"), [Kind::Name]);
        assert_eq!(kinds(r"'a\' b'", ""), [Kind::Text]);
        assert_eq!(
            told(r"'a\' b", "NO_BACKSLASH_ESCAPES"),
            [(Kind::Text, r"'a\'".into()), (Kind::Word, "b".into())]
        );
    }

    #[test]
    fn d02_comments_are_gaps_and_version_comments_are_text() {
        let words = |text| {
            let words: Vec<String> = told(text, "").into_iter().map(|(_, text)| text).collect();
            words.join(" ")
        };
        assert_eq!(words("a -- b ' \nc # d\ne /* f */ g"), "a c e g");
        assert_eq!(words("a /*!50001 b */ /*M!100100 c */ d"), "a b c d");
        assert_eq!(words("1--2"), "1 - - 2");
    }

    #[test]
    fn d03_an_account_is_a_name_and_its_host() {
        assert_eq!(
            told("`a`@`%` @b.c @@d.e", ""),
            [
                (Kind::Name, "`a`".into()),
                (Kind::Variable, "@`%`".into()),
                (Kind::Variable, "@b.c".into()),
                (Kind::Variable, "@@d.e".into()),
            ]
        );
    }
}
