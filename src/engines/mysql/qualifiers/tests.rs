//! What is a database before a dot, and what is not.

use proptest::prelude::*;

use super::*;
use crate::model::catalog::ObjectKind;

fn object(kind: ObjectKind, definition: &str, sql_mode: &str) -> Object {
    Object {
        kind,
        name: "it".into(),
        table: None,
        definition: definition.into(),
        session: vec![("sql_mode".into(), sql_mode.into())],
        definer: None,
        obstacle: None,
    }
}

fn read(kind: ObjectKind, text: &str, mode: &str) -> (Named, String) {
    let object = object(kind, text, mode);
    let packages = BTreeSet::from(["tools".to_string()]);
    let reader = Reader {
        database: "shop",
        packages: &packages,
        folds_case: false,
    };
    let named = reader.read(&object);
    let tokens = tokens(&object.definition, modes(&object));
    let renamed = renamed(&tokens, &named.own, "copy");
    (named, renamed)
}

/// The text of a procedure under the new name, where that can be told.
fn moved(text: &str) -> Option<String> {
    let (named, renamed) = read(ObjectKind::Procedure, text, "");
    (!named.is_unsure).then_some(renamed)
}

/// Asserts that every `shop` before a dot, and none but those, is renamed.
#[track_caller]
fn all_move(text: &str) {
    assert_eq!(moved(text), Some(text.replace("shop.", "`copy`.")));
}

#[test]
fn d02_every_spelling_of_the_own_database_is_renamed() {
    for (text, expected) in [
        ("SELECT * FROM shop.orders", "SELECT * FROM `copy`.orders"),
        (
            "SELECT * FROM `shop` . `orders` o",
            "SELECT * FROM `copy` . `orders` o",
        ),
        (
            "SELECT a, shop.f(1), shop.t.id FROM t",
            "SELECT a, `copy`.f(1), `copy`.t.id FROM t",
        ),
        ("UPDATE x, shop.t SET a = 1", "UPDATE x, `copy`.t SET a = 1"),
        (
            "INSERT INTO shop.t VALUES (1)",
            "INSERT INTO `copy`.t VALUES (1)",
        ),
        ("INSERT shop.t SELECT 1", "INSERT `copy`.t SELECT 1"),
        (
            "DELETE shop.t FROM shop.t JOIN u",
            "DELETE `copy`.t FROM `copy`.t JOIN u",
        ),
        ("CALL shop.p(1)", "CALL `copy`.p(1)"),
        (
            "CREATE TRIGGER shop.g BEFORE UPDATE ON shop.t FOR EACH ROW SET @a = 1",
            "CREATE TRIGGER `copy`.g BEFORE UPDATE ON `copy`.t FOR EACH ROW SET @a = 1",
        ),
        (
            "SELECT /*!50001 shop.t.a */ FROM t",
            "SELECT /*!50001 `copy`.t.a */ FROM t",
        ),
        ("SELECT nextval(shop.s)", "SELECT nextval(`copy`.s)"),
        ("TRUNCATE TABLE shop.t", "TRUNCATE TABLE `copy`.t"),
    ] {
        assert_eq!(moved(text).as_deref(), Some(expected));
    }
}

#[test]
fn d02_what_only_looks_like_the_database_stays() {
    for text in [
        "SELECT 'shop.orders', \"shop.t\" FROM t -- shop.orders",
        "SELECT a /* shop.t */ FROM t # shop.t",
        "SELECT t.shop, shop AS shop FROM orders t",
        "SELECT @shop.a, @@shop.key_buffer_size",
        "SELECT shops.a, shop_.b FROM shops, shop_",
        "BEGIN shop: LOOP LEAVE shop; END LOOP; END",
        "SELECT other.shop.id FROM other.shop",
    ] {
        assert_eq!(moved(text).as_deref(), Some(text));
    }
}

