//! Triggers, routines, events and packages as two servers show them: the head is the server's, who prints it with its
//! own habits; what follows is the text that somebody wrote, and every byte of it counts.

use super::collations;
use crate::engines::mysql::definers;
use crate::engines::mysql::qualifiers;
use crate::engines::mysql::tokens::{Kind, Modes, Token, tokens};
use crate::model::catalog::{Object, ObjectKind};

/// Whether two programs are one.
pub fn is_same(object: &Object, other: &Object) -> bool {
    if object.definition == other.definition {
        return true;
    }
    let modes = qualifiers::modes(object);
    if modes != qualifiers::modes(other) {
        return false;
    }
    match (form(object, modes), form(other, modes)) {
        (Some(here), Some(there)) => here == there,
        _ => false,
    }
}

/// What the head says, and the texts that stand as they were written: the parameters, and what follows the head.
fn form(object: &Object, modes: Modes) -> Option<(Vec<String>, Vec<String>)> {
    let text = tokens(&object.definition, modes);
    let head = Head::read(&text, object.kind)?;
    let written = |part: &[Token<'_>]| {
        let text: String = part.iter().map(|token| token.text).collect();
        text.trim_matches(|c: char| c.is_whitespace() || c == ';')
            .to_string()
    };
    let texts = vec![
        written(&text[head.parameters.0..head.parameters.1]),
        written(&text[head.end..]),
    ];
    Some((head.said, texts))
}

/// What stands before the text that somebody wrote.
pub struct Head {
    /// In one form, whoever printed it.
    said: Vec<String>,
    /// Where the tokens between the parentheses of a routine begin and end.
    pub parameters: (usize, usize),
    /// The first token behind the head.
    pub end: usize,
}

impl Head {
    pub fn read(text: &[Token<'_>], kind: ObjectKind) -> Option<Head> {
        let mut course = Course {
            text,
            at: 0,
            said: Vec::new(),
        };
        if let Some(clause) = definers::clause(text) {
            course.said.push(clause.account(text));
        }
        let word = match kind {
            ObjectKind::Function => "FUNCTION",
            ObjectKind::Procedure => "PROCEDURE",
            ObjectKind::Trigger => "TRIGGER",
            ObjectKind::Event => "EVENT",
            ObjectKind::Package | ObjectKind::PackageBody => "PACKAGE",
            _ => return None,
        };
        let mut parameters = (0, 0);
        while !course.takes(word) {
            if course.next()?.is_word("AGGREGATE") {
                course.said.push("aggregate".into());
            }
            course.skip();
        }
        match kind {
            ObjectKind::Trigger => {
                // MariaDB shows the head as it was written, MySQL shows what it means.
                if course.takes("IF") {
                    (course.takes("NOT") && course.takes("EXISTS")).then_some(())?;
                }
                while !course.takes("EACH") {
                    course.say()?;
                    if course.next()?.is_sign(".") {
                        course.skip();
                        course.said.pop();
                    }
                }
                course.takes("ROW").then_some(())?;
                for order in ["FOLLOWS", "PRECEDES"] {
                    if course.next().is_some_and(|token| token.is_word(order)) {
                        course.say()?;
                        course.say()?;
                    }
                }
            }
            ObjectKind::Event => {
                course.say()?;
                while !course.takes("DO") {
                    course.say()?;
                }
            }
            ObjectKind::Package | ObjectKind::PackageBody => {
                while !course.takes("AS") && !course.takes("IS") {
                    course.say()?;
                }
            }
            _ => {
                while !course.next()?.is_sign("(") {
                    course.say()?;
                }
                parameters = course.parenthesis()?;
                if course.takes("RETURNS") || course.takes("RETURN") {
                    course.returned()?;
                }
                course.characteristics();
            }
        }
        let end = course.at;
        Some(Head {
            said: course.said,
            parameters,
            end,
        })
    }
}

struct Course<'a> {
    text: &'a [Token<'a>],
    at: usize,
    said: Vec<String>,
}

impl<'a> Course<'a> {
    /// The number of the token that is the `ahead`th from here, gaps left out.
    fn number(&self, ahead: usize) -> Option<usize> {
        let rest = self.text.iter().enumerate().skip(self.at);
        let mut rest = rest.filter(|(_, token)| token.kind != Kind::Gap);
        rest.nth(ahead).map(|(number, _)| number)
    }

    fn peek(&self, ahead: usize) -> Option<&'a Token<'a>> {
        self.number(ahead).map(|number| &self.text[number])
    }

    fn next(&self) -> Option<&'a Token<'a>> {
        self.peek(0)
    }

