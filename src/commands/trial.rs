//! For tests: a command's words, a person's answers, and what comes of them.

use std::collections::VecDeque;
use std::sync::Mutex;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{Ask, Context, Error, Result, Session, Words};
use crate::output::theme::Paint;
use crate::output::{Format, Page, Reply};
use crate::run::event::Silent;
use crate::settings::Settings;
use crate::store::Store;

/// A home folder of its own, and whoever sits before it.
pub struct Trial {
    _folder: tempfile::TempDir,
    pub store: Store,
    pub settings: Settings,
    pub session: Session,
    pub words: Words,
}

/// Answers in the order of the questions; without any, there is no terminal.
struct Person {
    is_terminal: bool,
    answers: Mutex<VecDeque<String>>,
    shown: Mutex<String>,
}

/// What a person and a program see.
pub struct Seen {
    pub text: String,
    pub json: String,
    /// What was shown and asked before the reply.
    pub before: String,
    pub exit: u8,
}

impl Trial {
    pub fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path()).unwrap();
        let mut settings = Settings::default();
        settings.connections.default_timeout = std::time::Duration::from_secs(2);
        Trial {
            _folder: folder,
            store,
            settings,
            session: Session::default(),
            words: Words::Prompt,
        }
    }

    /// Types a line without a terminal.
    pub fn script(&mut self, line: &str) -> Result<Seen> {
        self.type_in(line, None)
    }

    /// Types a line at a terminal and answers its questions.
    pub fn at_terminal(&mut self, line: &str, answers: &[&str]) -> Result<Seen> {
        self.type_in(line, Some(answers))
    }

    fn type_in(&mut self, line: &str, answers: Option<&[&str]>) -> Result<Seen> {
        let words = shlex::split(line).unwrap();
        let entry = super::find(&words[0]).unwrap();
        let matches = (entry.definition)()
            .no_binary_name(true)
            .try_get_matches_from(&words[1..])
            .map_err(|cause| Error::usage(cause.to_string()))?;
        let person = Person::new(answers);
        let mut cx = Context {
            store: &self.store,
            settings: &self.settings,
            session: &mut self.session,
            events: std::sync::Arc::new(Silent),
            format: crate::output::Format::default(),
            ask: &person,
            stop: CancellationToken::new(),
            words: self.words,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let reply = runtime.block_on((entry.action)(matches, &mut cx))?;
        Ok(Seen::of(&*reply, person))
    }
}

impl Seen {
    fn of(reply: &dyn Reply, person: Person) -> Seen {
        let mut page = Page::default();
        reply.render(&mut page);
        Seen {
            text: page.print(Format::Table, Paint::off()),
            json: reply.json().to_string(),
            before: person.shown.into_inner().unwrap(),
            exit: reply.exit().0,
        }
    }
}

impl Person {
    fn new(answers: Option<&[&str]>) -> Person {
        let list = answers.unwrap_or_default();
        Person {
            is_terminal: answers.is_some(),
            answers: Mutex::new(list.iter().map(|answer| answer.to_string()).collect()),
            shown: Mutex::new(String::new()),
        }
    }

    fn answer(&self, question: &str) -> Option<String> {
        *self.shown.lock().unwrap() += &format!("{question}\n");
        self.answers.lock().unwrap().pop_front()
    }
}

impl Ask for Person {
    fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    fn confirm(&self, question: &str, default: bool) -> Option<bool> {
        self.answer(question).map(|answer| match answer.as_str() {
            "" => default,
            answer => answer == "y",
        })
    }

    fn word(&self, question: &str) -> Option<String> {
        self.answer(question)
    }

    fn line(&self, question: &str, default: Option<&str>) -> Option<String> {
        let answer = self.answer(question)?;
        match (answer.is_empty(), default) {
            (true, Some(default)) => Some(default.to_string()),
            _ => Some(answer),
        }
    }

    fn secret(&self, question: &str) -> Option<SecretString> {
        self.answer(question).map(SecretString::from)
    }

    fn show(&self, page: &Page) {
        *self.shown.lock().unwrap() += &page.print(Format::Table, Paint::off());
    }
}
