//! 1,500 tiny tables: the survey costs as many round trips as for ten, and the copy few for each table.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::live::{Case, Place, on_both};

/// Passes bytes on to a server, and counts how often the client speaks after the server has.
struct Proxy {
    port: u16,
    turns: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Speaker {
    Client,
    Server,
}

impl Proxy {
    fn before(place: &Place) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            turns: Arc::default(),
        };
        let (port, turns) = (place.port, proxy.turns.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let last = Arc::new(Mutex::new(Speaker::Server));
                let pairs = [
                    (
                        client.try_clone().unwrap(),
                        server.try_clone().unwrap(),
                        Speaker::Client,
                    ),
                    (server, client, Speaker::Server),
                ];
                for (from, to, speaker) in pairs {
                    let (last, turns) = (last.clone(), turns.clone());
                    std::thread::spawn(move || pass(from, to, speaker, &last, &turns));
                }
            }
        });
        proxy
    }

    fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }
}

fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    speaker: Speaker,
    last: &Mutex<Speaker>,
    turns: &AtomicU64,
) {
    let mut buffer = [0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        {
            let mut last = last.lock().unwrap();
            if *last != speaker && speaker == Speaker::Client {
                turns.fetch_add(1, Ordering::SeqCst);
            }
            *last = speaker;
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// A database of so many tables; several connections make them, as each waits for the disk.
fn database(case: &Case, name: &str, number: usize) -> String {
    let database = case.source(name, "");
    std::thread::scope(|scope| {
        for part in 0..4 {
            let (place, database) = (&case.a, &database);
            scope.spawn(move || {
                let tables = (part..number).step_by(4).map(|n| {
                    format!("CREATE TABLE t{n:04} (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL DEFAULT '', KEY by_name (name));")
                });
                case.fill(place, database, &tables.collect::<String>());
            });
        }
    });
    database
}

fn the_survey_costs_the_same_round_trips_for_10_and_1500_tables(case: &Case) {
    let few = database(case, "few", 10);
    let many = database(case, "many", 1500);
    let (from, to) = (Proxy::before(&case.a), Proxy::before(&case.b));
    for (name, proxy) in [("near", &from), ("far", &to)] {
        let url = format!("mysql://dbm@127.0.0.1:{}", proxy.port);
        case.home.add(name, &url, "--env development").expect(0);
    }
    let plan = |database: &str| {
        let before = (from.turns(), to.turns());
        let started = Instant::now();
        let (source, target) = (format!("near/{database}"), format!("far/{database}"));
        let done = case
            .home
            .run(&["sync", &source, &target, "--dry-run"])
            .expect(0);
        let took = started.elapsed();
        let stages = &done.json["plan"][0]["stages"];
        let copied = stages
            .as_array()
            .unwrap()
            .iter()
            .find(|stage| stage["stage"] == "copy rows of");
        let copied = copied.unwrap()["steps"].as_array().unwrap().len();
        (
            copied,
            (from.turns() - before.0, to.turns() - before.1),
            took,
        )
    };
    let (small, large) = (plan(&few), plan(&many));
    assert_eq!((small.0, large.0), (10, 1500));
    assert_eq!(small.1, large.1, "round trips to source and target");
    println!(
        "{}: {:?} round trips; 10 tables in {:?}, 1,500 in {:?}",
        case.flavor.kind(),
        large.1,
        small.2,
        large.2
    );
    let direct = Instant::now();
    case.sync(&many, &["--dry-run"]).expect(0);
    println!(
        "{}: 1,500 tables planned without the proxy in {:?}",
        case.flavor.kind(),
        direct.elapsed()
    );
}

fn small_tables_are_read_and_counted_together(case: &Case) {
    let few = database(case, "few", 20);
    let many = database(case, "many", 220);
    let (from, to) = (Proxy::before(&case.a), Proxy::before(&case.b));
    for (name, proxy) in [("near", &from), ("far", &to)] {
        let url = format!("mysql://dbm@127.0.0.1:{}", proxy.port);
        case.home.add(name, &url, "--env development").expect(0);
    }
    let copy = |database: &str| {
        let before = (from.turns(), to.turns());
        let (source, target) = (format!("near/{database}"), format!("far/{database}"));
        let words = ["sync", &source, &target, "--yes", "--jobs", "2"];
        case.home.run(&words).expect(0);
        (from.turns() - before.0, to.turns() - before.1)
    };
    let (small, large) = (copy(&few), copy(&many));
    println!(
        "{}: round trips for 20 tables {small:?}, for 220 {large:?}",
        case.flavor.kind()
    );
    let more = (large.0 - small.0, large.1 - small.1);
    assert!(more.0 <= 20, "of the source, for 200 tables: {}", more.0);
    assert!(
        more.1 <= 100,
        "of the target, for 200 empty tables: {}",
        more.1
    );
}

on_both!(
    small_tables_are_read_and_counted_together,
    the_survey_costs_the_same_round_trips_for_10_and_1500_tables,
);
