//! `config`: the settings in force, and where each comes from.

use serde_json::{Value, json};

use super::{Command, Context, Group, Result};
use crate::output::{Cell, Page, Reply, Table, Tone};
use crate::settings::{Origin, WITHOUT_EFFECT};

/// Show the settings and where each comes from
#[derive(clap::Parser, Debug)]
#[command(name = "config", visible_alias = "settings")]
pub struct Args {}

/// The settings in force.
pub struct Config {
    /// Where the file is or would be.
    file: Option<String>,
    exists: bool,
    home: Option<String>,
    entries: Vec<(&'static str, String, Origin)>,
    notices: Vec<String>,
}

impl Command for Args {
    type Reply = Config;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] =
        &[("config", "every setting, its value and its origin")];

    async fn run(self, cx: &mut Context<'_>) -> Result<Config> {
        let settings = cx.settings;
        let shown = |path: &std::path::Path| path.display().to_string();
        Ok(Config {
            file: settings.file.as_deref().map(shown),
            exists: settings.file.as_ref().is_some_and(|file| file.exists()),
            home: cx.store.path().parent().map(shown),
            entries: settings.entries(),
            notices: settings.without_effect.clone(),
        })
    }
}

impl Reply for Config {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(&["setting", "value", "from"]);
        for (key, value, origin) in &self.entries {
            let tone = match origin {
                Origin::Default => Tone::Faint,
                _ => Tone::Accent,
            };
            table.row([
                (*key).into(),
                value.as_str().into(),
                Cell::new(tone, from(key, origin)),
            ]);
        }
        page.table(table);
        page.blank();
        match &self.file {
            Some(file) if self.exists => page.line(format!("file: {file}")),
            Some(file) => page.line(format!("file: {file} (not there: defaults are in force)")),
            None => page.line("file: none (this user has no configuration folder)"),
        }
        if let Some(home) = &self.home {
            page.line(format!("data: {home}"));
        }
        self.notices
            .iter()
            .for_each(|notice| page.line(format!("note: {notice}")));
    }

    fn json(&self) -> Value {
        let entry = |(key, value, origin): &(&str, String, Origin)| {
            json!({
                "key": key,
                "value": value,
                "origin": origin_word(origin),
                "has_effect": !WITHOUT_EFFECT.contains(key),
                "from": origin.to_string(),
            })
        };
        json!({
            "file": self.file,
            "file_exists": self.exists,
            "home": self.home,
            "settings": self.entries.iter().map(entry).collect::<Vec<_>>(),
            "notices": self.notices,
        })
    }
}

/// Where a value comes from; a key that changes nothing says so.
fn from(key: &str, origin: &Origin) -> String {
    match WITHOUT_EFFECT.contains(&key) {
        true => format!("{origin}, without effect"),
        false => origin.to_string(),
    }
}

fn origin_word(origin: &Origin) -> &'static str {
    match origin {
        Origin::Default => "default",
        Origin::File { .. } => "file",
        Origin::Variable(_) => "environment",
        Origin::Flag(_) => "flag",
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::trial::Trial;
    use crate::settings::Origin;

    #[test]
    fn every_setting_is_shown_with_its_origin() {
        let mut trial = Trial::new();
        let origin = Origin::Variable("MAESTRO_SYNC_BATCH_SIZE".into());
        trial.settings.set("sync.batch_size", "5", origin).unwrap();
        let seen = trial.script("config").unwrap();
        let row = |key: &str| {
            let line = seen.text.lines().find(|line| line.contains(key)).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            row("sync.batch_size"),
            "sync.batch_size 5 MAESTRO_SYNC_BATCH_SIZE"
        );
        assert_eq!(
            row("sync.cleanup_age"),
            "sync.cleanup_age 30d default, without effect"
        );
        assert!(
            seen.json.contains("\"origin\":\"environment\""),
            "{}",
            seen.json
        );
    }
}
