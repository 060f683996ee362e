//! Labels on the server: they reach every laptop, the stricter counts, and no script makes production milder.

use super::Private;
use crate::live::{Flavor, Home};
use crate::screen::Screen;

const SHOP: &str =
    "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1)";

#[test]
fn e10_a_label_lives_on_the_server() {
    for flavor in [Flavor::MariaDb, Flavor::MySql] {
        let Some(server) = Private::start(flavor, &[]) else {
            continue;
        };
        server.place.sql(SHOP);
        let home = Home::new();
        home.connect("a", &server.place);
        // A label that was not asked for is not written.
        assert!(!crate::live::block_on(server.place.has("_maestro")));
        home.run(&["connections", "label", "a", "production"])
            .expect(0);
        let kept = "SELECT label FROM _maestro.labels WHERE database_name = ''";
        assert_eq!(server.place.rows(kept), "production");

        let laptop = Home::new();
        laptop.connect("b", &server.place);
        let one = ["sync", "b/shop", "b/copy", "--yes"];
        laptop.run(&one).refuses(4, &["b is labelled production"]);
        let said = laptop
            .run(&["connections", "label", "b", "development"])
            .expect(0);
        assert!(
            said.json["notices"][0]
                .as_str()
                .unwrap()
                .contains("stays labelled production")
        );
        laptop.run(&one).refuses(4, &["b is labelled production"]);
        assert_eq!(server.place.rows(kept), "production");
        // A database may have a stricter label of its own.
        server.place.sql("UPDATE _maestro.labels SET label = 'testing'; INSERT INTO _maestro.labels (database_name, label, labelled_by) VALUES ('copy', 'production', 'me')");
        laptop.run(&one).refuses(4, &["b is labelled production"]);
        server
            .place
            .sql("DELETE FROM _maestro.labels WHERE database_name = 'copy'");
        laptop.run(&one).expect(0);
        // Who may not write it is told.
        server
            .place
            .sql("CREATE USER poor@'%' IDENTIFIED BY 'dbm'; GRANT SELECT ON shop.* TO poor@'%'");
        laptop.add("poor", &server.place.url("poor"), "").expect(0);
        let said = laptop
            .run(&["connections", "label", "poor", "production"])
            .expect(0);
        assert!(
            said.json["notices"][0]
                .as_str()
                .unwrap()
                .contains("kept here only")
        );
    }
}

#[test]
fn e10_production_is_made_milder_only_by_its_typed_name() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    let mut screen = Screen::open(home.path(), &[], &[]);
    screen.wait_for_line("maestro>");
    screen.enter("connections add live ./data --env production");
    screen.wait_for("Saved live");
    screen.wait_for_line("maestro>");
    let file = folder.join("._maestro_labels.json");
    let kept = || std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept().contains("production"));
    for (typed, left) in [("yes", "production"), ("live", "testing")] {
        screen.wipe();
        screen.enter("connections label live testing");
        screen.wait_for("Type live to make it testing for everybody:");
        screen.enter(typed);
        screen.wait_for("live is testing.");
        screen.wait_for_line("maestro>");
        assert!(kept().contains(left), "{}", kept());
    }
    // It is no database.
    screen.wipe();
    screen.enter("databases live");
    screen.wait_for_line("maestro>");
    assert!(
        !screen.contents().contains("_maestro"),
        "{}",
        screen.contents()
    );
    screen.enter("quit");
    assert_eq!(screen.exit_code(), 0);
}
