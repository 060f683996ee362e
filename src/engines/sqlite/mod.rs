//! SQLite: a folder of database files, or one file.
use super::{ConnectOptions, Engine, Result, Server};
use crate::model::endpoint::Endpoint;
use async_trait::async_trait;
pub struct Sqlite;
#[async_trait]
impl Engine for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }
    fn schemes(&self) -> &'static [(&'static str, Option<u16>)] {
        &[("sqlite", None)]
    }
    async fn connect(&self, _: &Endpoint, _: &ConnectOptions) -> Result<Box<dyn Server>> {
        todo!()
    }
}
