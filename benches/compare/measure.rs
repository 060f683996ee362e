//! What a copy costs: wall time, processor time of its programs and of the servers, and memory.
//!
//! The programs are waited for one by one, so that the kernel tells for each what it took; the servers are asked for
//! before and after.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Result;

/// Programs that run at once, each reading what the one before it writes.
pub type Pipeline = Vec<Command>;

/// One copy. Times are seconds, memory is MiB.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cost {
    pub wall: f64,
    /// Processor time of the programs.
    pub client: f64,
    /// Processor time of the server that was read; where both are the same, all of it.
    pub source: Option<f64>,
    pub target: Option<f64>,
    /// The most that the programs held in memory; of a pipeline, the sum.
    pub memory: f64,
}

impl Cost {
    /// All processor time.
    pub fn processor(&self) -> f64 {
        self.client + self.source.unwrap_or(0.0) + self.target.unwrap_or(0.0)
    }
}

/// Runs pipelines one after the other; the error is what a program said before it failed.
pub fn run(pipelines: Vec<Pipeline>, servers: &[u32], log: &Path) -> Result<Cost, String> {
    let before: Vec<f64> = servers.iter().map(|pid| server_time(*pid)).collect();
    let started = Instant::now();
    let mut cost = Cost::default();
    for pipeline in pipelines {
        let (time, memory) = piped(pipeline, log).map_err(|error| error.to_string())?;
        cost.client += time;
        cost.memory = cost.memory.max(memory);
    }
    cost.wall = started.elapsed().as_secs_f64();
    let spent = |number: usize| {
        let pid = servers.get(number)?;
        Some(server_time(*pid) - before[number])
    };
    cost.source = spent(0);
    cost.target = spent(1);
    Ok(cost)
}

/// Seconds and MiB of one pipeline.
fn piped(pipeline: Pipeline, log: &Path) -> Result<(f64, f64)> {
    let errors = File::create(log)?;
    let mut children: Vec<Child> = Vec::new();
    let last = pipeline.len() - 1;
    for (number, mut command) in pipeline.into_iter().enumerate() {
        if let Some(before) = children.last_mut() {
            command.stdin(before.stdout.take().ok_or("a program without output")?);
        } else {
            command.stdin(Stdio::null());
        }
        let output = if number == last {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        children.push(command.stdout(output).stderr(errors.try_clone()?).spawn()?);
    }
    let mut total = (0.0, 0.0);
    let mut failed = None;
    for child in children {
        let (status, time, memory) = wait(&child)?;
        total = (total.0 + time, total.1 + memory);
        failed = failed.or((!status.success()).then_some(status));
    }
    match failed {
        Some(status) => Err(format!(
            "{status}: {}",
            told(&String::from_utf8_lossy(&std::fs::read(log)?))
        )
        .into()),
        None => Ok(total),
    }
}

/// Waits for a child; its processor time in seconds and its peak memory in MiB, with those of its own children.
fn wait(child: &Child) -> Result<(ExitStatus, f64, f64)> {
    let mut status = 0;
    // All zeros is a value of this structure of numbers, and the kernel fills both while they live.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        while libc::wait4(child.id().cast_signed(), &raw mut status, 0, &raw mut usage) < 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error.into());
            }
        }
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let time = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    Ok((
        ExitStatus::from_raw(status),
        time,
        usage.ru_maxrss as f64 / 1024.0,
    ))
}

/// What a program that has ended wrote, or why it failed.
pub fn answer(done: &Output) -> Result<String> {
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(told(&String::from_utf8_lossy(&done.stderr)).into()),
    }
}

/// Of what a failed program wrote, the line that tells why: the last that speaks of an error, or the last.
fn told(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let error = lines
        .iter()
        .rfind(|line| line.to_lowercase().contains("err"));
    let chosen = error.or(lines.last());
    chosen.map_or("it said nothing".to_string(), |line| {
        line.trim().to_string()
    })
}

/// The processor time that a server has taken since it began, in seconds.
pub fn server_time(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may hold anything.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64
}

/// Waits until what is dirty is on the disk and the servers do next to nothing; a minute at most.
pub fn calm(servers: &[u32]) {
    let _ = Command::new("sync").status();
    let deadline = Instant::now() + Duration::from_secs(60);
    let time = || servers.iter().map(|pid| server_time(*pid)).sum::<f64>();
    let mut quiet = 0;
    while quiet < 2 && Instant::now() < deadline {
        let before = time();
        std::thread::sleep(Duration::from_millis(500));
        quiet = if time() - before < 0.03 { quiet + 1 } else { 0 };
    }
}
