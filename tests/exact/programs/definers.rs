//! Whose rights programs run with (D03), and whose rights survive a swap (D12).

use super::{Account, not_copied, plan, programs, same_programs};
use crate::live::{Case, Flavor, on_both};

/// A view upon a view, a function and a view upon it, and the rest, all of one account.
fn of(definer: &str) -> String {
    format!(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO t VALUES (1, 'x');
         CREATE DEFINER={definer} FUNCTION f(a INT) RETURNS INT DETERMINISTIC NO SQL RETURN a + 1;
         CREATE DEFINER={definer} VIEW base AS SELECT id FROM t;
         CREATE DEFINER={definer} VIEW a_top AS SELECT f(id) AS id FROM base;
         CREATE VIEW a_own AS SELECT id FROM a_top;
         CREATE DEFINER={definer} SQL SECURITY INVOKER VIEW guest AS SELECT id FROM t;
         CREATE DEFINER={definer} PROCEDURE p() SQL SECURITY INVOKER SELECT 1;
         CREATE DEFINER={definer} TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
         CREATE DEFINER={definer} EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE DO DELETE FROM t;"
    )
}

/// A source whose programs belong to an account that only it has.
fn with_stranger(case: &Case) -> (String, Account) {
    let app = Account::new(case, &case.a, "app");
    let shop = case.source("shop", "SELECT 1");
    app.grant(&format!("ALL ON `{shop}`.*"));
    case.fill(&case.a, &shop, &of(&app.quoted()));
    (shop, app)
}

fn d03_keep_keeps_definers_also_those_that_the_target_does_not_know(case: &Case) {
    let (shop, app) = with_stranger(case);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    let told = format!(
        "definer {} is unknown on the target: function f, procedure p, view a_top",
        app.quoted()
    );
    assert!(warnings.contains(&told), "{warnings}");
    // Onto nothing, and onto what is there.
    for _ in 0..2 {
        case.sync(&shop, &[]).expect(0);
        same_programs(case, &shop, &shop);
    }
}

fn d03_keep_says_nothing_of_definers_that_the_target_knows(case: &Case) {
    let (shop, app) = with_stranger(case);
    let there = Account::new(case, &case.b, "app");
    assert_eq!(there.name, app.name);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    assert!(!warnings.contains("definer"), "{warnings}");
    case.sync(&shop, &["--definer", "refuse"]).expect(0);
    same_programs(case, &shop, &shop);
}

fn d03_current_gives_programs_to_the_account_that_writes(case: &Case) {
    let (shop, app) = with_stranger(case);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let mapped = plan(case, &from, &to, &["--definer", "current"])["mapped"].to_string();
    for part in [
        "definer of function f, procedure p, view a_top",
        &app.quoted(),
        "`dbm`@`%`",
    ] {
        assert!(mapped.contains(part), "no {part} in {mapped}");
    }
    case.sync(&shop, &["--definer", "current"]).expect(0);
    let found = programs(&case.b, &shop).join("\n");
    let expected = programs(&case.a, &shop).join("\n");
    assert_eq!(found, expected.replace(&format!("{}@%", app.name), "dbm@%"));
    assert_eq!(case.b.rows(&format!("SELECT id FROM {shop}.a_own")), "2");
}

fn d03_refuse_names_each_account_with_its_objects_and_writes_nothing(case: &Case) {
    let (shop, app) = with_stranger(case);
    let told = format!(
        "the target does not know the definer {}: function f, procedure p",
        app.quoted()
    );
    let mend = format!("CREATE USER {}", app.quoted());
    case.sync(&shop, &["--definer", "refuse"])
        .refuses(4, &[&told, &mend, "--definer current"]);
    assert!(!case.has(&shop));
}

/// What lets an account make programs of another one.
fn privileges(flavor: Flavor) -> [&'static str; 2] {
    match flavor {
        Flavor::MariaDb => ["SET USER", "SUPER"],
        Flavor::MySql => ["SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER"],
    }
}

