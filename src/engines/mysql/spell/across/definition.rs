//! A table's definition taken apart: what SHOW CREATE TABLE of either product says, piece by piece.
//!
//! Pieces that are not understood are kept as they are, so that nothing is lost; what the target then does not take
//! it refuses itself, by the table's name.

use super::tokens::{self, Kind, Token};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// As it is quoted.
    pub name: String,
    pub columns: Vec<ColumnText>,
    pub keys: Vec<KeyText>,
    pub checks: Vec<CheckText>,
    /// `PERIOD FOR name (from, to)`.
    pub periods: Vec<Period>,
    /// Foreign keys, and whatever is not understood.
    pub others: Vec<String>,
    /// Options behind the columns; names in capitals, values as they are spelled.
    pub options: Vec<(String, String)>,
    pub is_versioned: bool,
    /// From `PARTITION BY` on.
    pub partitions: Option<Vec<Token>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnText {
    /// As it is quoted.
    pub name: String,
    pub kind: String,
    pub charset: Option<String>,
    pub collation: Option<String>,
    /// The expression without the parentheses around it, and whether it is stored.
    pub generated: Option<(Vec<Token>, bool)>,
    /// `START` or `END` of a row's time.
    pub row_time: Option<String>,
    pub nullable: Option<bool>,
    pub is_invisible: bool,
    pub default: Option<Vec<Token>>,
    pub on_update: Option<Vec<Token>>,
    pub auto_increment: bool,
    pub comment: Option<String>,
    pub checks: Vec<Vec<Token>>,
    pub compressed: bool,
    pub srid: Option<String>,
    /// Whether its changes are part of the history, where it says so.
    pub versioned: Option<bool>,
    pub rest: Vec<Token>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyText {
    /// `PRIMARY KEY`, `UNIQUE KEY`, `KEY`, `FULLTEXT KEY` …
    pub kind: String,
    /// As it is quoted; empty for the primary key.
    pub name: String,
    pub parts: Vec<Vec<Token>>,
    pub is_hidden: bool,
    pub rest: Vec<Token>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckText {
    /// As it is quoted; empty where it has none.
    pub name: String,
    /// Without the parentheses around it.
    pub expression: Vec<Token>,
    pub is_enforced: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Period {
    pub name: String,
    pub columns: Vec<String>,
}

/// Reads a definition; None for anything that is not of that form.
pub fn read(text: &str) -> Option<Definition> {
    let all = tokens::cut(text);
    let open = all.iter().position(|token| token.is("("))?;
    let length = tokens::group(&all[open..]);
    if length == 0 || open == 0 {
        return None;
    }
    let mut definition = Definition {
        name: all[open - 1].text.clone(),
        ..Definition::default()
    };
    for piece in tokens::split(&all[open + 1..open + length - 1]) {
        definition.take(piece);
    }
    definition.tail(&all[open + length..]);
    Some(definition)
}

impl Definition {
    fn take(&mut self, piece: &[Token]) {
        let Some(first) = piece.first() else { return };
        let says = |words: &[&str]| {
            words.len() <= piece.len()
                && words.iter().zip(piece).all(|(word, token)| token.is(word))
        };
        if first.kind == Kind::Name {
            self.columns.push(column(piece));
        } else if says(&["PERIOD", "FOR"]) && piece.len() > 3 {
            self.periods.push(Period {
                name: piece[2].text.clone(),
                columns: names(&piece[3..]),
            });
        } else if says(&["CHECK"]) {
            self.checks.push(check("", &piece[1..]));
        } else if says(&["CONSTRAINT"]) && piece.get(2).is_some_and(|token| token.is("CHECK")) {
            self.checks.push(check(&piece[1].text, &piece[3..]));
        } else if says(&["CONSTRAINT"]) || says(&["FOREIGN"]) {
            self.others.push(tokens::join(piece));
        } else {
            self.keys.push(key(piece));
        }
    }

    fn tail(&mut self, tail: &[Token]) {
        let partition = tail
            .windows(2)
            .position(|pair| pair[0].is("PARTITION") && pair[1].is("BY"));
        let (options, partitions) = tail.split_at(partition.unwrap_or(tail.len()));
        self.partitions = (!partitions.is_empty()).then(|| partitions.to_vec());
        let mut at = 0;
        while at < options.len() {
            let rest = &options[at..];
            if rest[0].is("WITH") && rest.get(2).is_some_and(|token| token.is("VERSIONING")) {
                self.is_versioned = true;
                at += 3;
                continue;
            }
            let equals = rest.iter().position(|token| token.is("="));
            // Without a sign between them: `TABLESPACE name`.
            let (words, value) = match equals {
                Some(equals) if !rest[0].is("TABLESPACE") => (equals, equals + 1),
                _ => (1, 1),
            };
            let name: Vec<String> = rest[..words.min(rest.len())]
                .iter()
                .map(|token| tokens::unquoted(&token.text).to_uppercase())
                .collect();
            let length = match rest.get(value) {
                Some(token) if token.is("(") => tokens::group(&rest[value..]),
                Some(_) => 1,
                None => 0,
            };
            self.options.push((
                name.join(" "),
                tokens::join(&rest[value.min(rest.len())..value + length]),
            ));
            at += value + length;
        }
    }

    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The names of a parenthesis.
fn names(group: &[Token]) -> Vec<String> {
    group
        .iter()
        .filter(|token| token.kind == Kind::Name)
        .map(|token| token.text.clone())
        .collect()
}

fn check(name: &str, rest: &[Token]) -> CheckText {
    let length = tokens::group(rest);
    CheckText {
        name: name.to_string(),
        expression: inner(&rest[..length]),
        is_enforced: !rest[length..].iter().any(|token| token.is("NOT")),
    }
}

fn key(piece: &[Token]) -> KeyText {
    let open = piece
        .iter()
        .position(|token| token.is("("))
        .unwrap_or(piece.len());
    let named = piece[..open]
        .iter()
        .position(|token| token.kind == Kind::Name);
    let kind: Vec<&str> = piece[..named.unwrap_or(open)]
        .iter()
        .map(|token| token.text.as_str())
        .collect();
    let length = tokens::group(&piece[open..]);
    let group = inner(&piece[open..open + length]);
    let mut rest = piece[open + length..].to_vec();
    let hides = |token: &Token| token.is("INVISIBLE") || token.is("IGNORED");
    let is_hidden = rest.iter().any(hides);
    rest.retain(|token| !hides(token));
    KeyText {
        kind: kind.join(" "),
        name: named.map_or_else(String::new, |at| piece[at].text.clone()),
        parts: tokens::split(&group)
            .into_iter()
            .map(<[Token]>::to_vec)
            .collect(),
        is_hidden,
        rest,
    }
}

/// What stands in a parenthesis.
fn inner(group: &[Token]) -> Vec<Token> {
    match group.len() {
        0 | 1 => group.to_vec(),
        length => group[1..length - 1].to_vec(),
    }
}

fn column(piece: &[Token]) -> ColumnText {
    let mut column = ColumnText {
        name: piece[0].text.clone(),
        ..ColumnText::default()
    };
    let mut at = 1;
    at += kind_length(&piece[at..]);
    column.kind = tokens::join(&piece[1..at]);
    while at < piece.len() {
        at += attribute(&mut column, &piece[at..]).max(1);
    }
    column
}

/// How many tokens the type takes: its name, what stands in parentheses, and its signs.
fn kind_length(rest: &[Token]) -> usize {
    let mut length = 1.min(rest.len());
    length += tokens::group(rest.get(length..).unwrap_or_default());
    while rest.get(length).is_some_and(|token| {
        ["unsigned", "zerofill", "precision"]
            .iter()
            .any(|word| token.is(word))
    }) {
        length += 1;
    }
    length
}

/// Reads one attribute of a column; returns how many tokens it takes.
fn attribute(column: &mut ColumnText, rest: &[Token]) -> usize {
    let word = |at: usize| {
        rest.get(at)
            .map(|token| token.text.to_uppercase())
            .unwrap_or_default()
    };
    let text = |at: usize| rest.get(at).map(|token| token.text.clone());
    let two = format!("{} {}", word(0), word(1));
    match (word(0).as_str(), two.as_str()) {
        (_, "CHARACTER SET") => {
            column.charset = text(2);
            3
        }
        ("CHARSET", _) => {
            column.charset = text(1);
            2
        }
        ("COLLATE", _) => {
            column.collation = text(1);
            2
        }
        (_, "NOT NULL") => {
            column.nullable = Some(false);
            2
        }
        ("NULL", _) => {
            column.nullable = Some(true);
            1
        }
        ("DEFAULT", _) => {
            let length = value_length(&rest[1..]);
            column.default = Some(rest[1..=length].to_vec());
            1 + length
        }
        (_, "ON UPDATE") => {
            let length = value_length(rest.get(2..).unwrap_or_default());
            column.on_update = Some(rest[2..2 + length].to_vec());
            2 + length
        }
        ("AUTO_INCREMENT", _) => {
            column.auto_increment = true;
            1
        }
        ("INVISIBLE", _) => {
            column.is_invisible = true;
            1
        }
        ("COMMENT", _) => {
            column.comment = text(1);
            2
        }
        (_, "GENERATED ALWAYS") if word(3) == "ROW" => {
            column.row_time = text(4);
            5
        }
        (_, "GENERATED ALWAYS") => {
            let length = tokens::group(rest.get(3..).unwrap_or_default());
            let stored = matches!(word(3 + length).as_str(), "STORED" | "PERSISTENT");
            column.generated = Some((inner(&rest[3..3 + length]), stored));
            3 + length + usize::from(stored || word(3 + length) == "VIRTUAL")
        }
        ("CHECK", _) => {
            let length = tokens::group(&rest[1..]);
            column.checks.push(inner(&rest[1..1 + length]));
            1 + length
        }
        ("SRID", _) => {
            column.srid = text(1);
            2
        }
        ("REF_SYSTEM_ID", _) => {
            column.srid = text(2);
            3
        }
        ("COMPRESSED", _) => {
            column.compressed = true;
            if word(1) == "=" { 3 } else { 1 }
        }
        (_, "WITHOUT SYSTEM") => {
            column.versioned = Some(false);
            3
        }
        (_, "WITH SYSTEM") => {
            column.versioned = Some(true);
            3
        }
        _ => {
            column.rest.push(rest[0].clone());
            1
        }
    }
}

/// How many tokens a default takes: a literal, a number with its sign, a parenthesis, the call of a function.
fn value_length(rest: &[Token]) -> usize {
    let Some(first) = rest.first() else { return 0 };
    if first.is("(") {
        return tokens::group(rest);
    }
    let mut length = 1;
    if first.is("-") || first.is("+") {
        length += 1;
    }
    // A text with its character set, `b'1'`, `X'00'`.
    if first.kind == Kind::Word
        && rest
            .get(length)
            .is_some_and(|token| token.kind == Kind::Text && !token.spaced)
    {
        length += 1;
    }
    while rest.get(length).is_some_and(|token| token.is(".")) {
        length += 2;
    }
    length + tokens::group(rest.get(length..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(tokens: &Option<Vec<Token>>) -> String {
        tokens::join(tokens.as_deref().unwrap_or_default())
    }

    #[test]
    fn a_column_is_read_whichever_product_printed_it() {
        let text = "CREATE TABLE `t` (\n  `a` int(5) unsigned zerofill NOT NULL DEFAULT -1 COMMENT 'x, y',\n  `b` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`b`)),\n  `c` timestamp(6) NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),\n  `d` int GENERATED ALWAYS AS ((`a` + 1)) STORED /*!80023 INVISIBLE */,\n  `e` point NOT NULL /*!80003 SRID 4326 */,\n  `f` bigint(20) NOT NULL DEFAULT nextval(`d`.`s`),\n  `g` text /*M!100301 COMPRESSED*/ DEFAULT (_utf8mb4'x')\n) ENGINE=InnoDB";
        let read = read(text).unwrap();
        let [a, b, c, d, e, f, g] = &read.columns[..] else {
            panic!("{read:?}")
        };
        assert_eq!(
            (
                a.kind.as_str(),
                spelled(&a.default).as_str(),
                a.comment.as_deref()
            ),
            ("int(5) unsigned zerofill", "-1", Some("'x, y'"))
        );
        assert_eq!(
            (b.collation.as_deref(), tokens::join(&b.checks[0]).as_str()),
            (Some("utf8mb4_bin"), "json_valid(`b`)")
        );
        assert_eq!(spelled(&c.on_update), "current_timestamp(6)");
        assert!(d.is_invisible && d.generated.as_ref().unwrap().1);
        assert_eq!((e.srid.as_deref(), e.nullable), (Some("4326"), Some(false)));
        assert_eq!(spelled(&f.default), "nextval(`d`.`s`)");
        assert!(g.compressed && spelled(&g.default) == "(_utf8mb4'x')");
        for column in &read.columns {
            assert!(column.rest.is_empty(), "{column:?}");
        }
    }

    #[test]
    fn keys_checks_periods_options_and_partitions_are_told_apart() {
        let text = "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a`,`p` WITHOUT OVERLAPS),\n  UNIQUE KEY `u` (`t`(5),(lower(`s`)) DESC) USING HASH,\n  KEY `i` (`a`) /*!80000 INVISIBLE */,\n  CONSTRAINT `off_` CHECK ((`a` > 10)) /*!80016 NOT ENFORCED */,\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`b`),\n  PERIOD FOR `p` (`b`, `e`)\n) /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='PARTITION BY' `PAGE_COMPRESSED`='1' WITH SYSTEM VERSIONING\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 7 */";
        let read = read(text).unwrap();
        assert_eq!(read.keys[0].parts.len(), 2);
        assert_eq!(read.keys[1].kind, "UNIQUE KEY");
        assert_eq!(tokens::join(&read.keys[1].parts[1]), "(lower(`s`)) DESC");
        assert!(read.keys[2].is_hidden);
        assert!(!read.checks[0].is_enforced);
        assert_eq!(read.others.len(), 1);
        assert_eq!(read.periods[0].columns, ["`b`", "`e`"]);
        assert_eq!(read.option("TABLESPACE"), Some("`innodb_system`"));
        assert_eq!(read.option("DEFAULT CHARSET"), Some("utf8mb4"));
        assert_eq!(read.option("PAGE_COMPRESSED"), Some("'1'"));
        assert!(read.is_versioned);
        assert_eq!(
            tokens::join(read.partitions.as_ref().unwrap()),
            "PARTITION BY HASH (`a`) PARTITIONS 7"
        );
    }
}
