//! Which collation of the target stands for one of the source's.
//!
//! A table of rules rather than of names: the families (`0900` of MySQL, `uca1400` of MariaDB) are taken apart into
//! language, padding and strength and put together again in the other's words; the first that the target's list
//! holds is taken. The nearest comes first: the same strength before the same language, the same padding before
//! any. Where values could then be equal that were not, the unique keys decide while the copy is staged (B04).

use std::collections::BTreeSet;

/// Languages as MySQL abbreviates them in `utf8mb4_de_pb_0900_ai_ci` and as older names, and MariaDB, spell them.
const LANGUAGES: &[(&str, &str)] = &[
    ("is", "icelandic"),
    ("lv", "latvian"),
    ("ro", "romanian"),
    ("sl", "slovenian"),
    ("pl", "polish"),
    ("et", "estonian"),
    ("es", "spanish"),
    ("sv", "swedish"),
    ("tr", "turkish"),
    ("cs", "czech"),
    ("da", "danish"),
    ("lt", "lithuanian"),
    ("sk", "slovak"),
    ("es_trad", "spanish2"),
    ("la", "roman"),
    ("eo", "esperanto"),
    ("hu", "hungarian"),
    ("de_pb", "german2"),
    ("vi", "vietnamese"),
    ("hr", "croatian"),
    // Their order is that of a neighbour.
    ("nb", "danish"),
    ("nn", "danish"),
    ("bs", "croatian"),
    ("sr_latn", "croatian"),
    ("gl", "spanish"),
];

/// The character set of a collation: `utf8mb4` of `utf8mb4_bin`.
pub fn charset(collation: &str) -> &str {
    collation.split('_').next().unwrap_or(collation)
}

/// Whether two names of character sets mean the same.
pub fn same_charset(left: &str, right: &str) -> bool {
    modern(left) == modern(right)
}

/// `utf8` has become `utf8mb3`, in names of collations too.
pub fn modern(name: &str) -> String {
    match name.strip_prefix("utf8") {
        Some(rest) if rest.is_empty() || rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => name.to_string(),
    }
}

/// The collation that a character set means where nothing else is said; of `utf8mb4` what servers without MySQL's
/// newer families mean.
pub fn usual(charset: &str) -> String {
    let charset = modern(charset);
    let rest = match charset.as_str() {
        "binary" => return charset,
        "big5" | "gb2312" | "gbk" | "gb18030" => "chinese_ci",
        "cp932" | "eucjpms" | "sjis" | "ujis" => "japanese_ci",
        "latin1" | "dec8" | "swe7" => "swedish_ci",
        "latin5" => "turkish_ci",
        "euckr" => "korean_ci",
        "tis620" => "thai_ci",
        "hp8" => "english_ci",
        _ => "general_ci",
    };
    format!("{charset}_{rest}")
}

/// The collation that MySQL leaves out behind a character set, where MariaDB names every one.
pub fn shortened(charset: &str) -> String {
    match charset {
        "utf8mb4" => "utf8mb4_0900_ai_ci".into(),
        other => usual(other),
    }
}

/// The collation that the target takes for one of the source's: itself where it is known and means the same, else
/// the nearest; None when there is none.
pub fn fitting(collation: &str, known: &BTreeSet<String>, crosses: bool) -> Option<String> {
    let changes_meaning = crosses && collation.ends_with("_croatian_ci");
    if !changes_meaning && known.contains(collation) {
        return Some(collation.to_string());
    }
    candidates(collation)
        .into_iter()
        .chain([collation.to_string()])
        .find(|name| known.contains(name))
}

