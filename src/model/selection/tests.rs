//! Each term of the grammar, each bad one, and what holds for any text.

use proptest::prelude::*;

use super::*;

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn pick(text: &str) -> Result<Vec<String>, String> {
    let names = list(&["blog", "crm", "log_1", "log_2", "shop"]);
    let (last, failed) = (list(&["shop", "crm"]), list(&["crm"]));
    let recent = Recent {
        last: &last,
        failed: &failed,
    };
    Selection::parse(text)?.resolve(&names, recent)
}

#[test]
fn each_kind_of_term_selects_in_the_order_of_the_list() {
    for (text, expected) in [
        ("all", "blog crm log_1 log_2 shop"),
        ("2", "crm"),
        ("2-4", "crm log_1 log_2"),
        ("4-", "log_2 shop"),
        ("-2", "blog crm"),
        ("-2,4-", "blog crm log_2 shop"),
        ("shop,crm", "crm shop"),
        ("shop crm shop", "crm shop"),
        (" shop , crm ", "crm shop"),
        ("log_*", "log_1 log_2"),
        ("log_?", "log_1 log_2"),
        ("log_[2-9]", "log_2"),
        ("{blog,shop}", "blog shop"),
        ("{blog,shop},crm", "blog crm shop"),
        ("/^log_|m$/", "crm log_1 log_2"),
        ("/^b.*|, x/ 2", "blog crm"),
        ("@last", "crm shop"),
        ("@failed", "crm"),
        ("=shop", "shop"),
        ("`shop`", "shop"),
        ("1-5,!2", "blog log_1 log_2 shop"),
        ("!log_*", "blog crm shop"),
        ("!log_*,!1", "crm shop"),
        ("!2,1-3", "blog log_1"),
        ("all !/^log/", "blog crm shop"),
        ("1,!1", ""),
    ] {
        assert_eq!(
            pick(text).map(|names| names.join(" ")),
            Ok(expected.to_string()),
            "{text}"
        );
    }
}

#[test]
fn a_bad_term_is_named_with_the_valid_range() {
    for (text, expected) in [
        ("7", "7 is out of range 1-5"),
        ("0", "0 is out of range 1-5"),
        ("3-9", "3-9 is out of range 1-5"),
        ("9-", "9- is out of range 1-5"),
        (
            "99999999999999999999",
            "99999999999999999999 is out of range 1-5",
        ),
        ("4-2", "4-2 is reversed: write 2-4 (of 1-5)"),
        (
            "1,shpo",
            "shpo is not in the list (1-5); did you mean shop?",
        ),
        ("zebra", "zebra is not in the list (1-5)"),
        ("=2024", "2024 is not in the list (1-5)"),
        ("tmp_*", "tmp_* matches nothing in the list (1-5)"),
        ("!tmp_*", "tmp_* matches nothing in the list (1-5)"),
        ("/^tmp/", "/^tmp/ matches nothing in the list (1-5)"),
        ("/(/", "/(/ is no regular expression"),
        (
            "log_[",
            "log_[ is no pattern: unclosed character class; missing ']'",
        ),
        ("", "the selection is empty: give numbers, names or all"),
        (" ", "the selection is empty: give numbers, names or all"),
        ("1,,2", "there is an empty term in \"1,,2\""),
        (",1", "there is an empty term in \",1\""),
        ("1, ", "there is an empty term at the end of \"1, \""),
        ("!", "\"!\" stands alone: it needs a term to subtract"),
        ("=", "\"=\" stands alone: a name follows it, as in =2024"),
        ("-", "\"-\" is no range: write N-N, N- or -N"),
        ("@lats", "@lats is not known; @last and @failed are"),
        ("`shop", "`shop has no closing `"),
        ("/shop", "/shop has no closing /"),
        ("/log/x", "/log/x: a comma or space must follow /log/"),
    ] {
        assert_eq!(pick(text), Err(expected.to_string()), "{text}");
    }
}

#[test]
fn a_name_that_looks_like_a_pattern_is_taken_before_the_pattern() {
    let names = list(&[
        "my-db", "a*", "ab", "2024", "1-2", "all", "my db", "a,b", "tick`s",
    ]);
    let pick = |text: &str| {
        Selection::parse(text)
            .unwrap()
            .resolve(&names, Recent::default())
    };
    for (text, expected) in [
        ("my-db", "my-db"),
        ("a*", "a*"),
        ("=2024", "2024"),
        ("`2024`", "2024"),
        ("=1-2", "1-2"),
        ("=all", "all"),
        ("`my db`", "my db"),
        ("`a,b`", "a,b"),
        ("`tick``s`", "tick`s"),
    ] {
        assert_eq!(pick(text), Ok(vec![expected.to_string()]), "{text}");
    }
}

