//! Transcripts: what a person types and what comes back, run by the real program.
//!
//! A file of `scripts/` is read from top to bottom in a folder of its own that holds the demo's databases, saved
//! as `prod` and `staging`:
//!
//! ```text
//! # A remark. It begins a new session.
//! > use prod staging          lines that follow one another share a session;
//! > select 9                  after one that fails a new one begins
//! error: 9 is out of range 1-3
//! exit 64                     the exit code, where it is not 0
//! $ maestro help              a line for the machine's shell; `maestro` is the program
//! ```
//!
//! Times, hashes of plans, the folder's path and the version of SQLite are replaced, nothing else. `MAESTRO_BLESS=1` writes what came
//! back into the files instead of comparing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use maestro::commands::demo;
use maestro::store::Store;
use regex::Regex;
use tempfile::TempDir;

macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { play(stringify!($name)); })*

        #[test]
        fn every_transcript_is_played() {
            let files = folder().read_dir().unwrap();
            let mut names: Vec<String> = files
                .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_string())
                .collect();
            names.sort();
            let mut known = vec![$(stringify!($name).to_string()),*];
            known.sort();
            assert_eq!(names, known);
        }
    };
}

transcripts!(
    failures,
    names,
    selections,
    pairs,
    plans,
    looking,
    syncing,
    formats,
    scripts,
    settings,
    store,
    refusals,
    connections,
    vault,
    backups,
);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

/// A command whose answer is always the same, and needs nothing: it stands between the lines of a script, so that
/// each line's answer is known.
const MARK: &str = "help quit";

/// A line of a transcript and what comes back.
struct Line {
    /// With its `> ` or `$ `.
    typed: String,
    answer: String,
}

/// A part of a transcript that is run at once.
struct Session {
    remarks: String,
    lines: Vec<Line>,
}

/// Where a transcript is played.
struct Stage {
    home: TempDir,
    mark: String,
}

fn play(name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap();
    let stage = Stage::new();
    let played: Vec<Session> = sessions(&text)
        .into_iter()
        .map(|session| stage.play(session))
        .collect();
    let found: String = played.iter().map(written).collect();
    let found = found.trim_start();
    if std::env::var_os("MAESTRO_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let expected: Vec<&str> = text.trim_end().lines().collect();
    let found: Vec<&str> = found.trim_end().lines().collect();
    let same = expected
        .iter()
        .zip(&found)
        .take_while(|(a, b)| a == b)
        .count();
    assert!(
        expected == found,
        "{}, line {}:\n{}\n--- came back:\n{}\n--- MAESTRO_BLESS=1 writes it anew",
        path.display(),
        same + 1,
        around(&expected, same),
        around(&found, same),
    );
}

fn around(lines: &[&str], at: usize) -> String {
    let from = at.saturating_sub(3).min(lines.len());
    let to = (at + 12).min(lines.len());
    lines[from..to].join("\n")
}

/// The parts of a transcript: a remark and a line for the machine's shell each begin one.
fn sessions(text: &str) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in text.lines() {
        let last = sessions.last_mut();
        if line == "#" || line.starts_with("# ") {
            match last.filter(|session| session.lines.is_empty()) {
                Some(session) => session.remarks += &format!("{line}\n"),
                None => sessions.push(Session {
                    remarks: format!("{line}\n"),
                    lines: Vec::new(),
                }),
            }
        } else if line.starts_with("> ") || line.starts_with("$ ") {
            let typed = Line {
                typed: line.to_string(),
                answer: String::new(),
            };
            let goes_on = |session: &&mut Session| match session.lines.last() {
                Some(before) => line.starts_with('>') && before.typed.starts_with('>'),
                None => true,
            };
            match last.filter(goes_on) {
                Some(session) => session.lines.push(typed),
                None => sessions.push(Session {
                    remarks: String::new(),
                    lines: vec![typed],
                }),
            }
        }
    }
    sessions
}

/// A session as it stands in the file.
fn written(session: &Session) -> String {
    let mut text = match session.remarks.as_str() {
        "" => String::new(),
        remarks => format!("\n{remarks}"),
    };
    for line in &session.lines {
        text += &format!("{}\n{}", line.typed, line.answer);
    }
    text
}

impl Stage {
    fn new() -> Stage {
        let home = tempfile::tempdir().unwrap();
        let places = demo::build(home.path()).unwrap();
        let (store, _) = Store::open(&home.path().join("m")).unwrap();
        demo::register(&store, &places).unwrap();
        drop(store);
        let mut stage = Stage {
            home,
            mark: String::new(),
        };
        stage.mark = stage
            .run(Command::new(env!("CARGO_BIN_EXE_maestro")).args(["-c", MARK]))
            .0;
        stage
    }

