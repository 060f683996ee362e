//! Names, comments and texts that are hard to spell.

use std::collections::BTreeSet;

use crate::dice::Dice;

const NAMES: &[&str] = &[
    "plain",
    "Plain",
    "back`tick",
    "quo'te",
    "dou\"ble",
    "new\nline",
    "tab\tbed",
    "back\\slash",
    "select",
    "table",
    "123",
    "0x1f",
    "1e5",
    "ünïcødé",
    "日本語",
    "☃",
    "with space",
    " leading",
    "dot.dot",
    "per%cent",
    "under_score",
    "semi;colon",
    "-- dashes",
    "/* slashed */",
    "(bracket,",
    "CONSTRAINT",
    "FOREIGN KEY (",
    "PARTITION BY",
    "@at",
    "$dollar",
    "#hash",
    "`",
    "``",
    "'",
    "\\",
    "?",
    ":name",
    "{c}",
    "null",
    "carriage\rreturn",
    "é\u{301}",
];

/// A name that is not among those taken; names that a server might fold are the same. One of 64 characters is filled up
/// with one of `fills`.
pub fn name(dice: &mut Dice, fills: &[char], taken: &mut BTreeSet<String>) -> String {
    loop {
        let mut name = dice.one_of(NAMES).to_string();
        match dice.below(8) {
            0 => name = format!("{name}{}", dice.one_of(NAMES)),
            1 => {
                let fill = *dice.one_of(fills);
                name.extend(std::iter::repeat_n(fill, 64));
            }
            2 => name = dice.below(1_000_000).to_string(),
            3..5 => name = format!("c{}", dice.below(1000)),
            _ => {}
        }
        name = name.chars().take(64).collect();
        let folded = name.to_lowercase().replace('é', "e").replace('ü', "u");
        let folded = folded
            .replace("\u{301}", "")
            .replace('ï', "i")
            .replace('ø', "o");
        if !name.ends_with(char::is_whitespace) && taken.insert(folded) {
            return name;
        }
    }
}

/// What names of columns may be filled up with, and names of tables, which become those of files.
pub const FILLS: &[char] = &['x', 'ü', '語', '`'];
pub const FILE_FILLS: &[char] = &['x'];

/// Characters of the basic plane: what comments and the texts in definitions may hold.
pub fn comment(dice: &mut Dice) -> String {
    (0..dice.below(4)).map(|_| *dice.one_of(NAMES)).collect()
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "a ",
    "aa",
    "ä",
    "Ä",
    "ß",
    "ss",
    "é",
    "e\u{301}",
    "\0",
    "a\0b",
    "\\",
    "\\'",
    "'",
    "''",
    "\"",
    "`",
    "\n",
    "\r\n",
    "\t",
    "\u{1a}",
    "%",
    "_",
    "NULL",
    "\\N",
    "日本語",
    "漢字",
    "ｱ",
    "ё",
    "Ω",
    "😀",
    "a😀b",
    "\u{7f}",
    "\u{feff}",
    "ﬁ",
    "i",
    "I",
    "ı",
    "İ",
    "0",
    "-0",
    "1e3",
    "true",
    "--",
    "/*",
    "?",
    ":a",
    "$1",
    "\u{200d}",
];

/// A text of a few pieces, at most so many characters.
pub fn text(dice: &mut Dice, most: usize) -> String {
    let pieces = match dice.below(12) {
        0 => 200,
        _ => dice.below(6),
    };
    let text: String = (0..pieces).map(|_| *dice.one_of(TEXTS)).collect();
    text.chars().take(most).collect()
}

/// A JSON document.
pub fn json(dice: &mut Dice, depth: u64) -> String {
    let string = |dice: &mut Dice| {
        let text = text(dice, 12).replace('\u{feff}', "");
        serde_json::to_string(&text).unwrap()
    };
    match dice.below(if depth == 0 { 6 } else { 9 }) {
        0 => dice.one_of(&["null", "true", "false"]).to_string(),
        1 => dice
            .one_of(&[
                "0",
                "-1",
                "9223372036854775807",
                "-9223372036854775808",
                "18446744073709551615",
                "32767",
                "32768",
            ])
            .to_string(),
        2 => dice
            .one_of(&[
                "1.0",
                "1",
                "-0.0",
                "1e20",
                "1.5e-300",
                "0.1",
                "123456789.123456789",
            ])
            .to_string(),
        3 => (dice.next() as i64).to_string(),
        4 | 5 => string(dice),
        6 => {
            let inside: Vec<String> = (0..dice.below(4)).map(|_| json(dice, depth - 1)).collect();
            format!("[{}]", inside.join(", "))
        }
        _ => {
            // Keys may repeat.
            let inside: Vec<String> = (0..dice.below(4))
                .map(|_| format!("{}:{}", string(dice), json(dice, depth - 1)))
                .collect();
            format!("{{{}}}", inside.join(","))
        }
    }
}

/// Bytes as hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
