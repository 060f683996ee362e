//! `backup`: folders that hold databases as they were at one moment, and the way back.
//!
//! A backup is made of what `sync` would copy, and restored as `sync` copies: plan, question, staging, swap. So
//! every guard of a sync holds for a restore too.

mod create;
mod find;
mod list;
mod made;
mod restore;
mod verify;

pub use create::Create;

use serde_json::Value;

use super::sync::reply::Synced;
use super::{Command, Context, Error, Group, Result};
use crate::output::{Exit, Page, Reply};

pub use find::names;

/// Save databases to a folder, check it, and bring them back
#[derive(clap::Parser, Debug)]
#[command(name = "backup")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// List the backups, the newest first
    #[command(visible_alias = "ls")]
    List {
        /// The folder that holds them [default: backups in the home folder]
        #[arg(value_name = "DIR")]
        folder: Option<String>,
    },
    /// Save databases of one moment, and read the files back
    Create(create::Create),
    /// Read every byte of a backup and name what is damaged (exit code 2)
    Verify {
        /// Its id, its folder, or last
        #[arg(value_name = "BACKUP|DIR")]
        backup: String,
    },
    /// Copy the databases of a backup back, as a sync: plan, question, staging, swap
    Restore(restore::Restore),
}

/// What `backup` answers.
pub enum Answer {
    List(list::List),
    Made(Box<create::Made>),
    Checked(Box<verify::Checked>),
    Restored(Box<Synced>),
}

impl Command for Args {
    type Reply = Answer;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("backup create prod/shop", "one database"),
        ("backup create prod 'shop,crm_*'", "several, in one folder"),
        (
            "backup create prod/shop --to /mnt/backups",
            "on another disk",
        ),
        ("backup", "list them"),
        ("backup verify last", "read every byte of the newest"),
        ("backup restore last", "to where it came from"),
        (
            "backup restore last to dev --map shop=shop_then",
            "elsewhere, under another name",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Answer> {
        match self.action.unwrap_or(Action::List { folder: None }) {
            Action::List { folder } => list::list(cx, folder.as_deref()).map(Answer::List),
            Action::Create(create) => create
                .run(cx)
                .await
                .map(|made| Answer::Made(Box::new(made))),
            Action::Verify { backup } => verify::verify(cx, &backup)
                .await
                .map(|checked| Answer::Checked(Box::new(checked))),
            Action::Restore(restore) => restore
                .run(cx)
                .await
                .map(|done| Answer::Restored(Box::new(done))),
        }
    }
}

impl Answer {
    fn reply(&self) -> &dyn Reply {
        match self {
            Answer::List(reply) => reply,
            Answer::Made(reply) => reply.as_ref(),
            Answer::Checked(reply) => reply.as_ref(),
            Answer::Restored(reply) => reply.as_ref(),
        }
    }
}

impl Reply for Answer {
    fn render(&self, page: &mut Page) {
        self.reply().render(page);
    }

    fn json(&self) -> Value {
        self.reply().json()
    }

    fn exit(&self) -> Exit {
        self.reply().exit()
    }
}

/// How many readers and writers work at once.
fn workers(cx: &Context<'_>, jobs: Option<u16>) -> usize {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let workers = jobs.map(usize::from).unwrap_or(processors.clamp(2, 4));
    workers.min(cx.settings.sync.max_concurrency.max(1))
}

/// Does what reads a whole disk aside.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> crate::engines::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Error::from),
        Err(ended) => Err(Error::failed(format!("the work ended abnormally: {ended}"))),
    }
}
