//! Plans that wait to be applied, and the direction of each pair of databases.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::{Result, Store};
use crate::plan::Sealed;

/// A kept plan.
#[derive(Clone, Debug)]
pub struct KeptPlan {
    /// What a person types.
    pub number: i64,
    pub hash: String,
    pub created: DateTime<Utc>,
    pub source: String,
    pub target: String,
}

/// How many plans are kept: the newest.
const KEPT: i64 = 200;

const COLUMNS: &str = "number, hash, created, source, target";

impl Store {
    /// Keeps a plan; returns its number.
    pub fn keep_plan(&self, plan: &Sealed) -> Result<i64> {
        let (source, target) = (&plan.document.source, &plan.document.target);
        self.write("keep the plan", |transaction| {
            transaction.execute(
                "INSERT INTO plans (hash, created, source, target, document) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    plan.hash,
                    Utc::now().timestamp_micros(),
                    source.name,
                    target.name,
                    plan.text()
                ],
            )?;
            let number = transaction.last_insert_rowid();
            transaction.execute("DELETE FROM plans WHERE number <= ?1", [number - KEPT])?;
            Ok(number)
        })
    }

    /// The newest plans first.
    pub fn plans(&self, limit: usize) -> Result<Vec<KeptPlan>> {
        self.read("read the plans", |connection| {
            connection
                .prepare(&format!(
                    "SELECT {COLUMNS} FROM plans ORDER BY number DESC LIMIT ?1"
                ))?
                .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], kept)?
                .collect()
        })
    }

    /// The text of the plan with this number, or whose hash begins so.
    pub fn plan(&self, number: Option<i64>, hash: &str) -> Result<Option<String>> {
        self.read("read the plan", |connection| {
            connection
                .query_row(
                    "SELECT document FROM plans
                     WHERE number = ?1 OR (?1 IS NULL AND substr(hash, 1, length(?2)) = ?2)
                     ORDER BY number DESC LIMIT 1",
                    params![number, hash],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// Notes that a database was synced from another one.
    pub fn note_origin(&self, target: &str, source: &str) -> Result<()> {
        self.write("note where the database comes from", |transaction| {
            transaction.execute(
                "INSERT INTO origins (target, source, noted) VALUES (?1, ?2, ?3)
                 ON CONFLICT (target, source) DO UPDATE SET noted = excluded.noted",
                params![target, source, Utc::now().timestamp_micros()],
            )?;
            Ok(())
        })
    }

    /// Whether a database was synced from another one.
    pub fn came_from(&self, target: &str, source: &str) -> Result<bool> {
        self.read("read where the database comes from", |connection| {
            connection
                .prepare("SELECT 1 FROM origins WHERE target = ?1 AND source = ?2")?
                .exists([target, source])
        })
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptPlan> {
    Ok(KeptPlan {
        number: row.get(0)?,
        hash: row.get(1)?,
        created: DateTime::from_timestamp_micros(row.get(2)?).unwrap_or_default(),
        source: row.get(3)?,
        target: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::plan::document::{Document, Manner, Party};
    use crate::plan::{Allow, Sealed};
    use crate::store::test::store;

    fn plan(target: &str) -> Sealed {
        let party = |name: &str| Party {
            name: name.into(),
            identity: name.into(),
        };
        Sealed::new(Document {
            created: "2026-01-02T03:04:05Z".into(),
            program: "0.1.0".into(),
            source: party("a"),
            target: party(target),
            manner: Manner::default(),
            allow: Allow::default(),
            databases: Vec::new(),
        })
    }

    #[test]
    fn a_plan_is_found_by_its_number_and_by_its_hash() {
        let (_home, store) = store();
        let (one, two) = (plan("b"), plan("c"));
        assert_eq!(store.keep_plan(&one).unwrap(), 1);
        assert_eq!(store.keep_plan(&two).unwrap(), 2);
        assert_eq!(store.plan(Some(1), "").unwrap().unwrap(), one.text());
        assert_eq!(store.plan(None, two.short()).unwrap().unwrap(), two.text());
        assert_eq!(store.plan(Some(3), "").unwrap(), None);
        let kept = store.plans(9).unwrap();
        assert_eq!((kept[0].number, kept[0].target.as_str()), (2, "c"));
    }

    #[test]
    fn old_plans_make_room() {
        let (_home, store) = store();
        for _ in 0..super::KEPT + 2 {
            store.keep_plan(&plan("b")).unwrap();
        }
        assert_eq!(store.plans(usize::MAX).unwrap().len() as i64, super::KEPT);
        assert_eq!(store.plan(Some(2), "").unwrap(), None);
        assert!(store.plan(Some(3), "").unwrap().is_some());
    }

    #[test]
    fn e10_a_pair_has_one_direction() {
        let (_home, store) = store();
        store.note_origin("dev/shop", "prod/shop").unwrap();
        store.note_origin("dev/shop", "prod/shop").unwrap();
        assert!(store.came_from("dev/shop", "prod/shop").unwrap());
        assert!(!store.came_from("prod/shop", "dev/shop").unwrap());
    }
}
