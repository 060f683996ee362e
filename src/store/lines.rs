//! The prompt's past lines. No secret is ever written: what looks like one becomes `***` first.

use std::sync::LazyLock;

use regex::Regex;
use rusqlite::OptionalExtension;

use super::{Result, Store};
use crate::model::endpoint::redact;

/// How many lines are kept.
const KEPT: i64 = 5000;

/// Each keeps its first group and hides what follows.
static SECRETS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    const VALUE: &str = r#"("(?:[^"\\]|\\.)*"|'[^']*'|[^\s;'",)]+)"#;
    let rule = |text: String| Regex::new(&text).expect("the rule is a regular expression");
    [
        // A URL whose password holds a quote, a space or a semicolon.
        rule(r#"(://[^:/\s@'"]*:)[^@]*@(?:\S*@)?"#.into()),
        // --password X, --password=X, --db-passwd X; not --password-env and --password-stdin.
        rule(format!(
            r"(?i)(--?(?:[a-z]+-)*(?:password|passwd|pass|pwd|secret|token)(?:\s*=\s*|\s+)){VALUE}"
        )),
        // PASSWORD=X, MYSQL_PWD=X, password: X.
        rule(format!(
            r"(?i)(\b\w*(?:password|passwd|pwd|secret|token)\s*[=:]\s*){VALUE}"
        )),
        // IDENTIFIED BY 'X', IDENTIFIED WITH plugin AS 'X'.
        rule(format!(
            r"(?i)(\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?){VALUE}"
        )),
    ]
});

/// A line as it may be kept: passwords in URLs and in arguments become `***`.
pub fn redacted(line: &str) -> String {
    let [url, rules @ ..] = &*SECRETS;
    let line = redact(line);
    let line = url.replace_all(&line, "${1}***@").into_owned();
    rules.iter().fold(line, |line, rule| {
        rule.replace_all(&line, "${1}***").into_owned()
    })
}

impl Store {
    /// The prompt's past lines, oldest first, at most `limit`; secrets are already redacted.
    pub fn lines(&self, limit: usize) -> Result<Vec<String>> {
        self.read("read the prompt's history", |connection| {
            let mut newest =
                connection.prepare("SELECT line FROM lines ORDER BY number DESC LIMIT ?1")?;
            let mut lines = newest
                .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()?;
            lines.reverse();
            Ok(lines)
        })
    }

    /// Remembers a line of the prompt, redacted; a line equal to the one before is not kept twice.
    pub fn add_line(&self, line: &str) -> Result<()> {
        let line = redacted(line.trim());
        if line.is_empty() {
            return Ok(());
        }
        self.write("remember the line", |transaction| {
            let last: Option<String> = transaction
                .query_row(
                    "SELECT line FROM lines ORDER BY number DESC LIMIT 1",
                    [],
                    |row| row.get(0),
                )
                .optional()?;
            if last.as_deref() == Some(line.as_str()) {
                return Ok(());
            }
            transaction.execute("INSERT INTO lines (line) VALUES (?1)", [&line])?;
            transaction.execute(
                "DELETE FROM lines WHERE number <= ?1",
                [transaction.last_insert_rowid() - KEPT],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test::store;

    #[test]
    fn passwords_never_reach_the_history() {
        for (typed, kept) in [
            ("add x mysql://u:Canary1@h/db", "add x mysql://u:***@h/db"),
            (
                "add x 'mysql://u:Ca;na@ry1@h/db'; databases",
                "add x 'mysql://u:***@h/db'; databases",
            ),
            (
                "add x \"mysql://u:Ca nary1@h\"",
                "add x \"mysql://u:***@h\"",
            ),
            (
                "add x --password Canary1 --no-test",
                "add x --password *** --no-test",
            ),
            ("add x --password='Cana ry1'", "add x --password=***"),
            ("add x --db-passwd=Canary1", "add x --db-passwd=***"),
            ("MYSQL_PWD=Canary1 sync", "MYSQL_PWD=*** sync"),
            (
                "query \"SET PASSWORD = 'Canary1'\"",
                "query \"SET PASSWORD = ***\"",
            ),
            (
                "query \"CREATE USER a IDENTIFIED BY 'Canary1'\"",
                "query \"CREATE USER a IDENTIFIED BY ***\"",
            ),
        ] {
            assert_eq!(redacted(typed), kept);
        }
    }

    #[test]
    fn what_is_no_secret_is_kept_as_typed() {
        for line in [
            "connections add x mysql://u@h:3306 --password-env VAR --store env",
            "connections add x mysql://u@h --password-stdin --no-test",
            "use mysql://u@h:3306/a mysql://u@h:3307/b",
            "sync prod/shop to dev/shop --select '1-3,!2'",
            "sync --table 'password_*' --map tokens=tokens_dev",
        ] {
            assert_eq!(redacted(line), line);
        }
    }

    #[test]
    fn a_repeated_line_is_kept_once_and_old_lines_leave() {
        let (_home, store) = store();
        for line in ["databases", "databases", " sync ", "databases", ""] {
            store.add_line(line).unwrap();
        }
        assert_eq!(store.lines(10).unwrap(), ["databases", "sync", "databases"]);
        assert_eq!(store.lines(2).unwrap(), ["sync", "databases"]);
    }

    #[test]
    fn only_the_newest_lines_are_kept() {
        let (_home, store) = store();
        store
            .write("fill", |transaction| {
                for number in 0..KEPT {
                    transaction
                        .execute("INSERT INTO lines (line) VALUES (?1)", [number.to_string()])?;
                }
                Ok(())
            })
            .unwrap();
        store.add_line("last").unwrap();
        let lines = store.lines(usize::MAX).unwrap();
        assert_eq!(lines.len(), KEPT as usize);
        assert_eq!((lines[0].as_str(), lines[4999].as_str()), ("1", "last"));
    }
}
