//! What an account may do, read from SHOW GRANTS (the information schema is blind on managed servers).
//!
//! The grants of active roles are among those lines. What an account may not read, a server does not even show it:
//! what is missing is therefore either named with its GRANT, or counts as unseen, and nothing like it is removed (C08).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalog::{Catalog, ObjectKind};
use crate::model::spelling::{About, Remark, Says};
use crate::model::survey::{Finding, Role, Unseen};

use super::Flavour;
use super::dialect::quote;
use super::tokens::{Kind, Modes, Token, tokens};

/// What a source must grant on the database.
const READ: &[&str] = &["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];
/// What of it counts on a single table too; the table's triggers are shown only with TRIGGER.
const READ_TABLE: &[&str] = &["SELECT", "TRIGGER"];
/// The same for a single view.
const READ_VIEW: &[&str] = &["SELECT", "SHOW VIEW"];
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

/// Where privileges hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Everywhere,
    /// The pattern of a database.
    Database(String),
    /// A table or view of a database.
    Table(String, String),
}

/// One line of SHOW GRANTS: who holds what where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    holder: String,
    scope: Scope,
    privileges: BTreeSet<String>,
    /// `REVOKE … ON db.*`: what a grant on everything does not give.
    is_taken: bool,
}

/// The grants of the account that is logged in.
#[derive(Debug, Default)]
pub struct Grants {
    account: String,
    grants: Vec<Grant>,
}

impl Grants {
    /// Reads the lines of SHOW GRANTS; grants on single routines and columns are passed over.
    pub fn read(account: &str, lines: &[String]) -> Grants {
        Grants {
            account: account.to_string(),
            grants: lines.iter().filter_map(|line| grant(line)).collect(),
        }
    }

    /// What this account may not be shown although it is there (C08).
    pub fn unseen(&self, flavour: &Flavour, database: &str) -> Option<Unseen> {
        let tables = !self.holds(database, "SELECT");
        let mut kinds = Vec::new();
        let mut mends = Vec::new();
        if tables {
            mends.push(self.on_database("SELECT", &escaped(database)));
        }
        if !self.sees_routines(flavour) {
            kinds.extend([
                ObjectKind::Function,
                ObjectKind::Procedure,
                ObjectKind::Package,
                ObjectKind::PackageBody,
            ]);
            let grant = match flavour.mariadb {
                true => "SELECT ON mysql.proc",
                false => "SHOW_ROUTINE ON *.*",
            };
            mends.push(format!("GRANT {grant} TO {};", self.account));
        }
        (!mends.is_empty()).then(|| Unseen {
            kinds,
            tables,
            mend: mends.join(" "),
        })
    }

    /// Whether every routine is shown: by SHOW_ROUTINE, or by reading the table that MariaDB keeps them in.
    fn sees_routines(&self, flavour: &Flavour) -> bool {
        let sufficient = ["ALL PRIVILEGES", "SELECT", "SHOW_ROUTINE"];
        let gives = |grant: &Grant| sufficient.iter().any(|one| grant.privileges.contains(*one));
        let everywhere = |grant: &Grant| grant.scope == Scope::Everywhere && gives(grant);
        self.grants.iter().any(everywhere)
            || flavour.mariadb && self.holds_on("mysql", "proc", "SELECT")
    }

    /// What is missing for a part, as findings with the statement that mends them. An account with grants on some
    /// tables of a source may read those: [`Grants::denied`] has the others.
    pub fn findings(&self, database: &str, role: Role) -> Vec<Finding> {
        match role {
            Role::Source => {
                let needed: Vec<&str> = match self.has_tables(database) {
                    true => vec!["EVENT"],
                    false => READ.to_vec(),
                };
                self.missing(database, &escaped(database), &needed)
                    .into_iter()
                    .collect()
            }
            Role::Target => [
                (database, escaped(database)),
                ("_maestro", OURS.to_string()),
            ]
            .iter()
            .filter_map(|(name, pattern)| self.missing(name, pattern, WRITE))
            .collect(),
        }
    }

