//! What is found in a folder or a file, and how it may be asked.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_virtual_table_is_named_as_not_copied_and_its_shadows_are_hidden() {
    let pair = Pair::new();
    pair.run("from", "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('a b'); CREATE TABLE t (a)");
    let catalog = pair.catalog("from").await.unwrap();
    assert_eq!(catalog.tables.len(), 1);
    let words = catalog.object(ObjectKind::VirtualTable, "words").unwrap();
    assert!(words.obstacle.as_ref().unwrap().contains("fts5"));
    let flags = &pair.server("from").await.databases().await.unwrap().listed[0].flags;
    assert_eq!(*flags, ["1 table without key", "1 virtual table"]);
}

#[tokio::test]
async fn two_files_of_one_name_are_both_named() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a)");
    std::fs::copy(
        pair.file("from"),
        pair.file("from").with_extension("sqlite"),
    )
    .unwrap();
    let error = pair
        .server("from")
        .await
        .databases()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("shop.db") && error.contains("shop.sqlite"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_counts_by_its_header_and_an_empty_one_by_its_ending() {
    let pair = Pair::new();
    let folder = pair.home.join("from");
    std::fs::write(folder.join("notes.db"), "not a database at all").unwrap();
    std::fs::write(folder.join("empty.sqlite"), "").unwrap();
    std::fs::write(folder.join("empty.txt"), "").unwrap();
    Connection::open(folder.join("data"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let names = |found: crate::model::survey::Databases| {
        found
            .listed
            .into_iter()
            .map(|line| line.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(pair.server("from").await.databases().await.unwrap()),
        ["data", "empty"]
    );
    let Err(error) = Files::open(&folder.join("notes.db"), &pair.state()).await else {
        panic!("opened")
    };
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn reading_leaves_no_file_behind() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run(
            "from",
            &format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (a); INSERT INTO t VALUES (1)"),
        );
        let bytes = std::fs::read(pair.file("from")).unwrap();
        let server = pair.server("from").await;
        let catalog = server.catalog("shop").await.unwrap().unwrap();
        let first = server.snapshot("shop", &catalog.tables, 1).await.unwrap();
        let second = server.snapshot("shop", &catalog.tables, 1).await.unwrap();
        first.close().await.unwrap();
        second.close().await.unwrap();
        assert_eq!(
            pair.home.join("from").read_dir().unwrap().count(),
            1,
            "{mode}"
        );
        assert_eq!(std::fs::read(pair.file("from")).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_new_database_gets_the_ending_that_its_neighbors_have() {
    let pair = Pair::new();
    let folder = pair.home.join("to");
    let place = super::super::place::Place::open(&folder).unwrap();
    assert_eq!(place.fresh("crm").unwrap(), place.folder().join("crm.db"));
    Connection::open(folder.join("a.sqlite3"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    assert_eq!(
        place.fresh("crm").unwrap(),
        place.folder().join("crm.sqlite3")
    );
    for name in ["a/b", "", ".x", "_maestro_x"] {
        assert!(place.fresh(name).is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_folder_and_the_file_in_it_are_one_server() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a)");
    let folder = pair.server("from").await;
    let link = pair.home.join("link.db");
    std::os::unix::fs::symlink(pair.file("from"), &link).unwrap();
    for path in [pair.file("from"), link] {
        let file = Files::open(&path, &pair.state()).await.unwrap();
        assert!(folder.is_same_server(&file).await.unwrap());
        assert!(file.is_same_server(&folder).await.unwrap());
        assert_eq!(file.databases().await.unwrap().listed[0].name, "shop");
    }
    let other = Files::open(&pair.home.join("from/shop.sqlite"), &pair.state())
        .await
        .unwrap();
    let file = Files::open(&pair.file("from"), &pair.state())
        .await
        .unwrap();
    assert!(!file.is_same_server(&other).await.unwrap(), "two files");
    assert_eq!(pair.home.join("from").read_dir().unwrap().count(), 1);
    assert!(
        !folder
            .is_same_server(&pair.server("to").await)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_name_that_a_stranger_has_is_found_before_anything_is_written() {
    let pair = Pair::new();
    std::fs::write(pair.file("to"), "not a database").unwrap();
    let survey = pair
        .server("to")
        .await
        .survey("shop", Role::Target)
        .await
        .unwrap();
    assert!(survey.catalog.is_none());
    let problems: Vec<_> = survey
        .findings
        .iter()
        .map(|finding| &finding.problem)
        .collect();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].ends_with("shop.db exists and is no SQLite database"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_damaged_database_is_a_finding() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let mut bytes = std::fs::read(pair.file("from")).unwrap();
    bytes[100..400].fill(0xee);
    std::fs::write(pair.file("from"), bytes).unwrap();
    let server = pair.server("from").await;
    let survey = server.survey("shop", Role::Source).await.unwrap();
    assert_eq!(survey.findings.len(), 1, "{:?}", survey.findings);
    let flags = &server.databases().await.unwrap().listed[0].flags;
    assert!(flags[0].starts_with("cannot be read"), "{flags:?}");
}

#[tokio::test]
async fn several_statements_and_writes_are_refused_as_questions() {
    let pair = Pair::new();
    pair.run(
        "from",
        "CREATE TABLE t (a); INSERT INTO t VALUES (1.5), (x'00'), (NULL)",
    );
    let server = pair.server("from").await;
    for sql in [
        "SELECT 1; SELECT 2",
        "VACUUM INTO '/nowhere'",
        "PRAGMA user_version = 3",
        "BEGIN",
        "",
    ] {
        assert!(server.query(Some("shop"), sql).await.is_err(), "{sql}");
    }
    let mut answer = server
        .query(Some("shop"), "SELECT a FROM t; -- and no more")
        .await
        .unwrap();
    let mut cells = Vec::new();
    while let Some(row) = answer.rows.recv().await {
        cells.extend(row.unwrap());
    }
    assert_eq!(cells, [Some(b"1.5".to_vec()), Some(vec![0]), None]);
}

/// Would count for hours.
const ENDLESS: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_job_that_nobody_waits_for_is_interrupted_and_the_next_is_not() {
    let worker = Worker::open(|| Ok(Connection::open_in_memory().unwrap()))
        .await
        .unwrap();
    let endless = worker.call(|connection| {
        Ok(connection
            .query_row(ENDLESS, [], |row| row.get::<_, i64>(0))
            .is_err())
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(100), endless)
            .await
            .is_err()
    );
    let next = worker.call(|connection| {
        Ok(connection
            .query_row("SELECT 7", [], |row| row.get::<_, i64>(0))
            .unwrap())
    });
    let next = tokio::time::timeout(Duration::from_secs(5), next).await;
    assert_eq!(next.unwrap().unwrap(), 7);
}

#[tokio::test]
async fn a_catalog_reads_what_only_the_statement_tells() {
    let pair = Pair::new();
    pair.run(
        "from",
        "CREATE TABLE p (x TEXT, y INT, PRIMARY KEY (x, y));
         CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE DEFAULT ('a' || 'b') CHECK (n <> ''),
           px TEXT, py INT, g INT AS (id + 1), FOREIGN KEY (px, py) REFERENCES p ON DELETE CASCADE);
         CREATE INDEX i ON t (lower(n), px COLLATE RTRIM DESC) WHERE py > 0;
         CREATE VIEW broken AS SELECT * FROM absent;",
    );
    let catalog = pair.catalog("from").await.unwrap();
    let table = catalog.table("t").unwrap();
    assert_eq!(
        table.column("n").unwrap().collation.as_deref(),
        Some("NOCASE")
    );
    assert_eq!(
        table.column("n").unwrap().default.as_deref(),
        Some("'a' || 'b'")
    );
    assert_eq!(
        table
            .column("g")
            .unwrap()
            .generated
            .as_ref()
            .unwrap()
            .expression,
        "id + 1"
    );
    assert_eq!(table.checks[0].expression, "n <> ''");
    let key = &table.foreign_keys[0];
    assert_eq!(
        (key.parent_columns.join(","), key.on_delete.as_str()),
        ("x,y".into(), "CASCADE")
    );
    let index = table
        .indexes
        .iter()
        .find(|index| index.name == "i")
        .unwrap();
    assert_eq!(index.parts[0].expression.as_deref(), Some("lower(n)"));
    assert!(index.parts[1].descending);
    assert_eq!(index.extra, "WHERE py > 0 part 2 COLLATE RTRIM");
    assert!(
        catalog.table("p").unwrap().key().is_none(),
        "its columns may be NULL"
    );
    assert!(catalog.object(ObjectKind::View, "broken").is_some());
}

#[tokio::test]
async fn a_missing_folder_is_told_with_its_mend() {
    let Err(error) = Files::open(Path::new("/no/such/folder"), Path::new("/")).await else {
        panic!("opened")
    };
    assert!(
        error.hint().unwrap().contains("mkdir -p /no/such/folder"),
        "{error:?}"
    );
}
