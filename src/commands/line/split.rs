//! Text into commands, and commands into words.
//!
//! As in a shell: `;` or a line end ends a command, `#` at the start of a word begins a comment, quotes
//! keep what is between them. Unlike in a shell a backslash is kept unless it stands before a character
//! that it protects, so `/^log_\d+$/` and `\G` need no quotes.

/// One command of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub words: Vec<String>,
    /// The line on which it begins, counted from 1.
    pub line: usize,
}

/// A quote that is never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quote {quote} that opens on line {line} is never closed")]
pub struct Unclosed {
    pub quote: char,
    pub line: usize,
}

/// A word that begins at a byte of the text: what completion needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// The finished words of the command that the text ends in.
    pub words: Vec<String>,
    /// The word at the end, without its quotes; empty after a space.
    pub word: String,
    /// Where that word begins, in bytes, its quote included.
    pub start: usize,
}

/// Splits a text into its commands; empty ones are left out.
///
/// # Errors
/// A quote that is never closed.
pub fn split(text: &str) -> Result<Vec<Statement>, Unclosed> {
    let mut splitter = Splitter::new();
    splitter.feed(text);
    match splitter.quote {
        Some((quote, line)) => Err(Unclosed { quote, line }),
        None => {
            splitter.end_statement();
            Ok(splitter.statements)
        }
    }
}

/// The command that a text ends in, for completion: an open quote counts as closed.
pub fn partial(text: &str) -> Partial {
    let mut splitter = Splitter::new();
    splitter.feed(text);
    Partial {
        start: splitter
            .word
            .as_ref()
            .map_or(text.len(), |_| splitter.start),
        words: splitter.statement.words,
        word: splitter.word.unwrap_or_default(),
    }
}

/// Words as a line that [`split`] reads back.
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// A word, quoted where it must be.
pub fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && !word.starts_with('#')
        && !word.contains(|c: char| c.is_whitespace() || "'\"`;\\".contains(c));
    match (plain, word.contains('\'')) {
        (true, _) => word.to_string(),
        (false, false) => format!("'{word}'"),
        (false, true) => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

struct Splitter {
    statements: Vec<Statement>,
    statement: Statement,
    word: Option<String>,
    /// Where the word begins, in bytes.
    start: usize,
    /// The open quote and the line of its opening.
    quote: Option<(char, usize)>,
    line: usize,
}

impl Splitter {
    fn new() -> Splitter {
        Splitter {
            statements: Vec::new(),
            statement: Statement::default(),
            word: None,
            start: 0,
            quote: None,
            line: 1,
        }
    }

    fn feed(&mut self, text: &str) {
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            let escaped = c == '\\' && next.is_some_and(|next| self.protects(next));
            match self.quote {
                _ if escaped => {
                    self.push(at, next.unwrap_or(c));
                    rest.next();
                }
                Some((quote, _)) if c == quote => self.close(c),
                Some(_) => self.push(at, c),
                None if matches!(c, '\'' | '"' | '`') => self.open(at, c),
                None if c == '#' && self.word.is_none() => {
                    while rest.next_if(|(_, c)| *c != '\n').is_some() {}
                }
                None if c == ';' || c == '\n' => self.end_statement(),
                None if c.is_whitespace() => self.end_word(),
                None => self.push(at, c),
            }
            self.line += usize::from(c == '\n');
        }
    }

    /// Whether a backslash before this character means the character itself.
    fn protects(&self, next: char) -> bool {
        match self.quote.map(|(quote, _)| quote) {
            None => next.is_whitespace() && next != '\n' || "'\"`;#\\".contains(next),
            Some('"') => matches!(next, '"' | '\\'),
            Some(_) => false,
        }
    }

    fn push(&mut self, at: usize, c: char) {
        if self.word.is_none() {
            self.start = at;
            if self.statement.words.is_empty() {
                self.statement.line = self.line;
            }
        }
        self.word.get_or_insert_default().push(c);
    }

    /// Backticks stay in the word: they belong to the grammar of names.
    fn open(&mut self, at: usize, c: char) {
        self.push(at, c);
        if c != '`' {
            self.word.as_mut().map(String::pop);
        }
        self.quote = Some((c, self.line));
    }

    fn close(&mut self, c: char) {
        if c == '`' {
            self.word.get_or_insert_default().push(c);
        }
        self.quote = None;
    }

    fn end_word(&mut self) {
        self.statement.words.extend(self.word.take());
    }

    fn end_statement(&mut self) {
        self.end_word();
        let statement = std::mem::take(&mut self.statement);
        if !statement.words.is_empty() {
            self.statements.push(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let statements = split(text).unwrap();
        statements
            .into_iter()
            .map(|statement| statement.words)
            .collect()
    }

    #[test]
    fn a_semicolon_outside_quotes_ends_a_command() {
        assert_eq!(
            words("query 'SELECT 1; SELECT 2' ; history;"),
            [vec!["query", "SELECT 1; SELECT 2"], vec!["history"]]
        );
    }

    #[test]
    fn a_comment_begins_at_a_word_and_ends_with_the_line() {
        assert_eq!(words("# don't\nselect a#b # all"), [vec!["select", "a#b"]]);
    }

    #[test]
    fn backslashes_stay_where_they_protect_nothing() {
        assert_eq!(
            words(r"select /^log_\d+$/"),
            [vec!["select", r"/^log_\d+$/"]]
        );
        assert_eq!(
            words(r#"a\ b \' "x\"y" 'c\d'"#),
            [vec!["a b", "'", "x\"y", r"c\d"]]
        );
    }

    #[test]
    fn backticks_quote_and_stay() {
        assert_eq!(
            words("peek prod/`a b;c`.t"),
            [vec!["peek", "prod/`a b;c`.t"]]
        );
    }

    #[test]
    fn an_empty_word_is_a_word() {
        assert_eq!(words("add '' x"), [vec!["add", "", "x"]]);
    }

    #[test]
    fn an_unclosed_quote_names_its_line() {
        let unclosed = Unclosed {
            quote: '\'',
            line: 2,
        };
        assert_eq!(split("help\nquery 'SELECT"), Err(unclosed));
    }

    #[test]
    fn statements_know_their_line() {
        let lines = |text| {
            split(text)
                .unwrap()
                .iter()
                .map(|s| s.line)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines("a\n\n# x\nb; c\n'd\ne' f\ng"), [1, 4, 4, 5, 7]);
    }

    #[test]
    fn joined_words_are_read_back() {
        for word in [
            "plain",
            "",
            "a b",
            "it's",
            "a;b",
            "#x",
            "\\d",
            "say \"it's\"",
            "`a b`",
        ] {
            assert_eq!(words(&join(["x", word])), [vec!["x", word]], "{word}");
        }
    }

    #[test]
    fn the_word_under_the_cursor_knows_where_it_begins() {
        let partial = partial("source prod; sync 'a");
        assert_eq!(partial.words, ["sync"]);
        assert_eq!((partial.word.as_str(), partial.start), ("a", 18));
    }
}
