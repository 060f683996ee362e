//! JSON, geometries, identifiers, vectors.

use super::{arrives, both};
use crate::live::{Case, Flavor, on_both};

/// Documents as text, with what a reader might lose: 1.0 and 1, the zero below zero, long numbers, repeated keys and
/// their order, controls.
const DOCUMENTS: &[&str] = &[
    r#"{"b": 1, "a": 2, "aa": 3}"#,
    r#"{"k": 1, "k": 2}"#,
    "[1, 1.0, 1.50, -0, -0.0, 0.1, 1e2, 1E-300, 1e308]",
    "[9223372036854775807, -9223372036854775808, 18446744073709551615, 123456789012345678901234567890]",
    r#"["\u0000", "\ud83d\ude00", "é", "\"\\/\b\f\n\r\t", ""]"#,
    r#"{"": {"": []}, " ": {}, "a.b": null, "a\"b": true, "$": false}"#,
    "\"text\"",
    "null",
    "[[[[[[[[[[]]]]]]]]]]",
];

fn a15_json_keeps_its_text(case: &Case) {
    let rows: Vec<String> = DOCUMENTS
        .iter()
        .enumerate()
        .map(|(id, document)| {
            let hex: String = document.bytes().map(|byte| format!("{byte:02X}")).collect();
            format!("({id}, CONVERT(X'{hex}' USING utf8mb4))")
        })
        .collect();
    let sql = format!(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON, k JSON NOT NULL DEFAULT ('[]')); INSERT INTO t (id, j) VALUES {}; \
         INSERT INTO t (id) VALUES (100)",
        rows.join(", ")
    );
    let database = arrives(case, "json", &sql);
    let query =
        "SELECT id, HEX(CAST(j AS CHAR)), JSON_TYPE(j), HEX(CAST(k AS CHAR)) FROM t ORDER BY id";
    let expected = case.a.rows(&format!("USE `{database}`; {query}"));
    both(case, &database, query, &expected);
    if case.flavor == Flavor::MariaDb {
        // An alias of LONGTEXT: its very bytes.
        let hex: String = DOCUMENTS[1]
            .bytes()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        both(case, &database, "SELECT HEX(j) FROM t WHERE id = 1", &hex);
    }
}

/// Number types, dates and bytes that only SQL puts into a document.
const TYPED: &str = "CREATE TABLE source_ (id INT PRIMARY KEY, dc DECIMAL(30,10), u BIGINT UNSIGNED, i INT, f DOUBLE, \
    d DATE, dt DATETIME(3), ts TIMESTAMP(6) NULL, ti TIME(2), y YEAR, t VARCHAR(20)); \
    INSERT INTO source_ VALUES (1, 1.10, 5, -5, 1, '2020-02-29', '2020-01-01 10:11:12.345', '2024-11-03 05:30:00.000001', \
      '-838:59:58.5', 2020, '1.10'), (2, -99999999999999999999.9999999999, 18446744073709551615, 0, -0.0, '0001-01-01', \
      '9999-12-31 23:59:59.999', '2038-01-19 03:14:07', '00:00:00', 1901, '2020-01-01'), (3, 0, 0, 1, 1e20, NULL, NULL, NULL, \
      NULL, NULL, '12:00:00.000000'); \
    CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9), j JSON, k JSON, b BIT(4)); \
    INSERT INTO t SELECT id, 'x', JSON_OBJECT('dc', dc, 'u', u, 'in \\\"side', JSON_ARRAY(d, JSON_OBJECT('', dt, 'a.b', ts), ti), \
      'y', y, 't', t, 'f', f, 'i', i), JSON_ARRAY(dc, JSON_ARRAY(u)), b'101' FROM source_; \
    INSERT INTO t SELECT id + 10, NULL, CAST(dc AS JSON), CAST(dt AS JSON), NULL FROM source_; \
    INSERT INTO t VALUES (30, NULL, JSON_ARRAY(X'00FF275C', 1), NULL, NULL), (31, NULL, CAST(CAST(7 AS UNSIGNED) AS JSON), '[1, 1.0]', NULL); \
    INSERT INTO t SELECT id + 100, v, k, j, b FROM t";

