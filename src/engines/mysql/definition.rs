//! Reading the statement that SHOW CREATE TABLE prints: just enough to take foreign keys out of it, to find the keys
//! that are built after the load, and to see its partitions. Quotes, parentheses and comments are honoured; nothing else is understood.

use crate::model::catalog::{ForeignKey, Index, Table};

/// A definition as text. A default of bytes that are no text is printed raw by the server; it is spelled as
/// `X'…'`, which means the same.
pub fn readable(printed: &[u8]) -> String {
    let mut text = String::with_capacity(printed.len());
    let mut rest = printed;
    while let Some(open) = rest
        .iter()
        .position(|byte| matches!(byte, b'\'' | b'`' | b'"'))
    {
        text.push_str(&String::from_utf8_lossy(&rest[..open]));
        let (literal, length) = unquoted(&rest[open..]);
        let quoted = &rest[open..open + length];
        match std::str::from_utf8(quoted) {
            Ok(quoted) => text.push_str(quoted),
            Err(_) => text.push_str(&format!("X'{}'", super::dialect::hex(&literal))),
        }
        rest = &rest[open + length..];
    }
    text + &String::from_utf8_lossy(rest)
}

/// What a quoted piece says, and its length with the quotes.
fn unquoted(text: &[u8]) -> (Vec<u8>, usize) {
    let mark = text[0];
    let mut said = Vec::new();
    let mut at = 1;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b'\\', Some(escaped)) if mark != b'`' => {
                said.push(match escaped {
                    b'0' => 0,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'Z' => 26,
                    other => *other,
                });
                at += 2;
            }
            (byte, Some(next)) if byte == mark && *next == mark => {
                said.push(mark);
                at += 2;
            }
            (byte, _) if byte == mark => return (said, at + 1),
            (byte, _) => {
                said.push(byte);
                at += 1;
            }
        }
    }
    (said, text.len())
}

/// The definition with the names in its foreign keys quoted: MariaDB 10.5 and 11.8 print them as they are, also where
/// there is a backtick within (D01).
pub fn with_keys_quoted(definition: String, keys: &[ForeignKey]) -> String {
    keys.iter().fold(definition, |definition, key| {
        let printed = key_clause(key, &|name| format!("`{name}`"));
        let quoted = key_clause(key, &super::dialect::quote);
        match printed == quoted {
            true => definition,
            false => definition.replacen(&printed, &quoted, 1),
        }
    })
}

fn key_clause(key: &ForeignKey, quoted: &dyn Fn(&str) -> String) -> String {
    let names = |columns: &[String]| {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        names.join(", ")
    };
    let database = key.parent_database.iter();
    let parent: Vec<String> = database
        .chain([&key.parent])
        .map(|name| quoted(name))
        .collect();
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quoted(&key.name),
        names(&key.columns),
        parent.join("."),
        names(&key.parent_columns)
    )
}

/// The definition without its foreign keys, which are added after the load.
pub fn without_foreign_keys(definition: &str) -> String {
    let Some((open, close)) = body(definition) else {
        return definition.to_string();
    };
    let pieces = split(&definition[open + 1..close]);
    let kept: Vec<&str> = pieces
        .into_iter()
        .filter(|piece| !is_foreign_key(piece))
        .collect();
    format!(
        "{}({}{}",
        &definition[..open],
        kept.join(","),
        &format!("\n{}", &definition[close..])
    )
}

/// The plain keys that can be taken off and added again without changing their order, each with its clause. A server
/// lists keys in the order in which they came, so these are the ones behind the last that `stays`. MySQL lists those
/// over what is not stored behind the others, and a key over an expression hides such a column: that one stays, as the
/// table would be copied for it.
pub fn late_keys(table: &Table, stays: impl Fn(&Index) -> bool) -> Vec<(&Index, &str)> {
    let Some((open, close)) = body(&table.definition) else {
        return Vec::new();
    };
    let is_virtual = |index: &Index| {
        let columns = index.parts.iter().map(|part| table.column(&part.column));
        let mut generated = columns.flatten().filter_map(|it| it.generated.as_ref());
        generated.any(|generated| !generated.stored)
    };
    let mut late: Vec<(&Index, &str)> = Vec::new();
    for piece in split(&table.definition[open + 1..close]) {
        let clause = piece.trim();
        if clause.starts_with("SPATIAL KEY ") || clause.starts_with("VECTOR KEY ") {
            late.clear();
        }
        if !clause.starts_with("KEY ") {
            continue;
        }
        let start = |index: &Index| format!("KEY {} (", super::dialect::quote(&index.name));
        let mut known = table.indexes.iter();
        match known.find(|index| clause.starts_with(&start(index))) {
            Some(index) if index.parts.iter().any(|part| part.expression.is_some()) => {
                late.retain(|(other, _)| !is_virtual(other));
            }
            Some(index) if !stays(index) => late.push((index, clause)),
            _ => late.clear(),
        }
    }
    late
}