#[test]
fn d02_a_namesake_beside_certain_places_is_no_doubt() {
    for (text, expected) in [
        (
            "SELECT id AS shop, t.shop FROM shop.orders t",
            "SELECT id AS shop, t.shop FROM `copy`.orders t",
        ),
        (
            "SELECT shop.orders.id FROM shop.orders, x AS shop",
            "SELECT `copy`.orders.id FROM `copy`.orders, x AS shop",
        ),
        (
            "SELECT EXTRACT(YEAR FROM d), (SELECT 1 FROM shop.t) FROM t shop",
            "SELECT EXTRACT(YEAR FROM d), (SELECT 1 FROM `copy`.t) FROM t shop",
        ),
    ] {
        assert_eq!(moved(text).as_deref(), Some(expected));
    }
}

#[test]
fn d02_an_alias_a_table_or_a_variable_of_the_same_name_is_not_the_database() {
    for text in [
        "SELECT shop.id FROM orders shop",
        "SELECT shop.id, shop.* FROM shop WHERE shop.n > 1 GROUP BY shop.id",
        "SELECT shop.n FROM t AS shop",
        "SELECT x FROM a JOIN b shop ON shop.id = a.id AND a.n LIKE shop.n",
        "SELECT TRIM(x FROM shop.y) FROM shop",
        "BEGIN DECLARE shop ROW TYPE OF t; SET shop.a = 1; END",
        "BEGIN FOR shop IN (SELECT 1 a) DO SET @a = shop.a; END FOR; END",
        "INSERT INTO t VALUES (1) AS shop ON DUPLICATE KEY UPDATE a = shop.a",
        "WITH shop AS (SELECT 1 id) SELECT shop.id FROM shop",
        "UPDATE shop SET shop.a = shop.b ORDER BY shop.c",
        "DELETE shop.* FROM shop JOIN t ON t.id IN (shop.id, 2)",
        "BEGIN SELECT a INTO shop.x FROM t; FETCH c INTO shop.y; shop.id := 1; IF shop.id = 1 THEN SET @a = 1; END IF; END",
        "SELECT tables, shop.a, event, shop.b FROM shop",
        "SELECT a FROM t shop FOR SYSTEM_TIME AS OF shop.x",
    ] {
        assert_eq!(moved(text).as_deref(), Some(text));
    }
    assert_eq!(
        moved("SELECT shop.id FROM shop.orders AS shop").as_deref(),
        Some("SELECT shop.id FROM `copy`.orders AS shop")
    );
    assert_eq!(
        moved("SELECT shop.id, shop.shop.id FROM shop.shop").as_deref(),
        Some("SELECT shop.id, `copy`.shop.id FROM `copy`.shop")
    );
}

#[test]
fn d02_the_rows_of_a_trigger_are_no_databases() {
    let text = "CREATE TRIGGER g BEFORE UPDATE ON shop.t FOR EACH ROW BEGIN SET new.a = old.a; SELECT new.b INTO new.c FROM new.t WHERE new.t.a = new.b; END";
    let object = object(ObjectKind::Trigger, text, "");
    let reader = Reader {
        database: "new",
        packages: &BTreeSet::new(),
        folds_case: false,
    };
    let named = reader.read(&object);
    let tokens = tokens(text, Modes::default());
    let expected = text.replace("new.t", "`copy`.t");
    assert_eq!(renamed(&tokens, &named.own, "copy"), expected);
    assert!(!named.is_unsure);
}