/// What may stand for a collation, the nearest first.
fn candidates(collation: &str) -> Vec<String> {
    // In a statement MariaDB leaves the character set out: there it is that of the text.
    let (charset, rest) = match collation.split_once('_') {
        Some(("uca1400", _)) | None => ("utf8mb4", collation),
        Some((charset, rest)) => (charset, rest),
    };
    let mut endings = if charset == "gb18030" {
        chinese(rest)
    } else if let Some((language, strength)) = split_family(rest, "0900_") {
        from_0900(language, strength)
    } else if let Some(rest) = rest.strip_prefix("uca1400_") {
        from_uca1400(rest)
    } else {
        older(charset, rest)
    };
    endings.push(rest.to_string());
    let charsets: &[&str] = match charset {
        "utf8" | "utf8mb3" => &["utf8mb3", "utf8"],
        "gb18030" => &["utf8mb4"],
        other => &[other],
    };
    endings
        .iter()
        .flat_map(|ending| {
            charsets
                .iter()
                .map(move |charset| format!("{charset}_{ending}"))
        })
        .collect()
}

/// Language and strength of `de_pb_0900_ai_ci`.
fn split_family<'a>(rest: &'a str, family: &str) -> Option<(&'a str, &'a str)> {
    let (language, strength) = rest.split_once(family)?;
    Some((language.trim_end_matches('_'), strength))
}

fn from_0900(language: &str, strength: &str) -> Vec<String> {
    if strength == "bin" {
        return strings(&["nopad_bin", "bin"]);
    }
    let language = LANGUAGES
        .iter()
        .find(|(short, _)| *short == language)
        .map(|(_, long)| *long);
    let strength = strength.trim_end_matches("_ks");
    let mut names = Vec::new();
    names.extend(language.map(|language| format!("uca1400_{language}_nopad_{strength}")));
    names.push(format!("uca1400_nopad_{strength}"));
    match strength {
        // What tells case and accents apart must go on doing so.
        "as_cs" => names.extend(strings(&["nopad_bin", "bin"])),
        _ => {
            names.extend(language.map(|language| format!("{language}_ci")));
            names.extend(strings(&["unicode_520_nopad_ci", "unicode_520_ci"]));
        }
    }
    names
}

fn from_uca1400(rest: &str) -> Vec<String> {
    let (rest, strength) = match rest.len().checked_sub(5) {
        Some(at) => rest.split_at(at),
        None => ("", rest),
    };
    let rest = rest.trim_end_matches('_');
    let pads = !rest.ends_with("nopad");
    let language = rest.trim_end_matches("nopad").trim_end_matches('_');
    let short = LANGUAGES
        .iter()
        .find(|(_, long)| *long == language)
        .map(|(short, _)| *short);
    let strengths: &[&str] = match strength {
        "as_ci" => &["as_ci", "ai_ci"],
        "ai_ci" => &["ai_ci"],
        _ => &["as_cs"],
    };
    let mut names = Vec::new();
    for strength in strengths {
        names.extend(short.map(|short| format!("{short}_0900_{strength}")));
    }
    if !language.is_empty() && strength.ends_with("ci") {
        names.push(format!("{language}_ci"));
    }
    names.extend(strengths.iter().map(|strength| format!("0900_{strength}")));
    names.extend(strings(match (strength.ends_with("cs"), pads) {
        (true, false) => &["nopad_bin", "bin"],
        (true, true) => &["bin", "nopad_bin"],
        (false, false) => &["unicode_520_nopad_ci", "unicode_520_ci"],
        (false, true) => &["unicode_520_ci", "unicode_520_nopad_ci"],
    }));
    names
}

fn chinese(rest: &str) -> Vec<String> {
    strings(match rest {
        "bin" => &["bin"],
        "chinese_ci" => &["uca1400_as_ci", "unicode_520_ci"],
        _ => &["unicode_520_ci"],
    })
}

