//! Sessions that are taken away, and sessions that are none: the snapshot's holder killed (C09), and a pooler that
//! gives the statements of one session to several connections (C10).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::live::{Case, Flavor, Home, Place, Private, block_on, on_both, until};

/// About 80 MB in one table.
const LARGE: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE large (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000));
INSERT INTO large (v) SELECT REPEAT(CHAR(97 + a.d), 1900) FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 4;
ANALYZE TABLE large;";
const SUM: &str = "SELECT CONCAT(COUNT(*), ' ', SUM(CRC32(CONCAT(id, v)))) FROM";

/// An account of the test's own on the source, so that its connections are known.
struct Account<'a>(&'a Place, String);

impl Account<'_> {
    fn connections(&self) -> Vec<String> {
        let sql = format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{}'",
            self.1
        );
        let rows = self.0.sql(&sql);
        rows.into_iter()
            .map(|row| row[0].clone().unwrap())
            .collect()
    }

    fn kill_all(&self) -> usize {
        let ids = self.connections();
        ids.iter()
            .filter(|id| self.0.refusal(&format!("KILL {id}")).is_none())
            .count()
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        let _ = block_on(self.0.asked(&format!("DROP USER IF EXISTS {}", self.1)));
    }
}

fn reader<'a>(case: &'a Case, place: &'a Place, shop: &str) -> Account<'a> {
    let name = format!(
        "k{}",
        shop.chars()
            .filter(|c| *c != '_')
            .take(22)
            .collect::<String>()
    );
    place.sql(&format!(
        "CREATE USER {name} IDENTIFIED BY 'dbm'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD, PROCESS ON *.* TO {name}"
    ));
    case.home
        .add("reader", &place.url(&name), "--env development")
        .expect(0);
    Account(place, name)
}

/// Every connection to the source is killed while rows are read: the next try begins a new moment, and the copy is exact.
fn c09_killed_readers_of_the_source_begin_a_new_moment(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, "CREATE TABLE large (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO large VALUES (1, 'old')");
    let account = reader(case, &case.a, &shop);
    case.home
        .configure("sync:\n  retry_attempts: 5\n  retry_delay: 1s\n");
    let (from, to) = (format!("reader/{shop}"), format!("b/{shop}"));
    let mut running = case.home.start(&[
        "sync",
        &from,
        &to,
        "--yes",
        "--jobs",
        "2",
        "--allow-vanish",
        "100%",
    ]);
    until("rows are read", || {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{}' AND INFO LIKE '%FROM%large%' AND INFO NOT LIKE '%COUNT(%'",
            account.1
        );
        !running.is_running() || case.a.one(&sql) != "0"
    });
    assert!(running.is_running(), "it was too quick");
    assert!(account.kill_all() > 0);
    // What was there, or all of what came: never a part.
    assert_eq!(
        case.b.rows(&format!("SELECT * FROM {shop}.large LIMIT 2")),
        "1 old"
    );
    case.a.sql(&format!(
        "UPDATE {shop}.large SET v = 'changed' WHERE id IN (1, 39999)"
    ));
    running.wait_within(Duration::from_secs(120)).expect(0);
    let sum = format!("{SUM} {shop}.large");
    assert_eq!(case.b.one(&sum), case.a.one(&sum));
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

/// Where it is killed again and again, the run says so and the live tables are the old ones.
fn c09_a_source_that_kills_every_reader_is_a_named_failure(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, "CREATE TABLE large (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO large VALUES (1, 'old')");
    let account = reader(case, &case.a, &shop);
    case.home.configure("sync:\n  retry_attempts: 0\n");
    let (from, to) = (format!("reader/{shop}"), format!("b/{shop}"));
    let mut running = case
        .home
        .start(&["sync", &from, &to, "--yes", "--allow-vanish", "100%"]);
    until("rows are read", || {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{}' AND INFO LIKE '%FROM%large%' AND INFO NOT LIKE '%COUNT(%'",
            account.1
        );
        !running.is_running() || case.a.one(&sql) != "0"
    });
    while running.is_running() {
        account.kill_all();
        std::thread::sleep(Duration::from_millis(5));
    }
    let done = running.wait();
    assert_ne!(done.code, Some(0), "{}", done.stdout);
    assert!(done.told().contains("connection"), "{}", done.told());
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.large")), "1 old");
    until("it is resumed", || {
        case.home.run(&["resume", "--yes"]).code == Some(0)
    });
    let sum = format!("{SUM} {shop}.large");
    assert_eq!(case.b.one(&sum), case.a.one(&sum));
}

