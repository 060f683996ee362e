//! What an account may do, read from SHOW GRANTS (the information schema is blind on managed servers).

use std::collections::BTreeSet;

use crate::model::catalog::ObjectKind;
use crate::model::survey::{Finding, Role, Unseen};

use super::Flavour;
use super::dialect::quote;

/// What a source must grant on the database.
const READ: &[&str] = &["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];
/// What a target must grant on the database, and on our own databases beside it.
const WRITE: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "CREATE VIEW",
    "SHOW VIEW",
    "TRIGGER",
    "EVENT",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
];
/// Our own databases on a target, as a grant's pattern.
const OURS: &str = "\\_maestro%";

/// The grants of the account that is logged in.
#[derive(Debug, Default)]
pub struct Grants {
    account: String,
    /// Pattern of the database (`%` for all) and the privileges there.
    scopes: Vec<(String, BTreeSet<String>)>,
    /// Whether every routine is shown: by SHOW_ROUTINE, or by reading the table that MariaDB keeps them in.
    sees_routines: bool,
}

impl Grants {
    /// Reads the lines of SHOW GRANTS; grants on single tables or routines are passed over.
    pub fn read(account: &str, lines: &[String]) -> Grants {
        let scopes = lines.iter().filter_map(|line| scope(line)).collect();
        Grants {
            account: account.to_string(),
            scopes,
            sees_routines: lines.iter().any(|line| shows_routines(line)),
        }
    }

    /// What this account may not be shown although it is there (C08).
    pub fn unseen(&self, flavour: &Flavour) -> Option<Unseen> {
        let everywhere = |(scope, held): &(String, BTreeSet<String>)| {
            scope == "%" && (held.contains("ALL PRIVILEGES") || held.contains("SELECT"))
        };
        if self.sees_routines || self.scopes.iter().any(everywhere) {
            return None;
        }
        let grant = if flavour.mariadb {
            "SELECT ON mysql.proc"
        } else {
            "SHOW_ROUTINE ON *.*"
        };
        Some(Unseen {
            kinds: vec![
                ObjectKind::Function,
                ObjectKind::Procedure,
                ObjectKind::Package,
                ObjectKind::PackageBody,
            ],
            mend: format!("GRANT {grant} TO {};", self.account),
        })
    }

    /// What is missing for a part, as findings with the statement that mends them.
    pub fn findings(&self, database: &str, role: Role) -> Vec<Finding> {
        match role {
            Role::Source => self
                .missing(database, &escaped(database), READ)
                .into_iter()
                .collect(),
            Role::Target => [
                (database, escaped(database)),
                ("_maestro", OURS.to_string()),
            ]
            .iter()
            .filter_map(|(name, pattern)| self.missing(name, pattern, WRITE))
            .collect(),
        }
    }

    fn missing(&self, database: &str, pattern: &str, needed: &[&str]) -> Option<Finding> {
        let held: BTreeSet<&str> = self
            .scopes
            .iter()
            .filter(|(scope, _)| matches(scope, database))
            .flat_map(|(_, privileges)| privileges.iter().map(String::as_str))
            .collect();
        let missing: Vec<&str> = needed
            .iter()
            .copied()
            .filter(|one| !held.contains("ALL PRIVILEGES") && !held.contains(one))
            .collect();
        (!missing.is_empty()).then(|| Finding {
            problem: format!(
                "{} may not {} on {database}",
                self.account,
                missing.join(", ")
            ),
            mend: format!(
                "GRANT {} ON {}.* TO {};",
                missing.join(", "),
                quote(pattern),
                self.account
            ),
        })
    }
}

/// `GRANT a, b ON db.* TO …` as the database's pattern and the privileges.
fn scope(line: &str) -> Option<(String, BTreeSet<String>)> {
    let rest = line.strip_prefix("GRANT ")?;
    let (privileges, rest) = rest.split_once(" ON ")?;
    let (place, _) = rest.split_once(" TO ")?;
    let database = place.strip_suffix(".*")?;
    let pattern = if database == "*" {
        "%".to_string()
    } else {
        database.trim_matches('`').replace("``", "`")
    };
    Some((
        pattern,
        privileges.split(", ").map(str::to_string).collect(),
    ))
}