/// The older families, which both have, but for single members and the `nopad` ones of MariaDB.
fn older(charset: &str, rest: &str) -> Vec<String> {
    let padded = rest.replace("nopad_", "");
    let newer: &[&str] = match (charset, rest) {
        ("utf8mb4", "nopad_bin") => &["0900_bin"],
        ("utf8mb4", "unicode_nopad_ci" | "unicode_520_nopad_ci") => &["0900_ai_ci"],
        (_, "croatian_ci") => &["croatian_mysql561_ci"],
        (_, "croatian_mysql561_ci") => &["croatian_ci"],
        (_, "thai_520_w2" | "myanmar_ci") => &["unicode_520_ci"],
        (_, "tolower_ci") => &["general_ci"],
        _ => &[],
    };
    let mut names = strings(newer);
    names.push(padded);
    names
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(collation: &str, known: &[&str]) -> Option<String> {
        fitting(collation, &strings(known).into_iter().collect(), true)
    }

    #[test]
    fn d04_a_family_becomes_the_others_with_language_strength_and_padding() {
        let mariadb = [
            "utf8mb4_uca1400_nopad_ai_ci",
            "utf8mb4_uca1400_ai_ci",
            "utf8mb4_uca1400_german2_nopad_ai_ci",
            "utf8mb4_uca1400_nopad_as_cs",
            "utf8mb4_nopad_bin",
            "utf8mb4_bin",
            "utf8mb4_unicode_520_ci",
        ];
        for (from, to) in [
            ("utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci"),
            (
                "utf8mb4_de_pb_0900_ai_ci",
                "utf8mb4_uca1400_german2_nopad_ai_ci",
            ),
            ("utf8mb4_ja_0900_as_cs_ks", "utf8mb4_uca1400_nopad_as_cs"),
            ("utf8mb4_0900_bin", "utf8mb4_nopad_bin"),
            ("gb18030_bin", "utf8mb4_bin"),
        ] {
            assert_eq!(fits(from, &mariadb).as_deref(), Some(to), "{from}");
        }
        let mysql = [
            "utf8mb4_0900_ai_ci",
            "utf8mb4_0900_as_cs",
            "utf8mb4_0900_bin",
            "utf8mb4_de_pb_0900_ai_ci",
            "utf8mb3_unicode_520_ci",
            "utf8mb3_general_ci",
            "utf8mb4_croatian_ci",
            "latin1_swedish_ci",
        ];
        for (from, to) in [
            ("utf8mb4_uca1400_ai_ci", "utf8mb4_0900_ai_ci"),
            (
                "utf8mb4_uca1400_german2_nopad_ai_ci",
                "utf8mb4_de_pb_0900_ai_ci",
            ),
            ("utf8mb4_uca1400_ai_cs", "utf8mb4_0900_as_cs"),
            ("utf8mb4_nopad_bin", "utf8mb4_0900_bin"),
            ("utf8mb3_uca1400_ai_ci", "utf8mb3_unicode_520_ci"),
            ("utf8_general_ci", "utf8mb3_general_ci"),
            ("utf8mb4_croatian_mysql561_ci", "utf8mb4_croatian_ci"),
            ("latin1_swedish_nopad_ci", "latin1_swedish_ci"),
            ("uca1400_as_cs", "utf8mb4_0900_as_cs"),
        ] {
            assert_eq!(fits(from, &mysql).as_deref(), Some(to), "{from}");
        }
    }

    #[test]
    fn d04_an_older_server_gets_the_nearest_that_it_has() {
        let old = [
            "utf8mb4_unicode_520_ci",
            "utf8mb4_bin",
            "utf8mb4_swedish_ci",
        ];
        assert_eq!(
            fits("utf8mb4_0900_ai_ci", &old).unwrap(),
            "utf8mb4_unicode_520_ci"
        );
        assert_eq!(fits("utf8mb4_0900_as_cs", &old).unwrap(), "utf8mb4_bin");
        assert_eq!(
            fits("utf8mb4_sv_0900_ai_ci", &old).unwrap(),
            "utf8mb4_swedish_ci"
        );
        assert_eq!(fits("klingon_ci", &old), None);
    }

    #[test]
    fn what_both_know_stays_unless_it_means_something_else() {
        let both = ["utf8mb4_croatian_ci", "utf8mb4_croatian_mysql561_ci"];
        assert_eq!(
            fits("utf8mb4_croatian_ci", &both).unwrap(),
            "utf8mb4_croatian_mysql561_ci"
        );
        let known = strings(&both).into_iter().collect();
        assert_eq!(
            fitting("utf8mb4_croatian_ci", &known, false).unwrap(),
            "utf8mb4_croatian_ci"
        );
    }
}