#[test]
fn a_number_out_of_range_that_is_a_name_says_how_to_write_it() {
    let year = Selection::parse("2024").unwrap();
    assert_eq!(
        year.resolve(&list(&["2024"]), Recent::default()),
        Err("2024 is out of range 1-1; the name is written =2024".to_string())
    );
}

#[test]
fn without_an_earlier_sync_there_is_no_last() {
    let last = Selection::parse("@last").unwrap();
    assert_eq!(
        last.resolve(&list(&["shop"]), Recent::default()),
        Err("@last: there is no earlier sync".to_string())
    );
}

#[test]
fn numbers_of_an_empty_list_say_so() {
    let one = Selection::parse("1").unwrap();
    assert_eq!(
        one.resolve(&[], Recent::default()),
        Err("1 is out of range: the list is empty".to_string())
    );
}

#[test]
fn pinned_numbers_keep_their_names_when_the_list_grows() {
    let pinned = Selection::parse("2-3,!3")
        .unwrap()
        .pin(&list(&["a", "b", "my db"]))
        .unwrap();
    assert_eq!(pinned.to_string(), "b,`my db`,!`my db`");
    assert_eq!(
        pinned.resolve(&list(&["a", "aa", "b", "my db"]), Recent::default()),
        Ok(list(&["b"]))
    );
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set("[a-z0-9_ ,`*!=@/-]{1,6}", 1..8)
        .prop_map(|set| set.into_iter().collect())
}

fn resolve(text: &str, names: &[String]) -> Result<Vec<String>, String> {
    Selection::parse(text)?.resolve(names, Recent::default())
}

proptest! {
    #[test]
    fn any_text_is_answered_without_a_panic(text in ".{0,24}", names in names()) {
        let _ = resolve(&text, &names);
    }

    #[test]
    fn texts_of_the_grammars_characters_never_panic(text in "[-0-9a-c!,/ `=@*?{}\\[\\]\\\\]{0,16}", names in names()) {
        if let Ok(chosen) = resolve(&text, &names) {
            prop_assert!(chosen.iter().all(|name| names.contains(name)));
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same(text in "[-0-9a-c!,/ `=*{}]{1,16}") {
        if let Ok(selection) = Selection::parse(&text) {
            prop_assert_eq!(Selection::parse(&selection.to_string()), Ok(selection));
        }
    }

    #[test]
    fn a_list_of_names_selects_exactly_these(names in names(), mask in any::<u8>()) {
        let some: Vec<String> = names.iter().enumerate().filter(|(n, _)| mask >> n & 1 == 1).map(|(_, name)| name.clone()).collect();
        prop_assume!(!some.is_empty());
        prop_assert_eq!(resolve(&Selection::of(&some).to_string(), &names), Ok(some));
    }

    #[test]
    fn the_result_is_in_list_order_and_has_each_name_once(length in 1usize..9, ends in proptest::collection::vec((1usize..9, 1usize..9), 1..5)) {
        let names: Vec<String> = (0..length).map(|n| format!("db{n}")).collect();
        let text = ends.iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>().join(",");
        if let Ok(chosen) = resolve(&text, &names) {
            let kept: Vec<String> = names.iter().filter(|name| chosen.contains(name)).cloned().collect();
            prop_assert_eq!(chosen, kept);
        }
    }

    #[test]
    fn a_negated_term_is_the_complement(names in names(), number in 1usize..8) {
        prop_assume!(number <= names.len());
        let without = resolve(&format!("!{number}"), &names).unwrap();
        prop_assert!(!without.contains(&names[number - 1]));
        prop_assert_eq!(without.len(), names.len() - 1);
    }

    #[test]
    fn the_order_of_terms_does_not_matter(numbers in proptest::collection::vec((any::<bool>(), 1usize..6), 1..6)) {
        let names: Vec<String> = (0..5).map(|n| format!("db{n}")).collect();
        let mut terms: Vec<String> = numbers.iter().map(|(not, n)| format!("{}{n}", if *not { "!" } else { "" })).collect();
        let forward = resolve(&terms.join(","), &names);
        terms.reverse();
        prop_assert_eq!(resolve(&terms.join(" "), &names), forward);
    }
}