fn shows_routines(line: &str) -> bool {
    let Some((privileges, place)) = line
        .strip_prefix("GRANT ")
        .and_then(|rest| rest.split_once(" ON "))
    else {
        return false;
    };
    let privileges: Vec<&str> = privileges.split(',').map(str::trim).collect();
    let on_proc =
        place.replace('`', "").starts_with("mysql.proc ") && privileges.contains(&"SELECT");
    on_proc || privileges.contains(&"SHOW_ROUTINE")
}

/// Whether a grant's pattern covers a database: `%` and `_` are wild unless escaped.
fn matches(pattern: &str, database: &str) -> bool {
    fn inner(pattern: &[char], name: &[char]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, rest) => rest.is_none(),
            (Some(('%', more)), _) => (0..=name.len()).any(|skip| inner(more, &name[skip..])),
            (Some(('\\', [next, more @ ..])), Some((first, rest))) => {
                next == first && inner(more, rest)
            }
            (Some(('_', more)), Some((_, rest))) => inner(more, rest),
            (Some((expected, more)), Some((first, rest))) => expected == first && inner(more, rest),
            (Some(_), None) => false,
        }
    }
    inner(
        &pattern.chars().collect::<Vec<_>>(),
        &database.chars().collect::<Vec<_>>(),
    )
}

fn escaped(database: &str) -> String {
    database.replace('_', "\\_").replace('%', "\\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(lines: &[&str]) -> Grants {
        Grants::read(
            "`ro`@`%`",
            &lines
                .iter()
                .map(|line| line.to_string())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn all_privileges_everywhere_miss_nothing() {
        let all = grants(&["GRANT ALL PRIVILEGES ON *.* TO `dbm`@`%` WITH GRANT OPTION"]);
        assert_eq!(all.findings("shop", Role::Target), []);
    }

    #[test]
    fn c08_a_missing_privilege_is_named_with_its_grant() {
        let read = grants(&[
            "GRANT USAGE ON *.* TO `ro`@`%`",
            "GRANT SELECT, TRIGGER, EVENT ON `my\\_shop`.* TO `ro`@`%`",
        ]);
        assert_eq!(
            read.findings("my_shop", Role::Source),
            [Finding {
                problem: "`ro`@`%` may not SHOW VIEW on my_shop".into(),
                mend: "GRANT SHOW VIEW ON `my\\_shop`.* TO `ro`@`%`;".into(),
            }]
        );
    }

    #[test]
    fn c08_routines_may_be_hidden_unless_the_account_is_shown_all() {
        let mariadb = Flavour::read("10.11.6-MariaDB");
        let own = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO `ro`@`%`";
        let unseen = grants(&[own]).unseen(&mariadb).unwrap();
        assert_eq!(unseen.mend, "GRANT SELECT ON mysql.proc TO `ro`@`%`;");
        for more in [
            "GRANT SELECT ON `mysql`.`proc` TO `ro`@`%`",
            "GRANT SHOW_ROUTINE ON *.* TO `ro`@`%`",
            "GRANT SELECT, EVENT ON *.* TO `ro`@`%`",
        ] {
            assert_eq!(grants(&[own, more]).unseen(&mariadb), None, "{more}");
        }
    }

    #[test]
    fn wildcards_of_a_grant_cover_what_the_server_says_they_cover() {
        for (pattern, name, covered) in [
            ("shop%", "shop_a", true),
            ("shop\\_a", "shopxa", false),
            ("shop_a", "shopxa", true),
            ("%", "x", true),
        ] {
            assert_eq!(matches(pattern, name), covered, "{pattern} {name}");
        }
    }
}