#[test]
fn d02_every_statement_that_names_a_table_is_known() {
    for text in [
        "DELETE shop.a, shop.b FROM shop.a JOIN shop.b USING (id)",
        "DELETE IGNORE shop.a.* FROM shop.a JOIN b ON a.id = b.id",
        "DELETE FROM shop.a USING shop.a JOIN b",
        "RENAME TABLE shop.a TO shop.b, shop.c TO shop.d",
        "ALTER TABLE shop.a RENAME shop.b; ALTER TABLE a RENAME TO shop.c; ALTER TABLE a RENAME AS shop.d",
        "ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES shop.p (id)",
        "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE shop.b",
        "CREATE TABLE a LIKE shop.b; CREATE TABLE IF NOT EXISTS shop.a (LIKE shop.b)",
        "CREATE INDEX i USING BTREE ON shop.t (a); DROP INDEX i ON shop.t",
        "DROP TEMPORARY TABLE IF EXISTS shop.a, shop.b; DROP VIEW shop.c, shop.d; ANALYZE LOCAL TABLE shop.a, shop.b",
        "GRANT SELECT ON shop.* TO x; REVOKE EXECUTE ON FUNCTION shop.f FROM x",
        "DECLARE r ROW TYPE OF shop.t; DECLARE n TYPE OF shop.t.id",
        "CREATE PROCEDURE p AS r shop.t%ROWTYPE; n shop.t.id%TYPE; BEGIN shop.q; IF a THEN shop.q; END IF; END",
        "SHOW COLUMNS FROM shop.t; SHOW INDEX IN shop.t; DESCRIBE shop.t; SHOW CREATE VIEW shop.v",
        "SELECT a FROM t FOR UPDATE OF shop.t; SELECT a FROM b FOR SYSTEM_TIME ALL, shop.c",
        "CACHE INDEX shop.t IN hot; LOAD INDEX INTO CACHE shop.t, shop.u",
        "SELECT NEXT VALUE FOR shop.s, setval(shop.s, 1), shop.f ()",
        "LOAD DATA INFILE 'x' INTO TABLE shop.t",
        "REPLACE shop.t VALUES (1); INSERT IGNORE shop.t SET a = 1",
    ] {
        all_move(text);
    }
    for text in [
        "RENAME TABLE a TO b; SELECT shop.a LIKE shop.b ON shop.c",
        "SELECT a FROM t shop WHERE a LIKE shop.b",
        "CREATE PROCEDURE p AS n shop.id%TYPE; BEGIN NULL; END",
    ] {
        assert_eq!(moved(text).as_deref(), Some(text));
    }
}

#[test]
fn d02_a_statement_about_databases_names_them_alone() {
    for (text, expected) in [
        ("SHOW TABLES FROM shop", "SHOW TABLES FROM `copy`"),
        (
            "SHOW FULL TABLES IN shop LIKE 'a'; SHOW TABLE STATUS FROM shop; SHOW TRIGGERS IN `shop`; SHOW EVENTS FROM shop",
            "SHOW FULL TABLES IN `copy` LIKE 'a'; SHOW TABLE STATUS FROM `copy`; SHOW TRIGGERS IN `copy`; SHOW EVENTS FROM `copy`",
        ),
        (
            "SHOW FULL COLUMNS FROM shop FROM shop; SHOW KEYS IN t IN shop WHERE a IN (SELECT shop FROM shop)",
            "SHOW FULL COLUMNS FROM shop FROM `copy`; SHOW KEYS IN t IN `copy` WHERE a IN (SELECT shop FROM shop)",
        ),
        (
            "CREATE DATABASE IF NOT EXISTS shop; ALTER SCHEMA shop COLLATE x; DROP DATABASE shop",
            "CREATE DATABASE IF NOT EXISTS `copy`; ALTER SCHEMA `copy` COLLATE x; DROP DATABASE `copy`",
        ),
        (
            "SHOW CREATE DATABASE shop; SELECT DATABASE(), shop, schema shop FROM shop",
            "SHOW CREATE DATABASE `copy`; SELECT DATABASE(), shop, schema shop FROM shop",
        ),
    ] {
        assert_eq!(moved(text).as_deref(), Some(expected));
    }
}

#[test]
fn d02_a_call_of_a_package_of_the_same_name_cannot_be_told_from_the_database() {
    let is_unsure = |text: &str| {
        let reader = Reader {
            database: "shop",
            packages: &BTreeSet::from(["shop".to_string()]),
            folds_case: false,
        };
        reader
            .read(&object(ObjectKind::Procedure, text, ""))
            .is_unsure
    };
    assert!(is_unsure("SELECT shop.f(1)") && is_unsure("CALL shop.p"));
    assert!(!is_unsure("SELECT shop.f FROM shop.t"));
}

