//! What stands on others is made after them (D01), and nothing fires while rows are copied (D07).

use super::{Account, not_copied, plan, programs, same_programs};
use crate::live::{Case, on_both};

/// Five views and two functions upon each other, each named before what it stands on, with check options between.
const CHAIN: &str = "
CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 10), (2, 20);
CREATE VIEW z AS SELECT id, v FROM t WHERE v >= 0 WITH CASCADED CHECK OPTION;
CREATE VIEW y AS SELECT id, v FROM z WHERE v < 100 WITH LOCAL CHECK OPTION;
CREATE FUNCTION x1() RETURNS INT READS SQL DATA RETURN (SELECT MAX(v) FROM y);
CREATE VIEW w AS SELECT id, v, x1() AS m FROM y;
CREATE ALGORITHM = TEMPTABLE VIEW u AS SELECT SUM(v) AS s, m FROM w GROUP BY m;
CREATE FUNCTION b1() RETURNS INT READS SQL DATA RETURN (SELECT s FROM u);
CREATE ALGORITHM = MERGE VIEW a AS SELECT b1() AS b, u.s, w.id FROM u JOIN w;
CREATE PROCEDURE aa() CALL zz(); CREATE PROCEDURE zz() SELECT b FROM a;
";

fn d01_views_upon_functions_upon_views_arrive_in_any_order(case: &Case) {
    let shop = case.source("shop", CHAIN);
    for _ in 0..2 {
        case.sync(&shop, &[]).expect(0);
        same_programs(case, &shop, &shop);
        let read = format!("SELECT b, s, id FROM {shop}.a ORDER BY id");
        assert_eq!(case.b.rows(&read), "30 30 1, 30 30 2");
    }
    // What a check option refuses here, it refuses there.
    for row in ["(3, -1)", "(4, 200)", "(5, 50)"] {
        let told = [&case.a, &case.b].map(|place| {
            let refusal = place.refusal(&format!("INSERT INTO {shop}.y VALUES {row}"));
            refusal.is_some()
        });
        assert_eq!(told[0], told[1], "{row}");
    }
    assert!(
        case.b
            .refusal(&format!("INSERT INTO {shop}.y VALUES (6, 200)"))
            .is_some()
    );
}

fn d01_triggers_keep_the_order_in_which_they_fire(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20));
        CREATE TRIGGER m BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, 'm');
        CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW PRECEDES m SET NEW.v = CONCAT(NEW.v, 'z');
        CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW FOLLOWS z SET NEW.v = CONCAT(NEW.v, 'b');
        CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS z SET NEW.v = CONCAT(NEW.v, 'a');
        CREATE TRIGGER y BEFORE INSERT ON t FOR EACH ROW PRECEDES z SET NEW.v = CONCAT(NEW.v, 'y');
        DROP TRIGGER z; INSERT INTO t VALUES (1, '')",
    );
    for _ in 0..2 {
        case.sync(&shop, &[]).expect(0);
        same_programs(case, &shop, &shop);
        case.b.sql(&format!("INSERT INTO {shop}.t VALUES (2, '')"));
        assert_eq!(
            case.b.one(&format!("SELECT v FROM {shop}.t WHERE id = 2")),
            "yabm"
        );
    }
}

fn d01_a_view_that_is_broken_on_the_source_is_named_before_the_first_write(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE gone (id INT); CREATE TABLE narrow (id INT, c INT);
        CREATE VIEW sound AS SELECT id FROM t; CREATE VIEW lost AS SELECT id FROM gone; CREATE VIEW above AS SELECT id FROM lost;
        CREATE VIEW column_gone AS SELECT c FROM narrow; CREATE FUNCTION f() RETURNS INT DETERMINISTIC NO SQL RETURN 1; CREATE VIEW calls AS SELECT f() AS a FROM t;
        DROP TABLE gone; ALTER TABLE narrow DROP c; DROP FUNCTION f;");
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let planned = plan(case, &from, &to, &[])["not_copied"].to_string();
    let done = case.sync(&shop, &[]).expect(3);
    for told in [planned, not_copied(&done)] {
        for view in ["view lost", "view above", "view column_gone", "view calls"] {
            assert!(told.contains(view), "no {view} in {told}");
        }
        assert!(told.contains("it is not valid on the source") && !told.contains("view sound"));
    }
    let left = programs(&case.b, &shop);
    assert!(left.len() == 1 && left[0].contains("sound"), "{left:?}");
}