fn a15_json_keeps_the_types_that_its_text_hides(case: &Case) {
    if case.flavor != Flavor::MySql {
        return;
    }
    let database = arrives(case, "types", TYPED);
    both(
        case,
        &database,
        "SELECT JSON_TYPE(j->'$.dc'), JSON_TYPE(j->'$.u'), JSON_TYPE(j->'$.\"in \\\\\"side\"[0]'), \
         JSON_TYPE(j->'$.\"in \\\\\"side\"[1].\"\"'), JSON_TYPE(j->'$.\"in \\\\\"side\"[1].\"a.b\"'), \
         JSON_TYPE(j->'$.\"in \\\\\"side\"[2]'), JSON_TYPE(j->'$.t'), JSON_TYPE(j->'$.f'), JSON_TYPE(j->'$.i'), \
         JSON_TYPE(k->'$[0]'), JSON_TYPE(k->'$[1][0]'), CAST(j->'$.dc' AS CHAR) FROM t WHERE id = 1",
        "DECIMAL UNSIGNED INTEGER DATE DATETIME TIMESTAMP TIME STRING DOUBLE INTEGER DECIMAL UNSIGNED INTEGER 1.1000000000",
    );
    both(
        case,
        &database,
        "SELECT JSON_TYPE(j), JSON_TYPE(k), JSON_TYPE((SELECT j->'$[0]' FROM t WHERE id = 30)), \
         JSON_TYPE((SELECT j FROM t WHERE id = 31)), CAST((SELECT j->'$[0]' FROM t WHERE id = 30) AS CHAR) FROM t WHERE id = 11",
        "DECIMAL DATETIME BLOB UNSIGNED INTEGER \"base64:type15:AP8nXA==\"",
    );
    case.compare(&database, &[]).expect(0);
    let same_text = "UPDATE {}.t SET k = CAST(CAST(k AS CHAR) AS JSON) WHERE id = 11";
    case.b
        .sql(&same_text.replace("{}", &format!("`{database}`")));
    case.compare(&database, &["--data"]).expect(1);
    let backup = case
        .home
        .run(&["backup", "create", &format!("a/{database}")])
        .expect(0);
    let (id, copy) = (backup.json["id"].as_str().unwrap(), case.database("again"));
    let map = format!("{database}={copy}");
    case.home
        .run(&["backup", "restore", id, "to", "b", "--map", &map, "--yes"])
        .expect(0);
    crate::fidelity::oracle::same(case, &database, &copy);
}

fn a15_bytes_that_sql_cannot_make_in_json_are_refused_by_name(case: &Case) {
    if case.flavor != Flavor::MySql {
        return;
    }
    let database = case.source(
        "bytes",
        "CREATE TABLE s (b BIT(3), l BLOB); INSERT INTO s VALUES (b'101', X'01'); CREATE TABLE t (id INT PRIMARY KEY, j JSON); \
         INSERT INTO t SELECT 1, JSON_ARRAY(b) FROM s; CREATE TABLE u (id INT PRIMARY KEY, j JSON); \
         INSERT INTO u SELECT 1, JSON_OBJECT('l', l) FROM s",
    );
    case.fill(
        &case.b,
        &database,
        "CREATE TABLE old (id INT); INSERT INTO old VALUES (1)",
    );
    for (table, other, kind) in [("t", "u", "base64:type16"), ("u", "t", "base64:type252")] {
        case.sync(&database, &["--exclude", other, "--allow-vanish", "100%"])
            .refuses(4, &["column j of", table, kind, "TO_BASE64"]);
        assert_eq!(
            case.b.rows(&format!("SELECT id FROM `{database}`.old")),
            "1"
        );
    }
}

