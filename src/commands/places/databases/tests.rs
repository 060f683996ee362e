//! Where each database goes, and what is refused rather than guessed.

use super::*;
use crate::commands::places::read::divide;

fn list(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_string).collect()
}

fn place(text: &str) -> Place {
    let rest = text.split_once('/').map(|(_, rest)| divide(rest));
    Place {
        connection: text.split('/').next().unwrap().to_string(),
        ..rest.unwrap_or_default()
    }
}

fn map(from: &str, to: &str) -> (String, String) {
    (from.to_string(), to.to_string())
}

/// `source>target` of each pair, or the error.
fn say(
    chosen: &str,
    source: &str,
    target: &str,
    maps: &[(String, String)],
) -> Result<String, String> {
    let source = place(source);
    followed(&source, &place(target), None)
        .and_then(|target| paired(&list(chosen), &source, &target, maps))
        .map(|pairs| {
            let words = pairs.iter().map(|pair| {
                let table = pair.table.as_ref().map(|table| format!(".{table}"));
                format!(
                    "{}{}>{}",
                    pair.source,
                    table.unwrap_or_default(),
                    pair.target
                )
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .map_err(|error| error.message)
}

#[test]
fn the_longest_database_that_is_there_wins_over_a_table() {
    let names = list("shop shop.new shop.new.er");
    for (text, database, table) in [
        ("p/shop.orders", "shop", Some("orders")),
        ("p/shop.new", "shop.new", None),
        ("p/shop.new.orders", "shop.new", Some("orders")),
        ("p/shop.new.er", "shop.new.er", None),
        ("p/`shop`.new", "shop", Some("new")),
        ("p/crm.orders", "crm", Some("orders")),
    ] {
        let settled = settled(&place(text), &names);
        assert_eq!(settled.database.as_deref(), Some(database), "{text}");
        assert_eq!(settled.table.as_deref(), table, "{text}");
    }
}

#[test]
fn names_are_kept_unless_the_target_or_a_map_says_otherwise() {
    for (chosen, source, target, maps, expected) in [
        ("shop", "src/shop", "dst", vec![], "shop>shop"),
        ("shop", "src/shop", "dst/copy", vec![], "shop>copy"),
        ("shop crm", "src", "dst", vec![], "shop>shop crm>crm"),
        (
            "shop crm",
            "src",
            "dst",
            vec![map("crm", "crm2")],
            "shop>shop crm>crm2",
        ),
        ("shop", "src", "dst/copy", vec![], "shop>copy"),
        ("shop", "src/shop.orders", "dst", vec![], "shop.orders>shop"),
        (
            "shop",
            "src/shop.orders",
            "dst/copy",
            vec![],
            "shop.orders>copy",
        ),
        (
            "shop",
            "src/shop.orders",
            "dst/copy.orders",
            vec![],
            "shop.orders>copy",
        ),
        ("a.b", "src/`a.b`", "dst/a.b", vec![], "a.b>a.b"),
        ("shop", "src/shop", "dst/`a.b`", vec![], "shop>a.b"),
    ] {
        assert_eq!(
            say(chosen, source, target, &maps),
            Ok(expected.to_string()),
            "{source} {target}"
        );
    }
}

#[test]
fn what_would_be_guessed_is_refused() {
    for (chosen, source, target, maps, expected) in [
        (
            "shop crm",
            "src",
            "dst/all_of_it",
            vec![],
            "shop and crm would both go into all_of_it of dst",
        ),
        (
            "shop crm",
            "src",
            "dst",
            vec![map("crm", "shop")],
            "shop and crm would both go into shop of dst",
        ),
        (
            "shop",
            "src/shop",
            "dst",
            vec![map("shpo", "x")],
            "--map shpo: it is not among the databases of this run; did you mean shop?",
        ),
        (
            "shop",
            "src/shop",
            "dst/copy",
            vec![map("shop", "x")],
            "--map says shop becomes x, the target says copy",
        ),
        (
            "shop",
            "src/shop.orders",
            "dst/shop.items",
            vec![],
            "a table keeps its name: orders cannot become items",
        ),
        (
            "shop",
            "src/shop",
            "dst/shop.orders",
            vec![],
            "dst/shop.orders names a table, src/shop does not",
        ),
    ] {
        assert_eq!(
            say(chosen, source, target, &maps),
            Err(expected.to_string()),
            "{source} {target}"
        );
    }
}

#[test]
fn a_single_file_takes_one_database_under_its_own_name() {
    let target = followed(&place("src/shop"), &place("file"), Some("copy".into())).unwrap();
    let pairs = paired(&list("shop"), &place("src/shop"), &target, &[]).unwrap();
    assert_eq!(pairs[0].target, "copy");
}

#[test]
fn numbers_mean_the_list_that_was_shown_of_this_source() {
    let session = Session {
        source: Some(place("src")),
        databases: list("shop blog"),
        ..Session::default()
    };
    let two = Selection::parse("2").unwrap();
    let listed = list("blog new shop");
    assert_eq!(
        chosen(&two, &place("src"), &listed, &session).unwrap(),
        ["blog"]
    );
    assert_eq!(
        chosen(&two, &place("other"), &listed, &session).unwrap(),
        ["new"]
    );
}

#[test]
fn a_selection_that_leaves_nothing_is_an_error() {
    let nothing = Selection::parse("1,!1").unwrap();
    let error = chosen(&nothing, &place("src"), &list("shop"), &Session::default()).unwrap_err();
    assert_eq!(error.message, "1,!1 selects no database");
}