/// What the definition says of partitions.
pub fn partitioning(definition: &str) -> Option<String> {
    let (_, close) = body(definition)?;
    let tail = &definition[close..];
    let start = tail.find("PARTITION BY")?;
    // MySQL and MariaDB wrap the clause in a version comment or not; it means the same.
    Some(
        tail[start..]
            .trim_end_matches("*/")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// What a foreign key says of ON DELETE and ON UPDATE; empty where it says nothing.
pub fn actions(definition: &str, name: &str) -> (String, String) {
    let Some((open, close)) = body(definition) else {
        return Default::default();
    };
    let start = format!("CONSTRAINT {} FOREIGN KEY ", super::dialect::quote(name));
    let pieces = split(&definition[open + 1..close]);
    let Some(piece) = pieces
        .into_iter()
        .find(|piece| piece.trim_start().starts_with(&start))
    else {
        return Default::default();
    };
    let columns_end = bare(piece)
        .filter(|(_, c)| *c == ')')
        .last()
        .map_or(0, |(at, _)| at + 1);
    let tail = &piece[columns_end..];
    let said = |keyword: &str| {
        let (_, rest) = tail.split_once(keyword)?;
        Some(
            rest.split(" ON ")
                .next()
                .unwrap_or_default()
                .trim()
                .to_string(),
        )
    };
    (
        said(" ON DELETE ").unwrap_or_default(),
        said(" ON UPDATE ").unwrap_or_default(),
    )
}

fn is_foreign_key(piece: &str) -> bool {
    let piece = piece.trim_start();
    let rest = match piece.strip_prefix("CONSTRAINT ") {
        Some(named) => after_name(named),
        None => piece,
    };
    rest.trim_start().starts_with("FOREIGN KEY ")
}

/// What follows a quoted name.
fn after_name(text: &str) -> &str {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((_, c)) = chars.next() {
        if c == '`' {
            match chars.peek() {
                Some((_, '`')) => drop(chars.next()),
                Some((at, _)) => return &text[*at..],
                None => return "",
            }
        }
    }
    ""
}

/// The positions of the parentheses around the columns and keys.
fn body(definition: &str) -> Option<(usize, usize)> {
    let mut depth = 0;
    let mut open = None;
    for (at, c) in bare(definition) {
        match c {
            '(' => {
                open = open.or(Some(at));
                depth += 1;
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return open.map(|open| (open, at));
                }
            }
            _ => {}
        }
    }
    None
}

/// The pieces between commas that stand in no parentheses.
fn split(body: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in bare(body) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(body[start..].trim_end());
    pieces
}

/// The characters that stand in no quotes, with their positions. A backslash escapes within text, as SHOW
/// CREATE prints it under our modes.
fn bare(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, c)| {
        match quote {
            None if matches!(c, '`' | '\'' | '"') => quote = Some(*c),
            None => return true,
            Some(_) if escaped => escaped = false,
            Some('\'' | '"') if *c == '\\' => escaped = true,
            Some(mark) if mark == *c => quote = None,
            Some(_) => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: &str = "CREATE TABLE `child` (\n  `id` int(11) NOT NULL,\n  `c` enum('a,b','it''s (') DEFAULT NULL COMMENT 'x\\',y',\n  PRIMARY KEY (`id`),\n  KEY `k` (`c`),\n  CONSTRAINT `fk ``odd` FOREIGN KEY (`c`) REFERENCES `parent` (`a`, `b`) ON DELETE CASCADE,\n  CONSTRAINT `FOREIGN KEY` CHECK (`id` > 0)\n) ENGINE=InnoDB COMMENT='FOREIGN KEY ('";

    #[test]
    fn d05_foreign_keys_leave_the_definition_and_nothing_else_does() {
        let expected = CHILD.replace(
            "\n  CONSTRAINT `fk ``odd` FOREIGN KEY (`c`) REFERENCES `parent` (`a`, `b`) ON DELETE CASCADE,",
            "",
        );
        assert_eq!(without_foreign_keys(CHILD), expected);
    }

    #[test]
    fn keys_behind_the_last_one_that_stays_are_late() {
        let definition = "CREATE TABLE `t` (\n  `a` int,\n  PRIMARY KEY (`a`),\n  UNIQUE KEY `u` (`a`),\n  KEY `x` (`a`),\n  KEY `n` (`n`),\n  KEY `o``dd, (` (`b`(10),`c` DESC) USING BTREE COMMENT 'a, (b',\n  KEY `y` (`c`),\n  FULLTEXT KEY `f` (`b`),\n  CONSTRAINT `k` FOREIGN KEY (`c`) REFERENCES `p` (`c`)\n) ENGINE=InnoDB";
        let index = |name: &str| Index {
            name: name.into(),
            ..Index::default()
        };
        let indexes = ["PRIMARY", "f", "n", "o`dd, (", "u", "x", "y"].map(index);
        let table = |definition: &str, known: usize| Table {
            definition: definition.into(),
            indexes: indexes[..known].to_vec(),
            ..Table::default()
        };
        let whole = table(definition, 7);
        let late = |stays: &str| {
            let late = late_keys(&whole, |index| index.name == stays);
            late.into_iter()
                .map(|(_, clause)| clause)
                .collect::<Vec<_>>()
        };
        let odd = "KEY `o``dd, (` (`b`(10),`c` DESC) USING BTREE COMMENT 'a, (b'";
        assert_eq!(late("n"), [odd, "KEY `y` (`c`)"]);
        assert_eq!(late("none").len(), 4);
        assert_eq!(late("y").len(), 0);
        let spatial = table(&definition.replace("KEY `y` (", "SPATIAL KEY `y` ("), 7);
        assert_eq!(late_keys(&spatial, |_| false).len(), 0);
        let unknown = table(definition, 6);
        let late = late_keys(&unknown, |_| false);
        assert_eq!(late.len(), 0, "a key that nobody knows stays");
    }

    #[test]
    fn d01_names_in_foreign_keys_that_are_printed_unquoted_are_quoted() {
        let key = ForeignKey {
            name: "fk`odd".into(),
            columns: vec!["f k".into(), "f2".into()],
            parent: "parent".into(),
            parent_columns: vec!["p k".into(), "p`2".into()],
            ..ForeignKey::default()
        };
        let (printed, quoted) = (
            "  CONSTRAINT `fk`odd` FOREIGN KEY (`f k`, `f2`) REFERENCES `parent` (`p k`, `p`2`) ON DELETE CASCADE\n)",
            "  CONSTRAINT `fk``odd` FOREIGN KEY (`f k`, `f2`) REFERENCES `parent` (`p k`, `p``2`) ON DELETE CASCADE\n)",
        );
        let keys = [key];
        for definition in [printed, quoted] {
            assert_eq!(with_keys_quoted(definition.to_string(), &keys), quoted);
        }
    }

    #[test]
    fn the_actions_of_a_foreign_key_are_those_that_are_printed() {
        assert_eq!(actions(CHILD, "fk `odd"), ("CASCADE".into(), String::new()));
        let both = "CREATE TABLE `t` (\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`b`) ON DELETE SET NULL ON UPDATE NO ACTION\n)";
        assert_eq!(actions(both, "f"), ("SET NULL".into(), "NO ACTION".into()));
    }

    #[test]
    fn a_definition_without_foreign_keys_stays_as_it_is() {
        let plain = "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL\n) ENGINE=InnoDB";
        assert_eq!(without_foreign_keys(plain), plain);
    }

    #[test]
    fn a_default_of_bytes_is_spelled_in_hex_and_text_stays() {
        let printed =
            b"`b` binary(3) DEFAULT '\\0\xffA',\n `c` text DEFAULT '\xc3\xa9\\'', `\xc3\xa9` int";
        assert_eq!(
            readable(printed),
            "`b` binary(3) DEFAULT X'00ff41',\n `c` text DEFAULT 'é\\'', `é` int"
        );
    }

    #[test]
    fn partitions_are_found_behind_the_columns_only() {
        let definition = "CREATE TABLE `t` (\n  `PARTITION BY` int\n) ENGINE=InnoDB\n PARTITION BY HASH (`id`)\nPARTITIONS 7";
        assert_eq!(
            partitioning(definition).unwrap(),
            "PARTITION BY HASH (`id`) PARTITIONS 7"
        );
        assert_eq!(
            partitioning("CREATE TABLE `t` (\n  `PARTITION BY` int\n)"),
            None
        );
    }
}