fn a13_geometries_keep_their_bytes_and_srids(case: &Case) {
    let own = match case.flavor {
        Flavor::MySql => {
            ", r POINT NOT NULL SRID 4326 DEFAULT (ST_GeomFromText('POINT(52.5 13.25)', 4326)), SPATIAL KEY (r)"
        }
        Flavor::MariaDb => "",
    };
    let database = arrives(
        case,
        "geometries",
        &format!(
            "CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY, p POINT, c GEOMETRYCOLLECTION{own}); \
             INSERT INTO t (id, g, p, c) VALUES (1, ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromText('POINT(0.1 -0.2)', 0), \
             ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))')), (2, NULL, NULL, NULL), \
             (3, ST_GeomFromText('POLYGON((0 0, 0 9, 9 9, 0 0), (1 2, 1 3, 2 3, 1 2))', 3857), POINT(1e300, -1e-300), NULL)"
        ),
    );
    both(
        case,
        &database,
        "SELECT id, ST_SRID(g), ST_SRID(p), HEX(p) FROM t ORDER BY id",
        "1 4326 0 0000000001010000009A9999999999B93F9A9999999999C9BF, 2 NULL NULL NULL, \
         3 3857 0 0000000001010000009C7500883CE4377E59F3F8C21F6EA581",
    );
}

fn a13_identifiers_and_addresses_are_read_as_text(case: &Case) {
    if case.flavor != Flavor::MariaDb
        || case
            .lacks("SELECT CAST(UUID() AS UUID), CAST('::1' AS INET6), CAST('10.0.0.1' AS INET4)")
    {
        return;
    }
    // Sixteen or four letters are an address too: those types would read raw bytes so.
    let database = arrives(
        case,
        "addresses",
        "CREATE TABLE t (u UUID PRIMARY KEY, i4 INET4, i6 INET6 UNIQUE, d UUID DEFAULT UUID()); \
         INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000000', '0.0.0.0', '::', NULL), \
         ('123e4567-e89b-12d3-a456-426655440000', '192.0.2.128', '::ffff:192.0.2.128', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), \
         ('31313131-3131-3131-3131-313131313131', '49.49.49.49', '2001:db8::ff00:42:8329', NULL); \
         CREATE TABLE k (i INET6 PRIMARY KEY, f INET4 UNIQUE); INSERT INTO k VALUES ('::1', '1.2.3.4'), ('3131:3131:3131:3131:3131:3131:3131:3131', NULL)",
    );
    both(
        case,
        &database,
        "SELECT u, i4, i6, HEX(u) FROM t ORDER BY i4",
        "00000000-0000-0000-0000-000000000000 0.0.0.0 :: 00000000000000000000000000000000, \
         31313131-3131-3131-3131-313131313131 49.49.49.49 2001:db8::ff00:42:8329 31313131313131313131313131313131, \
         123e4567-e89b-12d3-a456-426655440000 192.0.2.128 ::ffff:192.0.2.128 123E4567E89B12D3A456426655440000",
    );
}

fn a13_vectors_keep_their_bits(case: &Case) {
    if case.flavor != Flavor::MySql {
        return;
    }
    let database = arrives(
        case,
        "vectors",
        "CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, w VECTOR); \
         INSERT INTO t VALUES (1, STRING_TO_VECTOR('[0.1,-0,3.4028235e38]'), NULL), \
         (2, STRING_TO_VECTOR('[1,2,3]'), STRING_TO_VECTOR('[16777217]'))",
    );
    both(
        case,
        &database,
        "SELECT id, HEX(v), HEX(w) FROM t ORDER BY id",
        "1 CDCCCC3D00000080FFFF7F7F NULL, 2 0000803F0000004000004040 0000804B",
    );
}

on_both!(
    a13_geometries_keep_their_bytes_and_srids,
    a13_identifiers_and_addresses_are_read_as_text,
    a13_vectors_keep_their_bits,
    a15_json_keeps_its_text,
    a15_json_keeps_the_types_that_its_text_hides,
    a15_bytes_that_sql_cannot_make_in_json_are_refused_by_name,
);
