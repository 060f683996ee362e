//! From MariaDB to MySQL and back, and between versions: collations, types, defaults, options, modes.
//!
//! Between servers of one product and version nothing is touched. Otherwise each table is taken apart, put into the
//! target's words and put together again; what is not the same afterwards is said: mapped, not copied, or refused
//! with the way on. What nobody can know from here the target says itself while the copy is staged.

mod alike;
mod canonical;
mod collations;
mod declared;
mod definition;
mod modes;
mod program;
mod table;
mod tokens;
mod write;

pub use alike::is_same_object;

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::model::spelling::{About, Mapped, Remark, Says, Spelled};
use crate::model::survey::{Product, Survey};

/// One side, as far as it decides.
#[derive(Clone, Debug)]
pub struct Side {
    pub product: Product,
    pub mariadb: bool,
    version: Vec<u32>,
}

impl Side {
    fn of(product: &Product) -> Side {
        let numbers = product
            .version
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        Side {
            mariadb: product.flavour == "MariaDB",
            version: numbers.collect(),
            product: product.clone(),
        }
    }

    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.version.as_slice() >= [major, minor].as_slice()
    }

    /// The collation that a character set means by itself.
    fn meant(&self, charset: &str) -> String {
        match charset == "utf8mb4" && !self.mariadb && self.is_at_least(8, 0) {
            true => collations::shortened(charset),
            false => collations::usual(charset),
        }
    }

    /// How an index is called that no query uses.
    fn hidden(&self) -> &'static str {
        if self.mariadb { "IGNORED" } else { "INVISIBLE" }
    }
}

/// Both sides, and what the target has.
pub struct Across<'a> {
    from: Side,
    pub to: Side,
    /// Whether the products differ, and not the versions alone.
    pub crosses: bool,
    known: &'a BTreeSet<String>,
    /// The names of checks that tables have taken so far.
    taken: RefCell<BTreeSet<String>>,
}

impl Across<'_> {
    pub fn fitting(&self, collation: &str) -> Option<String> {
        if self.known.is_empty() {
            return Some(collation.to_string());
        }
        collations::fitting(collation, self.known, self.crosses)
    }

    /// Whether the target knows a character set: it then has a collation of it.
    pub fn has_charset(&self, charset: &str) -> bool {
        let same =
            |collation: &String| collations::same_charset(collations::charset(collation), charset);
        self.known.is_empty() || self.known.iter().any(same)
    }

    /// Takes the name of a check; false when another table has it, or would have.
    pub fn is_free(&self, name: &str) -> bool {
        !table::is_counted(name) && self.taken.borrow_mut().insert(name.to_lowercase())
    }
}

pub fn spell(spelled: &mut Spelled, from: &Survey, to: &Survey) {
    if from.product == to.product || from.product.engine != to.product.engine {
        return;
    }
    let across = Across {
        from: Side::of(&from.product),
        to: Side::of(&to.product),
        crosses: from.product.flavour != to.product.flavour,
        known: &to.collations,
        taken: RefCell::default(),
    };
    database(spelled, &across);
    for table in &mut spelled.catalog.tables {
        spelled.remarks.extend(table::spell(table, &across));
    }
    for object in &mut spelled.catalog.objects {
        spelled
            .remarks
            .extend(modes::spell(object, &across, &from.collations));
    }
    if let Some(there) = &to.catalog {
        alike::adopt(&mut spelled.catalog, there);
    }
}

/// The defaults of a database that is made new.
fn database(spelled: &mut Spelled, across: &Across) {
    let Some(collation) = spelled.catalog.collation.clone() else {
        return;
    };
    let Some(fitting) = across.fitting(&collation) else {
        return;
    };
    if collations::modern(&fitting) != collations::modern(&collation) {
        spelled.remarks.push(Remark {
            about: About::Database,
            says: Says::Mapped(Mapped {
                what: "collation of the database".into(),
                from: collation,
                to: fitting.clone(),
            }),
        });
    }
    spelled.catalog.charset = Some(collations::charset(&fitting).to_string());
    spelled.catalog.collation = Some(fitting);
}

#[cfg(test)]
mod tests;