    fn skip(&mut self) {
        self.at = self.number(0).map_or(self.text.len(), |number| number + 1);
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.next().is_some_and(|token| token.is_word(word));
        if found {
            self.skip();
        }
        found
    }

    /// Takes a token into the head: names without their quotes, words that only one version uses as the other's.
    fn say(&mut self) -> Option<()> {
        const KEYWORDS: &[&str] = &[
            "before",
            "after",
            "insert",
            "update",
            "delete",
            "or",
            "on",
            "for",
            "follows",
            "precedes",
            "schedule",
            "every",
            "at",
            "starts",
            "ends",
            "completion",
            "not",
            "preserve",
            "enable",
            "disable",
            "comment",
            "slave",
            "replica",
            "body",
            "if",
            "exists",
        ];
        let token = self.next()?;
        let lower = token.text.to_lowercase();
        let said = match token.kind {
            Kind::Word if lower == "replica" => "slave".into(),
            Kind::Word if KEYWORDS.contains(&lower.as_str()) => lower,
            Kind::Name => token.unquoted(),
            _ => token.text.to_string(),
        };
        self.said.push(said);
        self.skip();
        Some(())
    }

    /// Takes a parenthesis; returns where what it holds begins and ends.
    fn parenthesis(&mut self) -> Option<(usize, usize)> {
        let open = self.number(0)?;
        let mut depth = 0;
        for (number, token) in self.text.iter().enumerate().skip(open) {
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth -= 1;
            }
            if depth == 0 {
                self.at = number + 1;
                return Some((open + 1, number));
            }
        }
        None
    }

    /// The type that a function returns.
    fn returned(&mut self) -> Option<()> {
        const WIDTHS: &[&str] = &["tinyint", "smallint", "mediumint", "int", "bigint", "year"];
        let mut name = self.next()?.text.to_lowercase();
        self.skip();
        if name == "geometrycollection" {
            name = "geomcollection".into();
        }
        let mut kind = name.clone();
        let says = |kind: &mut String, more: &str| {
            kind.push(' ');
            kind.push_str(more);
        };
        if self.next().is_some_and(|token| token.is_sign("(")) {
            let (from, to) = self.parenthesis()?;
            let width: String = self.text[from..to].iter().map(|token| token.text).collect();
            if !WIDTHS.contains(&name.as_str()) || (name == "tinyint" && width == "1") {
                says(&mut kind, &format!("({width})"));
            }
        }
        while let Some(word) = ["UNSIGNED", "ZEROFILL", "PRECISION", "VARYING", "BINARY"]
            .into_iter()
            .find(|word| self.takes(word))
        {
            says(&mut kind, &word.to_lowercase());
        }
        let mut charset = None;
        if self.takes("CHARSET") || self.takes("CHARACTER") && self.takes("SET") {
            charset = Some(collations::modern(&self.next()?.text.to_lowercase()));
            self.skip();
        }
        let mut collation = None;
        if self.takes("COLLATE") {
            collation = Some(collations::modern(&self.next()?.text.to_lowercase()));
            self.skip();
        }
        // MariaDB knows it as a text that is compared byte by byte.
        if name == "json" {
            kind = "longtext".into();
            charset = Some("utf8mb4".into());
            collation = Some("utf8mb4_bin".into());
        }
        // MySQL leaves out what the character set means there anyway.
        let meant = charset.as_deref().map(collations::shortened);
        if collation == meant {
            collation = None;
        }
        self.said
            .push(format!("returns {kind} {charset:?} {collation:?}"));
        Some(())
    }

    /// What is said of a routine before its body.
    fn characteristics(&mut self) {
        const KNOWN: &[&[&str]] = &[
            &["LANGUAGE", "SQL"],
            &["NOT", "DETERMINISTIC"],
            &["DETERMINISTIC"],
            &["CONTAINS", "SQL"],
            &["NO", "SQL"],
            &["READS", "SQL", "DATA"],
            &["MODIFIES", "SQL", "DATA"],
            &["SQL", "SECURITY", "DEFINER"],
            &["SQL", "SECURITY", "INVOKER"],
        ];
        loop {
            let is_next = |words: &&&[&str]| {
                let mut words = words.iter().enumerate();
                words.all(|(ahead, word)| self.peek(ahead).is_some_and(|token| token.is_word(word)))
            };
            if let Some(words) = KNOWN.iter().find(is_next) {
                self.said.push(words.join(" ").to_lowercase());
                words.iter().for_each(|_| self.skip());
            } else if self.next().is_some_and(|token| token.is_word("COMMENT"))
                && let Some(comment) = self.peek(1).filter(|token| token.kind == Kind::Text)
            {
                self.said.push(comment.text.to_string());
                self.skip();
                self.skip();
            } else {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: ObjectKind, definition: &str, mode: &str) -> Object {
        Object {
            kind,
            name: "f".into(),
            table: None,
            definition: definition.into(),
            session: vec![("sql_mode".into(), mode.into())],
            definer: None,
            obstacle: None,
        }
    }

    fn same(kind: ObjectKind, here: &str, there: &str) -> bool {
        is_same(&object(kind, here, ""), &object(kind, there, ""))
    }

    const TRIGGER: &str = "CREATE DEFINER=`a`@`%` TRIGGER noting BEFORE INSERT ON parents FOR EACH ROW SET NEW.c = NOW(6), NEW.d = (SELECT 1 FROM T)";
    const FUNCTION: &str = "CREATE DEFINER=`a`@`%` FUNCTION `f`(n INT, `S` varchar(9)) RETURNS int(11)\n    NO SQL\n    DETERMINISTIC\n    COMMENT 'x'\nRETURN n -- end";

    #[test]
    fn d04_heads_are_the_same_whoever_printed_them() {
        let quoted = TRIGGER
            .replace("TRIGGER noting", "trigger `noting`")
            .replace("ON parents FOR", "on `parents` for");
        assert!(same(ObjectKind::Trigger, TRIGGER, &quoted));
        let written = TRIGGER
            .replace("TRIGGER", "TRIGGER IF NOT EXISTS")
            .replace("ON parents", "ON shop.`parents`");
        assert!(same(ObjectKind::Trigger, TRIGGER, &written));
        let plain = FUNCTION.replace("int(11)", "int");
        assert!(same(ObjectKind::Function, FUNCTION, &plain));
        let text = |kind: &str| FUNCTION.replace("int(11)", kind);
        for (here, there) in [
            (
                "varchar(9) CHARSET latin1",
                "varchar(9) CHARSET latin1 COLLATE latin1_swedish_ci",
            ),
            (
                "text CHARSET utf8",
                "text CHARSET utf8mb3 COLLATE utf8mb3_general_ci",
            ),
            (
                "text CHARSET utf8mb4",
                "text CHARSET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
            ),
            ("json", "longtext CHARSET utf8mb4 COLLATE utf8mb4_bin"),
        ] {
            assert!(
                same(ObjectKind::Function, &text(here), &text(there)),
                "{here}"
            );
        }
        for (here, there) in [
            ("varchar(9) CHARSET latin1", "varchar(8) CHARSET latin1"),
            (
                "text CHARSET utf8mb4",
                "text CHARSET utf8mb4 COLLATE utf8mb4_general_ci",
            ),
            ("tinyint(1)", "tinyint"),
        ] {
            assert!(
                !same(ObjectKind::Function, &text(here), &text(there)),
                "{here}"
            );
        }
    }

    #[test]
    fn d02_every_letter_of_a_body_counts() {
        for (from, to) in [
            ("NOW(6)", "NOW()"),
            ("FROM T", "FROM t"),
            ("NEW.c", "NEW.C"),
            ("SET NEW.c", "/* why */ SET NEW.c"),
            ("noting", "Noting"),
            ("parents", "Parents"),
        ] {
            assert!(
                !same(ObjectKind::Trigger, TRIGGER, &TRIGGER.replace(from, to)),
                "{to}"
            );
        }
        for (from, to) in [
            ("`S`", "`s`"),
            ("n INT", "N INT"),
            ("-- end", ""),
            ("'x'", "'X'"),
            ("NO SQL", "CONTAINS SQL"),
            ("`a`@", "`b`@"),
        ] {
            assert!(
                !same(ObjectKind::Function, FUNCTION, &FUNCTION.replace(from, to)),
                "{to}"
            );
        }
        let event = "CREATE DEFINER=`a`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE ON SLAVE DO select 1";
        assert!(same(
            ObjectKind::Event,
            event,
            &event.replace("SLAVE", "REPLICA")
        ));
        assert!(!same(
            ObjectKind::Event,
            event,
            &event.replace("select", "SELECT")
        ));
        assert!(!same(
            ObjectKind::Event,
            event,
            &event.replace("EVERY 1", "EVERY 2")
        ));
    }

    #[test]
    fn d02_the_mode_decides_what_a_head_is() {
        let one = "CREATE DEFINER=\"a\"@\"%\" FUNCTION \"f\"(n INT) RETURNS int(11)\nRETURN \"t\"";
        let kind = ObjectKind::Function;
        let other = object(kind, &one.replace("int(11)", "int"), "ANSI_QUOTES");
        assert!(is_same(&object(kind, one, "ANSI_QUOTES"), &other));
        assert!(!is_same(&object(kind, one, ""), &other));
    }
}
