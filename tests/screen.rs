//! A terminal with the program in it: tests type, and read what a person would read.
//!
//! The program runs on a pseudo terminal; its output is drawn by a terminal emulator. Every wait has a
//! deadline, and a wait that fails shows the screen.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;

/// How long a text may take to appear.
const DEADLINE: Duration = Duration::from_secs(20);

const ROWS: u16 = 60;
const COLUMNS: u16 = 110;

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";
pub const RIGHT: &str = "\x1b[C";

/// The program on a terminal.
pub struct Screen {
    session: OsSession,
    emulator: vt100::Parser,
    /// Every byte that was written.
    bytes: Vec<u8>,
    over: bool,
}

impl Screen {
    /// Starts the program in a folder, its home folder `m` below it, with these arguments and variables.
    pub fn open(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Screen {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
        command.arg("--home").arg(folder.join("m")).args(arguments);
        command.env_remove("NO_COLOR").env_remove("MAESTRO_HOME");
        command.env("TERM", "xterm-256color").env("PAGER", "cat");
        command.envs(variables.iter().copied());
        // Outside of any git checkout, so that the prompt is the same wherever the tests run.
        command.current_dir(folder);
        Screen::of(command)
    }

    /// Starts any command.
    pub fn of(command: Command) -> Screen {
        let mut session = OsSession::spawn(command).unwrap();
        session
            .get_process_mut()
            .set_window_size(COLUMNS, ROWS)
            .unwrap();
        Screen {
            session,
            emulator: vt100::Parser::new(ROWS, COLUMNS, 0),
            bytes: Vec::new(),
            over: false,
        }
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.session.write_all(keys.as_bytes()).unwrap();
        self.session.flush().unwrap();
    }

    /// Types a line and Enter. Wait for the prompt first: keys that come together with an earlier line are lost.
    pub fn enter(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until the line with the cursor reads so, without spaces at its end.
    pub fn wait_for_line(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.line() != text {
            self.take_until(deadline, text);
        }
    }

    /// Waits until the screen is as wanted.
    pub fn wait_until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !wanted(&self.contents()) {
            self.take_until(deadline, what);
        }
    }

    /// What the screen shows.
    pub fn contents(&self) -> String {
        self.emulator.screen().contents()
    }

    /// The line that the cursor is in.
    pub fn line(&self) -> String {
        let (row, _) = self.emulator.screen().cursor_position();
        let rows = self.emulator.screen().rows(0, COLUMNS).collect::<Vec<_>>();
        rows[usize::from(row)].trim_end().to_string()
    }

    /// Wipes the screen, so that only what comes later is found.
    pub fn wipe(&mut self) {
        self.take();
        self.emulator.process(b"\x1b[2J\x1b[H");
    }

    /// Every byte that was written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Waits for the end of the program; its exit code.
    pub fn exit_code(&mut self) -> i32 {
        let deadline = Instant::now() + DEADLINE;
        while !self.over {
            self.take_until_over(deadline);
        }
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!(
                "the program ended by {other:?}; the screen:\n{}",
                self.contents()
            ),
        }
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, name: &str) {
        let process = self.session.get_process().pid().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &process])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn take_until(&mut self, deadline: Instant, what: &str) {
        assert!(
            !self.over && Instant::now() < deadline,
            "waited in vain for {what:?}; the screen:\n{}",
            self.contents()
        );
        if !self.take() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn take_until_over(&mut self, deadline: Instant) {
        self.take_until(deadline, "the end");
    }

    /// Takes what was written; whether there was anything.
    fn take(&mut self) -> bool {
        let mut buffer = [0; 65536];
        match self.session.try_read(&mut buffer) {
            Ok(0) => {
                self.over = true;
                false
            }
            Ok(read) => {
                self.bytes.extend_from_slice(&buffer[..read]);
                self.emulator.process(&buffer[..read]);
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            // The other end of a terminal that is closed is an I/O error on Linux.
            Err(_) => {
                self.over = true;
                false
            }
        }
    }
}
