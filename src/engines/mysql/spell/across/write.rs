//! A definition as text again: version comments are gone, and what stands in it both products take in this order.

use super::definition::{CheckText, ColumnText, Definition, KeyText};
use super::tokens::{self, Token};

impl Definition {
    /// The statement that makes the table; `hidden` is how the target calls an index that no query uses.
    pub fn write(&self, hidden: &str) -> String {
        let pieces: Vec<String> = self
            .columns
            .iter()
            .map(ColumnText::write)
            .chain(self.keys.iter().map(|key| key.write(hidden)))
            .chain(self.others.iter().cloned())
            .chain(self.checks.iter().map(CheckText::write))
            .collect();
        let options: Vec<String> = self
            .options
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let partitions = self
            .partitions
            .as_ref()
            .map(|tokens| format!("\n {}", tokens::join(tokens)));
        format!(
            "CREATE TABLE {} (\n  {}\n) {}{}",
            self.name,
            pieces.join(",\n  "),
            options.join(" "),
            partitions.unwrap_or_default()
        )
    }
}

impl ColumnText {
    pub fn write(&self) -> String {
        let mut text = format!("{} {}", self.name, self.kind);
        let mut add = |word: &str, value: &str| {
            text.push(' ');
            text.push_str(word);
            text.push_str(value);
        };
        if let Some(charset) = &self.charset {
            add("CHARACTER SET ", charset);
        }
        if let Some(collation) = &self.collation {
            add("COLLATE ", collation);
        }
        if let Some((expression, stored)) = &self.generated {
            add(
                "GENERATED ALWAYS AS ",
                &format!("({})", tokens::join(expression)),
            );
            add(if *stored { "STORED" } else { "VIRTUAL" }, "");
        }
        match self.nullable {
            Some(true) => add("NULL", ""),
            Some(false) => add("NOT NULL", ""),
            None => {}
        }
        if self.is_invisible {
            add("INVISIBLE", "");
        }
        if let Some(default) = &self.default {
            add("DEFAULT ", &tokens::join(default));
        }
        if let Some(expression) = &self.on_update {
            add("ON UPDATE ", &tokens::join(expression));
        }
        if self.auto_increment {
            add("AUTO_INCREMENT", "");
        }
        if !self.rest.is_empty() {
            add(&tokens::join(&self.rest), "");
        }
        if let Some(comment) = &self.comment {
            add("COMMENT ", comment);
        }
        for check in &self.checks {
            add("CHECK ", &format!("({})", tokens::join(check)));
        }
        text
    }
}

impl KeyText {
    fn write(&self, hidden: &str) -> String {
        let parts: Vec<String> = self.parts.iter().map(|part| tokens::join(part)).collect();
        let mut text = self.kind.clone();
        for piece in [
            self.name.clone(),
            format!("({})", parts.join(",")),
            rest(&self.rest),
        ] {
            if !piece.is_empty() {
                text.push(' ');
                text.push_str(&piece);
            }
        }
        match self.is_hidden {
            true => format!("{text} {hidden}"),
            false => text,
        }
    }
}

impl CheckText {
    fn write(&self) -> String {
        let name = match self.name.is_empty() {
            true => String::new(),
            false => format!("CONSTRAINT {} ", self.name),
        };
        format!("{name}CHECK ({})", tokens::join(&self.expression))
    }
}

fn rest(tokens: &[Token]) -> String {
    tokens::join(tokens)
}