    /// The tables and views of a source that this account sees and may not read, each with its GRANT.
    pub fn denied(&self, catalog: &Catalog) -> Vec<Remark> {
        let database = &catalog.database;
        if !self.has_tables(database) {
            return Vec::new();
        }
        let tables = catalog
            .tables
            .iter()
            .map(|table| (About::Table(table.name.clone()), &table.name, READ_TABLE));
        let views = catalog
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::View)
            .map(|view| {
                let about = About::Object(view.kind, view.name.clone());
                (about, &view.name, READ_VIEW)
            });
        let denied = tables.chain(views).filter_map(|(about, name, needed)| {
            let missing: Vec<&str> = needed
                .iter()
                .copied()
                .filter(|one| !self.holds_on(database, name, one))
                .collect();
            let list = missing.join(", ");
            let place = format!("{}.{}", quote(database), quote(name));
            let finding = Finding {
                problem: format!("{} may not {list} on {database}.{name}", self.account),
                mend: format!("GRANT {list} ON {place} TO {};", self.account),
            };
            (!missing.is_empty()).then_some(Remark {
                about,
                says: Says::Refused(finding),
            })
        });
        denied.collect()
    }

    /// What of these is not granted on a whole database.
    pub fn lacks(&self, database: &str, needed: &[&str]) -> Option<Finding> {
        self.missing(database, &escaped(database), needed)
    }

    fn missing(&self, database: &str, pattern: &str, needed: &[&str]) -> Option<Finding> {
        let missing: Vec<&str> = needed
            .iter()
            .copied()
            .filter(|one| !self.holds(database, one))
            .collect();
        (!missing.is_empty()).then(|| Finding {
            problem: format!(
                "{} may not {} on {database}",
                self.account,
                missing.join(", ")
            ),
            mend: self.on_database(&missing.join(", "), pattern),
        })
    }

    fn on_database(&self, privileges: &str, pattern: &str) -> String {
        format!(
            "GRANT {privileges} ON {}.* TO {};",
            quote(pattern),
            self.account
        )
    }

    /// Whether some grant is about a single table of a database.
    fn has_tables(&self, database: &str) -> bool {
        self.grants
            .iter()
            .any(|grant| matches!(&grant.scope, Scope::Table(on, _) if on == database))
    }

    /// Whether a privilege holds for a whole database.
    fn holds(&self, database: &str, privilege: &str) -> bool {
        let gives = |grant: &Grant| {
            grant.privileges.contains("ALL PRIVILEGES") || grant.privileges.contains(privilege)
        };
        let taken = self.grants.iter().any(|grant| {
            grant.is_taken && gives(grant) && grant.scope == Scope::Database(database.to_string())
        });
        let everywhere = |grant: &Grant| !grant.is_taken && grant.scope == Scope::Everywhere;
        // Of several patterns that fit, a server goes by the most specific alone.
        let mut closest: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for grant in self.grants.iter().filter(|grant| !grant.is_taken) {
            let Scope::Database(pattern) = &grant.scope else {
                continue;
            };
            if matches(pattern, database) {
                let found = (specificity(pattern), gives(grant));
                let known = closest.entry(&grant.holder).or_insert(found);
                if found.0 > known.0 {
                    *known = found;
                }
            }
        }
        closest.values().any(|(_, gives)| *gives)
            || !taken
                && self
                    .grants
                    .iter()
                    .any(|grant| everywhere(grant) && gives(grant))
    }

    /// Whether a privilege holds for one table.
    fn holds_on(&self, database: &str, table: &str, privilege: &str) -> bool {
        let here = |grant: &Grant| {
            matches!(&grant.scope, Scope::Table(on, name) if on == database && name == table)
                && (grant.privileges.contains("ALL PRIVILEGES")
                    || grant.privileges.contains(privilege))
        };
        self.holds(database, privilege) || self.grants.iter().any(here)
    }
}