#[test]
fn d02_a_view_names_its_alias_and_its_database_apart() {
    let text = "CREATE VIEW `v` AS select `shop`.`id` AS `id`,`shop`.`f`(1) AS `f`,\
                (select max(`shop`.`t`.`a`) from `shop`.`t`) AS `m` from `shop`.`orders` `shop`";
    let (named, renamed) = read(ObjectKind::View, text, "");
    assert!(!named.is_unsure);
    assert_eq!(
        renamed,
        "CREATE VIEW `v` AS select `shop`.`id` AS `id`,`copy`.`f`(1) AS `f`,\
         (select max(`copy`.`t`.`a`) from `copy`.`t`) AS `m` from `copy`.`orders` `shop`"
    );
}

#[test]
fn d03_a_view_that_cannot_be_opened_reads_as_an_open_one() {
    let resolved = |text: &str| resolved(&object(ObjectKind::View, text, ""), "shop");
    assert_eq!(
        resolved("select `shop`.`t`.`a` AS `a` from `t` where `shop`.`t`.`b` = 1").as_deref(),
        Some("select `t`.`a` AS `a` from `t` where `t`.`b` = 1")
    );
    for text in [
        "select `t`.`a` AS `a` from `t`",
        "select `shop`.`t`.`a` AS `a`,`old`.`t`.`a` AS `b` from `shop`.`t` join `old`.`t`",
        "select `shop`.`f`(1) AS `f`",
    ] {
        assert_eq!(resolved(text), None, "{text}");
    }
}

#[test]
fn d02_double_quotes_are_names_under_ansi_quotes_only() {
    let text = r#"SELECT "shop"."t"."a" FROM "shop"."t""#;
    let ansi = read(ObjectKind::Procedure, text, "ANSI_QUOTES").1;
    assert_eq!(ansi, r#"SELECT "copy"."t"."a" FROM "copy"."t""#);
    assert_eq!(moved(text).as_deref(), Some(text));
}

#[test]
fn d02_other_databases_are_named() {
    let others = |text| read(ObjectKind::Procedure, text, "").0.others;
    let text = "SELECT a.x, mysql.user.host, `far away`.t.id FROM old.t a, shop.u JOIN new.v";
    let expected = ["far away", "new", "old"].map(str::to_string);
    assert_eq!(others(text), BTreeSet::from(expected));
    assert!(others("SELECT tools.f(1), NEW.a, t.b, rec.x FROM t").is_empty());
}

#[test]
fn d02_strings_count_where_they_are_run() {
    let named = |text| read(ObjectKind::Procedure, text, "").0.in_strings;
    assert!(named("PREPARE s FROM 'DELETE FROM shop.t'"));
    assert!(named(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'"
    ));
    assert!(!named("PREPARE s FROM 'DELETE FROM shops.t'"));
    assert!(!named("INSERT INTO t VALUES ('shop')"));
}

/// Pieces of which any order is a text with the database only in certain places.
const PIECES: &[&str] = &[
    "SELECT a FROM shop.t",
    "JOIN `shop`.`u` ON a = b",
    "shop.f(",
    ")",
    "'shop.x'",
    "-- shop.y\n",
    "CALL shop . p",
    "`shop`.`a`.`b`",
    "SELECT",
    "t.shop",
    "/* shop.z */",
    "INSERT INTO shop.t",
    "(",
    ",",
    ";",
    "WHERE",
    "EXISTS",
    "@shop.v",
    "UPDATE",
];

proptest! {
    #[test]
    fn d02_there_and_back_is_the_same(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..20)) {
        let text = pieces.join(" ");
        let (named, there) = read(ObjectKind::Procedure, &text, "");
        prop_assume!(!named.is_unsure);
        // Nothing but qualifiers has changed, and none is left.
        prop_assert_eq!(there.replace("`copy`", "shop"), text.replace("`shop`", "shop"));
        let quoted = |text: &str| text.matches("shop.").count() + text.matches("shop .").count();
        let kept = ["'shop.x'", "-- shop.y", "/* shop.z */", "@shop.v"];
        let expected: usize = kept.iter().map(|piece| text.matches(piece).count()).sum();
        prop_assert_eq!(quoted(&there), expected);
    }
}
