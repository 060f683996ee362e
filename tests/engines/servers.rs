//! MariaDB's and MySQL's fixture: two servers that other tests use too, so every database has a name of its own.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use maestro::model::endpoint::{Endpoint, ParsedUrl};
use maestro::model::label::Label;

use super::kit::{Fixture, Side};
use crate::live::{self, Flavor, Place};

/// Two servers, and the names that the rule has used.
pub struct Servers {
    source: Place,
    target: Place,
    prefix: String,
    used: Mutex<BTreeSet<String>>,
}

impl Servers {
    /// None, and why, where there are no servers.
    pub fn find(flavor: Flavor) -> Option<Servers> {
        match (Place::find(flavor, "A"), Place::find(flavor, "B")) {
            (Ok(source), Ok(target)) => Some(Servers {
                source,
                target,
                prefix: format!("c{}", &uuid::Uuid::now_v7().simple().to_string()[18..]),
                used: Mutex::default(),
            }),
            (Err(reason), _) | (_, Err(reason)) => {
                live::skipped("engines", flavor, &reason);
                None
            }
        }
    }

    fn place(&self, side: Side) -> &Place {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

fn at(url: &str) -> Endpoint {
    Endpoint {
        name: url.into(),
        address: ParsedUrl::read(url, &maestro::engines::schemes(), None)
            .unwrap()
            .address,
        password: Some(live::password().into()),
        label: Label::Testing,
    }
}

#[async_trait]
impl Fixture for Servers {
    fn endpoint(&self, side: Side) -> Endpoint {
        at(&self.place(side).url("dbm"))
    }

    fn alias(&self) -> Endpoint {
        at(&format!("mysql://dbm@localhost:{}", self.source.port))
    }

    fn name(&self, database: &str) -> String {
        let name = format!("{}_{database}", self.prefix);
        self.used.lock().unwrap().insert(name.clone());
        name
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn create(&self, side: Side, database: &str) {
        self.place(side)
            .ask(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"))
            .await;
    }

    async fn hide(&self, side: Side) -> String {
        let name = format!("_maestro_{}", self.prefix);
        self.create(side, &name).await;
        self.used.lock().unwrap().insert(name.clone());
        name
    }

    async fn execute(&self, side: Side, database: &str, sql: &str) {
        let sql = format!("USE {database}; {sql}");
        self.place(side).ask(&sql).await;
    }

    async fn things(&self, side: Side) -> BTreeSet<String> {
        let place = self.place(side);
        let mut things = BTreeSet::new();
        let used = self.used.lock().unwrap().clone();
        for name in &used {
            things.extend(place.left_of(name).await);
            if place.has(name).await {
                things.insert(name.clone());
            }
        }
        things
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap());
        let places = [self.source.clone(), self.target.clone()];
        let clear = async move {
            for place in places {
                for name in &used {
                    place.remove(name).await;
                }
            }
        };
        // A thread of its own: the rule's runtime may not block.
        let _ = std::thread::spawn(|| live::block_on(clear)).join();
    }
}
