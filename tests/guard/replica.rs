//! E12: a target that replicates, a source that replicates from its target, and a server that may not be written.

use super::Private;
use crate::live::{Flavor, Home, password, until};

#[test]
fn e12_a_replica_is_no_target_and_a_source_behind_its_target_is_said() {
    let (Some(primary), Some(replica)) = (Private::primary("21"), Private::primary("22")) else {
        return;
    };
    primary.place.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1)");
    replica.place.sql(&format!(
        "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='dbm', MASTER_PASSWORD='{}',
         MASTER_USE_GTID=slave_pos; SET GLOBAL gtid_slave_pos=''; START SLAVE",
        primary.place.port,
        password()
    ));
    until("the replica has the rows", || {
        replica.place.refusal("SELECT * FROM shop.t").is_none()
            && replica.place.rows("SELECT * FROM shop.t") == "1"
    });
    let home = Home::new();
    home.connect("primary", &primary.place);
    home.connect("replica", &replica.place);
    let before = replica.picture();
    let told = format!("is a replica of 127.0.0.1:{}", primary.place.port);
    home.run(&["sync", "primary/shop", "replica/shop", "--yes"])
        .refuses(4, &[&told, "--allow-replica goes on"]);
    // Stopped, it is a replica all the same.
    replica.place.sql("STOP SLAVE");
    home.run(&["sync", "primary/shop", "replica/other", "--yes"])
        .refuses(4, &[&told]);
    home.run(&[
        "sync",
        "primary/shop",
        "replica/shop",
        "--yes",
        "--table",
        "t",
    ])
    .refuses(4, &[&told]);
    assert_eq!(replica.picture(), before);
    let back = home.run(&["sync", "replica/shop", "primary/shop", "--dry-run"]);
    let plan = back.expect(0).json["plan"][0]["warnings"].to_string();
    assert!(
        plan.contains("the source replicates from the target"),
        "{plan}"
    );
    home.run(&[
        "sync",
        "primary/shop",
        "replica/shop",
        "--yes",
        "--allow-replica",
    ])
    .expect(0);
}

#[test]
fn e12_a_read_only_server_is_no_target_whatever_is_allowed() {
    for flavor in [Flavor::MariaDb, Flavor::MySql] {
        let Some(server) = Private::start(flavor, &[]) else {
            continue;
        };
        server.place.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1)");
        server.place.sql("CREATE DATABASE old; CREATE TABLE old.t (id INT PRIMARY KEY); INSERT INTO old.t VALUES (2); SET GLOBAL read_only = 1");
        let home = Home::new();
        home.connect("a", &server.place);
        for flags in [&[][..], &["--allow-replica", "--reverse", "--allow-newer"]] {
            let mut words = vec!["sync", "a/shop", "a/old", "--yes"];
            words.extend(flags);
            home.run(&words)
                .refuses(4, &["the target is read-only", "SET GLOBAL read_only = 0"]);
        }
        assert_eq!(server.place.rows("SELECT * FROM old.t"), "2");
    }
}