/// What the server says of a view upon such a one is the same as upon a broken one.
fn d01_a_view_upon_one_whose_definer_lacks_rights_is_not_broken(case: &Case) {
    let app = Account::new(case, &case.a, "app");
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE gone (`below` INT)");
    app.grant(&format!("SELECT ON `{shop}`.*"));
    let sql = format!(
        "CREATE VIEW lost AS SELECT `below` FROM gone; CREATE DEFINER={} VIEW below AS SELECT id FROM t;
         CREATE VIEW above AS SELECT id, id AS lost FROM below lost; CREATE VIEW top AS SELECT id FROM above;
         CREATE VIEW both_ AS SELECT l.`below`, b.id FROM below b, lost l; DROP TABLE gone;",
        app.quoted()
    );
    case.fill(&case.a, &shop, &sql);
    case.a.sql(&format!(
        "REVOKE SELECT ON `{shop}`.* FROM {}",
        app.quoted()
    ));
    let read = format!("SELECT id FROM {shop}.top");
    assert!(case.a.refusal(&read).is_some());
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let planned = plan(case, &from, &to, &[])["not_copied"].to_string();
    let done = case.sync(&shop, &[]).expect(3);
    for told in [planned, not_copied(&done)] {
        for view in ["view lost", "view both_"] {
            assert!(told.contains(view), "no {view} in {told}");
        }
        for view in ["view below", "view above", "view top"] {
            assert!(!told.contains(view), "{view} in {told}");
        }
    }
    assert_eq!(programs(&case.b, &shop).len(), 3);
}

fn d07_triggers_do_not_fire_while_rows_are_copied(case: &Case) {
    let sql = "CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(20));
        CREATE TRIGGER written AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('insert ', NEW.id));
        CREATE TRIGGER gone AFTER DELETE ON t FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('delete ', OLD.id));
        CREATE TRIGGER bent BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.v + 1;";
    let shop = case.source(
        "shop",
        &format!("{sql} INSERT INTO t VALUES (1, 10), (2, 20); DELETE FROM audit WHERE id = 1"),
    );
    case.fill(
        &case.b,
        &shop,
        &format!("{sql} INSERT INTO t VALUES (7, 70)"),
    );
    let read = |place: &crate::live::Place| {
        place.rows(&format!("SELECT * FROM {shop}.t"))
            + "; "
            + &place.rows(&format!("SELECT * FROM {shop}.audit"))
    };
    let expected = "1 11, 2 21; 2 insert 2";
    assert_eq!(read(&case.a), expected);
    for more in [&[][..], &["--data"], &["--keep-extra"], &["--table", "t"]] {
        case.sync(&shop, more).expect(0);
        assert_eq!(read(&case.b), expected, "{more:?}");
        same_programs(case, &shop, &shop);
    }
    // From now on they do.
    case.b.sql(&format!("INSERT INTO {shop}.t VALUES (3, 30)"));
    assert_eq!(read(&case.b), "1 11, 2 21, 3 31; 2 insert 2, 3 insert 3");
}

on_both!(
    d01_views_upon_functions_upon_views_arrive_in_any_order,
    d01_triggers_keep_the_order_in_which_they_fire,
    d01_a_view_that_is_broken_on_the_source_is_named_before_the_first_write,
    d01_a_view_upon_one_whose_definer_lacks_rights_is_not_broken,
    d07_triggers_do_not_fire_while_rows_are_copied,
);