/// How much of a pattern is fixed: all of it, or what stands before the first wild character.
fn specificity(pattern: &str) -> usize {
    let mut escaped = false;
    for (at, c) in pattern.char_indices() {
        match c {
            '%' | '_' if !escaped => return at,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    usize::MAX
}

/// `GRANT a, b (c) ON db.t TO …`: a privilege on some columns only is none.
fn grant(line: &str) -> Option<Grant> {
    let pieces = tokens(line, Modes::default());
    let mut pieces = pieces
        .iter()
        .filter(|piece| piece.kind != Kind::Gap)
        .peekable();
    let is_taken = match pieces.next()? {
        word if word.is_word("GRANT") => false,
        word if word.is_word("REVOKE") => true,
        _ => return None,
    };
    let mut privileges = BTreeSet::new();
    let mut words: Vec<&str> = Vec::new();
    let mut in_columns = false;
    loop {
        let piece = pieces.next()?;
        match piece.text {
            "(" => {
                in_columns = true;
                words.clear();
            }
            ")" => in_columns = false,
            _ if in_columns => {}
            _ if piece.is_word("ON") => break,
            "," => drop(privileges.insert(std::mem::take(&mut words).join(" "))),
            word => words.push(word),
        }
    }
    privileges.insert(words.join(" "));
    privileges.remove("");
    // `*.*`, `db.*`, `db.t`; anything else is a routine or a proxy.
    let (database, dot, table) = (pieces.next()?, pieces.next()?, pieces.next()?);
    if !dot.is_sign(".") {
        return None;
    }
    let name = |piece: &Token<'_>| piece.name().map(|name| name.into_owned());
    let scope = match (name(database), name(table)) {
        (None, None) => Scope::Everywhere,
        (Some(database), None) => Scope::Database(database),
        (Some(database), Some(table)) => Scope::Table(database, table),
        _ => return None,
    };
    pieces.next()?;
    let holder = pieces.map(|piece| piece.text).take(2).collect();
    Some(Grant {
        holder,
        scope,
        privileges,
        is_taken,
    })
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
        let unseen = grants(&[own]).unseen(&mariadb, "shop").unwrap();
        assert!(!unseen.tables);
        assert_eq!(unseen.mend, "GRANT SELECT ON mysql.proc TO `ro`@`%`;");
        for more in [
            "GRANT SELECT ON `mysql`.`proc` TO `ro`@`%`",
            "GRANT SELECT ON `mysql`.* TO `ro`@`%`",
            "GRANT ALL PRIVILEGES ON `mysq%`.* TO `ro`@`%`",
            "GRANT SHOW_ROUTINE ON *.* TO `ro`@`%`",
            "GRANT SELECT, EVENT ON *.* TO `ro`@`%`",
        ] {
            assert_eq!(
                grants(&[own, more]).unseen(&mariadb, "shop"),
                None,
                "{more}"
            );
        }
        // MySQL keeps them in no table that an account may read.
        let more = "GRANT SELECT ON `mysql`.* TO `ro`@`%`";
        let unseen = grants(&[own, more]).unseen(&Flavour::read("9.7.0"), "shop");
        assert!(unseen.is_some_and(|unseen| !unseen.kinds.is_empty()));
    }

    #[test]
    fn c08_grants_on_tables_count_and_what_they_leave_out_is_unseen() {
        let some = grants(&[
            "GRANT USAGE ON *.* TO `ro`@`%`",
            "GRANT EVENT ON `a ON b`.* TO `ro`@`%`",
            "GRANT SELECT, TRIGGER ON `a ON b`.`t ``TO` TO `ro`@`%`",
            "GRANT SELECT (`x`, `ON`), INSERT ON `a ON b`.`u` TO `ro`@`%`",
        ]);
        assert_eq!(some.findings("a ON b", Role::Source), []);
        let table = |name: &str| crate::model::catalog::Table {
            name: name.into(),
            ..Default::default()
        };
        let catalog = Catalog {
            database: "a ON b".into(),
            tables: vec![table("t `TO"), table("u")],
            ..Catalog::default()
        };
        let denied = some.denied(&catalog);
        let Says::Refused(finding) = &denied[0].says else {
            panic!("{denied:?}");
        };
        assert_eq!(denied.len(), 1);
        assert_eq!(
            finding.mend,
            "GRANT SELECT, TRIGGER ON `a ON b`.`u` TO `ro`@`%`;"
        );
        let unseen = some.unseen(&Flavour::read("9.7.0"), "a ON b").unwrap();
        assert!(unseen.tables);
        assert!(unseen.mend.starts_with("GRANT SELECT ON `a ON b`.* TO"));
    }

    #[test]
    fn c08_a_server_goes_by_the_most_specific_grant_and_by_what_is_taken_away() {
        let ours = grants(&[
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `sh%`.* TO `ro`@`%`",
            "GRANT SELECT ON `shop`.* TO `ro`@`%`",
        ]);
        assert!(ours.findings("shops", Role::Source).is_empty());
        assert_eq!(ours.findings("shop", Role::Source).len(), 1);
        let partial = grants(&[
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO `ro`@`%`",
            "REVOKE SELECT ON `shop`.* FROM `ro`@`%`",
        ]);
        assert!(partial.findings("shops", Role::Source).is_empty());
        assert_eq!(partial.findings("shop", Role::Source).len(), 1);
        let by_role = grants(&[
            "GRANT SELECT ON `shop`.* TO `ro`@`%`",
            "GRANT SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO `readers`",
            "GRANT `readers` TO `ro`@`%`",
        ]);
        assert!(by_role.findings("shop", Role::Source).is_empty());
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