fn d03_an_account_that_may_not_name_a_definer_is_refused_before_the_first_write(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
    let app = Account::new(case, &case.a, "app");
    case.fill(&case.a, &shop, &format!(
        "CREATE DEFINER={0} VIEW v AS SELECT id FROM t; CREATE DEFINER={0} PROCEDURE p() SELECT 1", app.quoted()
    ));
    let writer = Account::new(case, &case.b, "writer");
    writer.may_write(&shop);
    // Whether an account is known is only told to who may read it.
    writer.grant("SELECT ON mysql.user");
    writer.connect(case, "w");
    let (from, to) = (format!("a/{shop}"), format!("w/{shop}"));
    for privilege in privileges(case.flavor) {
        if case.flavor == Flavor::MariaDb && privilege == "SUPER" {
            continue;
        }
        let mend = format!("GRANT {privilege} ON *.* TO {}", writer.quoted());
        case.home
            .run(&["sync", &from, &to, "--yes"])
            .refuses(4, &[&mend, "--definer current", "procedure p, view v"]);
        assert!(!case.has(&shop));
        writer.grant(&format!("{privilege} ON *.*"));
    }
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    same_programs(case, &shop, &shop);
}

fn d03_current_needs_no_right_to_name_others(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
    let app = Account::new(case, &case.a, "app");
    case.fill(&case.a, &shop, &format!(
        "CREATE DEFINER={0} VIEW v AS SELECT id FROM t; CREATE DEFINER={0} PROCEDURE p() SELECT 1", app.quoted()
    ));
    let writer = Account::new(case, &case.b, "writer");
    writer.may_write(&shop);
    writer.connect(case, "w");
    let (from, to) = (format!("a/{shop}"), format!("w/{shop}"));
    case.home
        .run(&["sync", &from, &to, "--yes", "--definer", "current"])
        .expect(0);
    let definers = format!(
        "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '{shop}'
         UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{shop}'"
    );
    assert_eq!(case.b.one(&definers), format!("{}@%", writer.name));
}

fn d03_an_account_that_may_not_read_the_accounts_is_told_that_they_were_not_checked(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
    let app = Account::new(case, &case.a, "app");
    case.fill(
        &case.a,
        &shop,
        &format!("CREATE DEFINER={} VIEW v AS SELECT id FROM t", app.quoted()),
    );
    let writer = Account::new(case, &case.b, "writer");
    writer.may_write(&shop);
    writer.grant(&format!("{} ON *.*", privileges(case.flavor)[0]));
    writer.connect(case, "w");
    let (from, to) = (format!("a/{shop}"), format!("w/{shop}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    assert!(
        warnings.contains("could not be checked: view v"),
        "{warnings}"
    );
}

fn d03_a_trigger_of_the_target_that_could_not_be_put_back_is_a_refusal(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (2)",
    );
    case.fill(&case.b, &shop,
        "CREATE TABLE t (id INT PRIMARY KEY); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1; INSERT INTO t VALUES (1)");
    let writer = Account::new(case, &case.b, "writer");
    writer.may_write(&shop);
    writer.connect(case, "w");
    let (from, to) = (format!("a/{shop}"), format!("w/{shop}"));
    let grant = format!("GRANT {}", privileges(case.flavor)[0]);
    let drop = format!("DROP TRIGGER `{shop}`.`g`;");
    for more in ["--data", "--definer=current"] {
        case.home
            .run(&["sync", &from, &to, "--yes", more])
            .refuses(4, &["could not put trigger g", &grant, &drop]);
        assert_eq!(case.b.rows(&format!("SELECT id FROM {shop}.t")), "1");
    }
    // That helps an account without the privilege.
    case.b.sql(&drop);
    case.home
        .run(&["sync", &from, &to, "--yes", "--definer", "current"])
        .expect(0);
    assert_eq!(case.b.rows(&format!("SELECT id FROM {shop}.t")), "2");
}