    fn play(&self, session: Session) -> Session {
        let typed: Vec<String> = session.lines.into_iter().map(|line| line.typed).collect();
        let answers = match typed.first().and_then(|line| line.strip_prefix("$ ")) {
            Some(line) => vec![self.shell(line)],
            None => self.script(&typed),
        };
        let lines = typed.into_iter().zip(answers);
        Session {
            remarks: session.remarks,
            lines: lines
                .map(|(typed, answer)| Line { typed, answer })
                .collect(),
        }
    }

    /// The answer to a line for the machine's shell.
    fn shell(&self, line: &str) -> String {
        let (output, code) = self.run(Command::new("sh").args(["-c", line]));
        self.normal(&output) + &exit(code)
    }

    /// The answers to the lines of a script. After a failure the rest is another script.
    fn script(&self, typed: &[String]) -> Vec<String> {
        let mut answers = Vec::new();
        while answers.len() < typed.len() {
            answers.extend(self.to_failure(&typed[answers.len()..]));
        }
        answers
    }

    /// The answers to the lines of a script as far as it comes, told apart by the mark between them.
    fn to_failure(&self, typed: &[String]) -> Vec<String> {
        let lines: Vec<&str> = typed.iter().map(|line| &line[2..]).collect();
        let script = lines.join(&format!("\n{MARK}\n"));
        let program = env!("CARGO_BIN_EXE_maestro");
        let (output, code) = self.run(Command::new(program).args(["-c", &script]));
        let line = Regex::new(r"(?m)^error: line \d+: ").unwrap();
        let parts = output.split(&self.mark);
        let mut answers: Vec<String> = parts
            .map(|part| line.replace(&self.normal(part), "error: ").into_owned())
            .collect();
        assert!(
            answers.len() <= typed.len(),
            "more answers than lines:\n{output}"
        );
        let last = answers.last_mut().unwrap();
        *last += &exit(code);
        answers
    }

    /// What a command writes, both streams as a person sees them, and its exit code.
    fn run(&self, command: &mut Command) -> (String, i32) {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let path = Path::new(env!("CARGO_BIN_EXE_maestro")).parent().unwrap();
        let rest = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", format!("{}:{rest}", path.display()))
            .env("HOME", self.home.path())
            .env("MAESTRO_HOME", self.home.path().join("m"))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer);
        let mut child = command.spawn().unwrap();
        // The command holds the pipe's other end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut output = String::new();
        std::io::Read::read_to_string(&mut reader, &mut output).unwrap();
        (output, child.wait().unwrap().code().unwrap())
    }

    /// An answer without what differs from one run to the next. Where something was replaced, columns may have been
    /// wider: their gaps become two spaces.
    fn normal(&self, answer: &str) -> String {
        let here = self.home.path().to_str().unwrap();
        let mut text = answer.replace(here, "HERE");
        for (pattern, instead) in REPLACED {
            text = Regex::new(pattern)
                .unwrap()
                .replace_all(&text, *instead)
                .into_owned();
        }
        if text != answer {
            let gaps = Regex::new(r"(\S)  +").unwrap();
            text = gaps.replace_all(&text, "$1  ").into_owned();
        }
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        match lines.join("\n").trim_end() {
            "" => String::new(),
            text => format!("{text}\n"),
        }
    }
}

fn exit(code: i32) -> String {
    match code {
        0 => String::new(),
        code => format!("exit {code}\n"),
    }
}

/// What differs from one run to the next.
const REPLACED: &[(&str, &str)] = &[
    (r"SQLite 3\.\d+\.\d+", "SQLite 3"),
    (r"\b\d{8}T\d{9}Z_", "TIME_"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    // The random end of a backup's id.
    (r"(_|ackup |(?m)^  )[0-9a-f]{8}\b", "${1}ID"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
    (r"\b(just now|1 minute ago)\b", "just now"),
    (
        r"(?m)^(  started  ) *\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        "${1}TIME",
    ),
    (r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
    (
        r#""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)""#,
        "\"TIME\"",
    ),
    (r#""(seconds|took_ms|ms|took)":[0-9.]+"#, "\"$1\":0"),
    (r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", "TIME  "),
    (r#""id":"[0-9a-f-]{36}""#, "\"id\":\"UUID\""),
    (r"[0-9.]+ (B|KiB) in HERE", "SIZE in HERE"),
    (r"\b[0-9a-f]{12}\b", "HASH"),
    (
        r"\b(HASH|made) +\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?",
        "$1  TIME",
    ),
];