/// Timeouts of the source that end idle sessions do not end ours.
fn c09_short_timeouts_of_the_source_do_not_end_the_snapshot(case: &Case) {
    let mut options = vec![
        "--wait-timeout=1",
        "--interactive-timeout=1",
        "--net-write-timeout=1",
    ];
    if case.flavor == Flavor::MariaDb {
        options.extend([
            "--idle-transaction-timeout=1",
            "--idle-readonly-transaction-timeout=1",
            "--max-statement-time=1",
        ]);
    }
    let Some(server) = Private::start(case.flavor, &options) else {
        return;
    };
    let shop = case.database("shop");
    let unlimited = match case.flavor {
        Flavor::MariaDb => ", max_statement_time = 0",
        Flavor::MySql => "",
    };
    server.place.sql(&format!(
        "SET SESSION wait_timeout = 600{unlimited}; CREATE DATABASE {shop}; USE {shop}; {LARGE}"
    ));
    case.home.connect("impatient", &server.place);
    // Loading is held up by a lock, so that the source's readers wait for longer than its timeouts.
    case.fill(&case.b, &shop, "CREATE TABLE keep (id INT PRIMARY KEY)");
    let (from, to) = (format!("impatient/{shop}"), format!("b/{shop}"));
    let running = case
        .home
        .start(&["sync", &from, &to, "--yes", "--keep-extra"]);
    until("it reads", || {
        let sql = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%FROM%large%' AND ID <> CONNECTION_ID()";
        server.place.one(sql) != "0"
    });
    running.signal("-STOP");
    std::thread::sleep(Duration::from_secs(4));
    running.signal("-CONT");
    running.wait_within(Duration::from_secs(120)).expect(0);
    let sum = format!("{SUM} {shop}.large");
    assert_eq!(case.b.one(&sum), server.place.one(&sum));
}

/// A pooler in front of a server: it logs in twice for each client and gives every statement to the other connection.
struct Pooler {
    port: u16,
}

impl Pooler {
    fn before(place: &Place) -> Pooler {
        let server = SocketAddr::from(([127, 0, 0, 1], place.port));
        block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(client, server));
                }
            });
            Pooler { port }
        })
    }

    /// For an account without a password: its login is the same on every connection.
    fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.port)
    }
}

/// A packet with its header; None at the end.
async fn packet(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 4];
    from.read_exact(&mut bytes).await.ok()?;
    let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) as usize;
    bytes.resize(4 + length, 0);
    from.read_exact(&mut bytes[4..]).await.ok()?;
    Some(bytes)
}

async fn serve(client: TcpStream, server: SocketAddr) -> Option<()> {
    let (mut asks, answers) = client.into_split();
    let answers = std::sync::Arc::new(tokio::sync::Mutex::new(answers));
    let mut login = Vec::new();
    let mut backends: Vec<OwnedWriteHalf> = Vec::new();
    for number in 0..2 {
        let (mut says, mut hears) = TcpStream::connect(server).await.ok()?.into_split();
        let greeting = packet(&mut says).await?;
        if number == 0 {
            answers.lock().await.write_all(&greeting).await.ok()?;
            login = packet(&mut asks).await?;
        }
        hears.write_all(&login).await.ok()?;
        // Without a password the server may still ask which way it is proven.
        loop {
            let said = packet(&mut says).await?;
            match said[4] {
                0xfe => {
                    let empty = [0, 0, 0, said[3] + 1];
                    hears.write_all(&empty).await.ok()?;
                }
                0 => {
                    if number == 0 {
                        let mut done = said;
                        done[3] = login[3] + 1;
                        answers.lock().await.write_all(&done).await.ok()?;
                    }
                    break;
                }
                0xff => return None,
                _ => {}
            }
        }
        backends.push(hears);
        let answers = answers.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 32 * 1024];
            while let Ok(length @ 1..) = says.read(&mut buffer).await {
                if answers
                    .lock()
                    .await
                    .write_all(&buffer[..length])
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
    }
    for number in 0.. {
        let asked = packet(&mut asks).await?;
        backends[number % 2].write_all(&asked).await.ok()?;
    }
    None
}

fn c10_a_pooler_of_statements_is_refused_on_either_side(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x')",
    );
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (9, 'old')",
    );
    let home = Home::new();
    home.connect("a", &case.a);
    home.connect("b", &case.b);
    for (name, place) in [("pooled-a", &case.a), ("pooled-b", &case.b)] {
        let pooler = Pooler::before(place);
        home.run(&[
            "connections",
            "add",
            name,
            &pooler.url(),
            "--env",
            "development",
            "--no-test",
            "--store",
            "none",
        ])
        .expect(0);
    }
    let told = ["is a pooler", "connect to the server itself"];
    for (from, to) in [("pooled-a", "b"), ("a", "pooled-b")] {
        let (from, to) = (format!("{from}/{shop}"), format!("{to}/{shop}"));
        for command in ["sync", "compare"] {
            let mut words = vec![command, &from, &to];
            words.extend((command == "sync").then_some("--yes"));
            home.run(&words).refuses(4, &told);
        }
    }
    home.run(&["backup", "create", &format!("pooled-a/{shop}")])
        .refuses(4, &told);
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.t")), "9 old");
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

on_both!(
    c09_killed_readers_of_the_source_begin_a_new_moment,
    c09_a_source_that_kills_every_reader_is_a_named_failure,
    c09_short_timeouts_of_the_source_do_not_end_the_snapshot,
    c10_a_pooler_of_statements_is_refused_on_either_side,
);