fn d12_grants_on_tables_views_and_routines_survive_the_swap(case: &Case) {
    let shop = case.source("shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 2); CREATE VIEW w AS SELECT v, id FROM t;
         CREATE FUNCTION f() RETURNS INT DETERMINISTIC NO SQL RETURN 2; CREATE PROCEDURE p() SELECT 2;");
    case.fill(&case.b, &shop,
        "CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE VIEW w AS SELECT id FROM t;
         CREATE FUNCTION f() RETURNS INT DETERMINISTIC NO SQL RETURN 1; CREATE PROCEDURE p() SELECT 1;");
    let reader = Account::new(case, &case.b, "reader");
    reader.grant(&format!("SELECT (id), UPDATE (v) ON `{shop}`.t"));
    reader.grant(&format!("SELECT ON `{shop}`.w"));
    reader.grant(&format!("EXECUTE ON FUNCTION `{shop}`.f"));
    reader.grant(&format!("EXECUTE, ALTER ROUTINE ON PROCEDURE `{shop}`.p"));
    case.b.sql(&format!(
        "GRANT EXECUTE ON PROCEDURE `{shop}`.p TO {} WITH GRANT OPTION",
        reader.quoted()
    ));
    let grants = || {
        let mut lines = case.b.sql(&format!("SHOW GRANTS FOR {}", reader.quoted()));
        lines.sort();
        lines
    };
    let before = grants();
    assert_eq!(before.len(), 5);
    case.sync(&shop, &[]).expect(0);
    same_programs(case, &shop, &shop);
    assert_eq!(grants(), before);
}

fn c08_a_routine_that_the_source_does_not_show_is_named_and_that_of_the_target_stays(case: &Case) {
    let shop = case.source("shop",
        "CREATE TABLE t (id INT PRIMARY KEY); CREATE PROCEDURE p() SELECT 1; CREATE PROCEDURE q() SELECT 1; CREATE VIEW v AS SELECT id FROM t");
    case.fill(
        &case.b,
        &shop,
        "CREATE PROCEDURE p() SELECT 'of the target'",
    );
    let reader = Account::new(case, &case.a, "reader");
    reader.grant(&format!(
        "SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON `{shop}`.*"
    ));
    reader.connect(case, "r");
    let (from, to) = (format!("r/{shop}"), format!("b/{shop}"));
    let done = case.home.run(&["sync", &from, &to, "--yes"]).expect(3);
    let told = not_copied(&done);
    for part in ["procedure p", "procedure q", "not shown to this user"] {
        assert!(told.contains(part), "no {part} in {told}");
    }
    let left = programs(&case.b, &shop).join("\n");
    assert!(
        left.contains("of the target") && left.contains("\"v\""),
        "{left}"
    );
}

on_both!(
    d03_keep_keeps_definers_also_those_that_the_target_does_not_know,
    d03_keep_says_nothing_of_definers_that_the_target_knows,
    d03_current_gives_programs_to_the_account_that_writes,
    d03_refuse_names_each_account_with_its_objects_and_writes_nothing,
    d03_an_account_that_may_not_name_a_definer_is_refused_before_the_first_write,
    d03_current_needs_no_right_to_name_others,
    d03_an_account_that_may_not_read_the_accounts_is_told_that_they_were_not_checked,
    d03_a_trigger_of_the_target_that_could_not_be_put_back_is_a_refusal,
    d12_grants_on_tables_views_and_routines_survive_the_swap,
    c08_a_routine_that_the_source_does_not_show_is_named_and_that_of_the_target_stays,
);

/// Definers that one product alone has.
mod own {
    use super::*;
    use crate::live::{Private, with};

    #[test]
    fn d03_a_role_of_mariadb_is_a_definer() {
        with(Flavor::MariaDb, module_path!(), |case| {
            let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
            let role = case.database("role");
            case.a.sql(&format!("CREATE ROLE {role}"));
            case.fill(&case.a, &shop, &format!("CREATE DEFINER={role} VIEW v AS SELECT id FROM t; CREATE DEFINER={role} PROCEDURE p() SELECT 1"));
            // An unknown role would become another account.
            let done = case.sync(&shop, &[]);
            case.b.sql(&format!("CREATE ROLE {role}"));
            let arrived = case.sync(&shop, &[]);
            let (left, right) = (programs(&case.a, &shop), programs(&case.b, &shop));
            for place in [&case.a, &case.b] {
                place.sql(&format!("DROP ROLE {role}"));
            }
            done.refuses(4, &[&format!("CREATE ROLE `{role}`"), "--definer current"]);
            arrived.expect(0);
            assert_eq!(left, right);
        });
    }

    /// A trigger that MariaDB keeps without quotes around its definer, as it was when it was made.
    #[test]
    fn d03_a_definer_without_quotes_is_kept_and_replaced() {
        with(Flavor::MariaDb, concat!(module_path!(), "::bare"), |case| {
            let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
            let sql = "SET sql_quote_show_create = 0;
                CREATE DEFINER=root@localhost TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
                CREATE DEFINER=`été`@`10.0.0.%` TRIGGER b BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
                CREATE DEFINER=`élan`@localhost TRIGGER c BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
                CREATE DEFINER=dbm@`%` TRIGGER d BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
                SET sql_mode = 'ANSI_QUOTES';
                CREATE DEFINER=root@localhost TRIGGER e BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
                SET sql_quote_show_create = 1;";
            case.fill(&case.a, &shop, sql);
            let bare = case.a.sql(&format!("SHOW CREATE TRIGGER `{shop}`.a"));
            assert!(format!("{bare:?}").contains("DEFINER=root@localhost"));
            for _ in 0..2 {
                case.sync(&shop, &[]).expect(0);
                same_programs(case, &shop, &shop);
            }
            case.sync(&shop, &["--definer", "current"]).expect(0);
            let definers = format!(
                "SELECT DISTINCT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{shop}'"
            );
            assert_eq!(case.b.rows(&definers), "dbm@%");
        });
    }

    #[test]
    fn d03_an_account_of_the_system_is_named_by_its_like_only() {
        with(Flavor::MySql, module_path!(), |case| {
            let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY); CREATE DEFINER=root@localhost VIEW v AS SELECT id FROM t");
            let writer = Account::new(case, &case.b, "writer");
            writer.may_write(&shop);
            writer.grant("SELECT ON mysql.*");
            writer.grant("SET_ANY_DEFINER ON *.*");
            writer.connect(case, "w");
            let (from, to) = (format!("a/{shop}"), format!("w/{shop}"));
            case.home
                .run(&["sync", &from, &to, "--yes"])
                .refuses(4, &["GRANT SYSTEM_USER ON *.*", "`root`@`localhost`"]);
            writer.grant("SYSTEM_USER ON *.*");
            case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
            same_programs(case, &shop, &shop);
        });
    }

    fn the_binary_log_keeps_functions_out(case: &Case) {
        let Some(own) = Private::start(case.flavor, &["--log-bin=log", "--server-id=7"]) else {
            return;
        };
        case.home.connect("own", &own.place);
        let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
        case.a.sql(&format!(
            "CREATE FUNCTION {shop}.safe() RETURNS INT READS SQL DATA RETURN 1"
        ));
        let (from, to) = (format!("a/{shop}"), format!("own/{shop}_trusted"));
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        let writer = Account::new(case, &own.place, "writer");
        writer.may_write(&shop);
        writer.connect(case, "w");
        case.a.sql(&format!(
            "CREATE TRIGGER {shop}.g BEFORE INSERT ON {shop}.t FOR EACH ROW SET @a = 1"
        ));
        let to = format!("w/{shop}");
        let done = case
            .home
            .run(&["sync", &from, &to, "--yes", "--definer", "current"]);
        done.refuses(
            4,
            &[
                "SET GLOBAL log_bin_trust_function_creators = 1",
                "function safe, trigger g",
            ],
        );
        own.place
            .sql("SET GLOBAL log_bin_trust_function_creators = 1");
        case.home
            .run(&["sync", &from, &to, "--yes", "--definer", "current"])
            .expect(0);
    }

    on_both!(the_binary_log_keeps_functions_out);
}
