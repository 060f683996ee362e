//! A definition as text again: version comments are gone, and what stands in it both products take in this order.

use super::definition::{CheckText, ColumnText, Definition, KeyText, Period};
use super::tokens;

impl Definition {
    /// The statement that makes the table; `hidden` is how the target calls an index that no query uses.
    pub fn write(&self, hidden: &str) -> String {
        let pieces: Vec<String> = self
            .columns
            .iter()
            .map(ColumnText::write)
            .chain(self.keys.iter().map(|key| key.write(hidden)))
            .chain(self.periods.iter().map(Period::write))
            .chain(self.others.iter().cloned())
            .chain(self.checks.iter().map(CheckText::write))
            .collect();
        let options: Vec<String> = self
            .options
            .iter()
            .map(|(name, value)| match name.as_str() {
                "TABLESPACE" => format!("{name} {value}"),
                _ => format!("{name}={value}"),
            })
            .chain(
                self.is_versioned
                    .then(|| "WITH SYSTEM VERSIONING".to_string()),
            )
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
        if self.compressed {
            add("COMPRESSED", "");
        }
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
        if let Some(time) = &self.row_time {
            add("GENERATED ALWAYS AS ROW ", time);
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
        if let Some(srid) = &self.srid {
            add("SRID ", srid);
        }
        match self.versioned {
            Some(true) => add("WITH SYSTEM VERSIONING", ""),
            Some(false) => add("WITHOUT SYSTEM VERSIONING", ""),
            None => {}
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
            tokens::join(&self.rest),
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
        let enforced = match self.is_enforced {
            true => "",
            false => " NOT ENFORCED",
        };
        format!("{name}CHECK ({}){enforced}", tokens::join(&self.expression))
    }
}

impl Period {
    fn write(&self) -> String {
        format!("PERIOD FOR {} ({})", self.name, self.columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::read;

    #[test]
    fn what_is_read_is_written_again_whole() {
        let text = "CREATE TABLE `t` (\n  `a` text COMPRESSED CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'x',\n  `b` int(11) DEFAULT 1 WITHOUT SYSTEM VERSIONING,\n  `s` timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE,\n  `g` point NOT NULL SRID 4326,\n  `v` int(11) GENERATED ALWAYS AS (`b` + 1) STORED,\n  PRIMARY KEY (`b`),\n  UNIQUE KEY `u` (`b`,`p` WITHOUT OVERLAPS) USING HASH COMMENT 'k' IGNORED,\n  PERIOD FOR `p` (`c`, `d`),\n  CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `o` (`i`) ON DELETE CASCADE,\n  CONSTRAINT `c` CHECK (`b` > 0) NOT ENFORCED\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x' WITH SYSTEM VERSIONING\n PARTITION BY HASH (`b`)";
        assert_eq!(read(text).unwrap().write("IGNORED"), text);
    }
}
