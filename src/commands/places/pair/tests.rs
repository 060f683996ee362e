//! What each line of words means, with and without a session, and what each mistake is answered with.

use clap::Parser;

use super::*;
use crate::model::endpoint::{Address, ParsedUrl};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    pair: PairArgs,
    #[arg(long)]
    yes: bool,
    #[arg(short)]
    output: Option<String>,
}

fn known() -> Known {
    let folder = |name: &str| -> (String, Address) {
        let word = format!("./no-such-{name}");
        (
            name.to_string(),
            ParsedUrl::read(&word, &[], None).unwrap().address,
        )
    };
    Known {
        saved: ["dev", "prod", "shop", "to"].map(folder).to_vec(),
        numbered: vec!["prod".into(), "dev".into()],
        schemes: vec![("mysql", Some(3306))],
        home: None,
    }
}

fn session(source: &str, target: &str) -> Session {
    let place = |word: &str| (!word.is_empty()).then(|| read(word, &known()).unwrap());
    Session {
        source: place(source),
        target: place(target),
        ..Session::default()
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}

/// `source | target | selection`, or the error.
fn say(line: &str, session: &Session) -> String {
    let (line, option) = match line.split_once(" --select ") {
        Some((line, option)) => (line, Some(option)),
        None => (line, None),
    };
    match spoken(&words(line), option, &known(), session) {
        Ok(pair) => {
            let select = pair.select.map(|select| format!(" | {select}"));
            format!(
                "{} | {}{}",
                pair.source,
                pair.target,
                select.unwrap_or_default()
            )
        }
        Err(error) => format!("error: {}", error.message),
    }
}

#[test]
fn words_alone_name_source_target_and_selection() {
    let none = Session::default();
    for (line, expected) in [
        ("prod/shop dev/shop", "prod/shop | dev/shop"),
        ("prod/shop -> dev/shop", "prod/shop | dev/shop"),
        ("prod/shop → dev", "prod/shop | dev"),
        ("prod/shop to dev", "prod/shop | dev"),
        ("prod/shop->dev", "prod/shop | dev"),
        ("prod/shop→dev/crm", "prod/shop | dev/crm"),
        ("prod/shop dev", "prod/shop | dev"),
        ("prod/shop.orders dev", "prod/shop.orders | dev"),
        ("prod to all", "error: there is no connection all"),
        ("prod to", "prod | to"),
        ("prod/a to", "prod/a | to"),
        ("prod dev 1-3", "prod | dev | 1-3"),
        ("prod dev 1-3,!2 log_*", "prod | dev | 1-3,!2,log_*"),
        ("prod dev shop", "prod | dev | shop"),
        ("prod -> dev all", "prod | dev | all"),
        ("prod dev -2", "prod | dev | -2"),
        ("prod dev /^log_/,!x", "prod | dev | /^log_/,!x"),
        ("prod dev --select shop,crm", "prod | dev | shop,crm"),
        ("1 2 all", "prod | dev | all"),
        ("1/shop 2", "prod/shop | dev"),
        ("1 -> 2 3", "prod | dev | 3"),
        ("prod/`my db` dev", "prod/`my db` | dev"),
        ("prod dev `my db`", "prod | dev | `my db`"),
        ("mysql://u@h/shop ./x.db", "mysql://u@h:3306/shop | ./x.db"),
        ("./a.db ./b.db", "./a.db | ./b.db"),
    ] {
        let expected = match expected {
            "prod | to" => "error: which databases of prod? nothing is selected for to",
            _ => expected,
        };
        assert_eq!(say(line, &none), expected, "{line}");
    }
}

#[test]
fn what_is_left_out_comes_from_the_session() {
    let mut set = session("prod", "dev");
    set.selection = Some(Selection::parse("2-3").unwrap());
    for (line, expected) in [
        ("", "prod | dev | 2-3"),
        ("1-2", "prod | dev | 1-2"),
        ("1", "prod | dev | 1"),
        ("1 2", "prod | dev | 1,2"),
        ("crm", "prod | dev | crm"),
        ("all", "prod | dev | all"),
        ("prod/shop", "prod/shop | dev"),
        ("prod", "prod | dev | 2-3"),
        ("prod prod", "prod | prod | 2-3"),
        ("dev 1", "dev | dev | 1"),
        (
            "dev",
            "error: which databases of dev? nothing is selected for dev",
        ),
        (
            "prod/crm dve",
            "error: dve is no connection; did you mean dev?",
        ),
        (
            "shop",
            "error: which databases of shop? nothing is selected for dev",
        ),
    ] {
        assert_eq!(say(line, &set), expected, "{line}");
    }
    assert_eq!(say("", &session("prod/shop", "dev")), "prod/shop | dev");
}

#[test]
fn words_that_do_not_fit_are_answered_with_their_reason() {
    let none = Session::default();
    let twice = "error: an arrow stands once, between source and target";
    for (line, expected) in [
        ("", "error: there is no source"),
        ("all", "error: there is no source"),
        ("1-3", "error: there is no source"),
        ("prod/shop", "error: there is no target"),
        ("prod/shop 1-3", "error: there is no target"),
        (
            "prdo/shop dev",
            "error: there is no connection prdo; did you mean prod?",
        ),
        (
            "prdo dev",
            "error: there is no connection prdo; did you mean prod?",
        ),
        (
            "prod/shop dve",
            "error: there is no connection dve; did you mean dev?",
        ),
        (
            "prod -> dve",
            "error: there is no connection dve; did you mean dev?",
        ),
        (
            "prod dev",
            "error: which databases of prod? nothing is selected for dev",
        ),
        ("prod/shop -", "error: \"-\" is half of an arrow"),
        ("prod - dev", "error: \"-\" is half of an arrow"),
        ("-> dev", twice),
        ("prod ->", twice),
        ("prod -> -> dev", twice),
        ("prod dev -> shop", twice),
        ("prod/shop dev 1-3", "error: 1-3 selects nothing"),
        (
            "prod dev 1 --select 2",
            "error: the selection is given twice: 1 and --select",
        ),
        ("prod dev 1,,2", "error: there is an empty term in \"1,,2\""),
        ("9 2 all", "error: connection 9 is out of range 1-2"),
    ] {
        assert_eq!(say(line, &none), expected, "{line}");
    }
}

#[test]
fn a_pair_of_connections_without_a_selection_hints_at_all() {
    let error = spoken(&words("prod dev"), None, &known(), &Session::default()).unwrap_err();
    assert_eq!(
        error.hint.unwrap(),
        "name one, as in prod/shop, or --select 'shop,crm', or --select all"
    );
}

#[test]
fn the_arrow_and_open_ranges_pass_the_parser_of_arguments() {
    for (line, expected) in [
        ("prod/shop → dev/shop --yes", "prod/shop → dev/shop"),
        ("prod dev -3 --yes -o json", "prod dev -3"),
        ("--yes prod dev -3", "prod dev -3"),
        ("prod - --yes", "prod -"),
    ] {
        let line = Line::try_parse_from(["sync"].into_iter().chain(line.split(' '))).unwrap();
        assert_eq!(line.pair.words.join(" "), expected);
        assert!(line.yes);
        assert!(line.output.is_none_or(|format| format == "json"));
    }
}

proptest::proptest! {
    #[test]
    fn any_words_are_answered_without_a_panic(line in "[-0-9a-z>→`/.!,~= ]{0,24}", any in ".{0,16}") {
        for line in [&line, &any] {
            let _ = say(line, &Session::default());
            let _ = say(line, &session("prod", "dev"));
        }
    }
}

#[test]
fn a_selection_option_may_begin_with_a_hyphen() {
    let line = Line::try_parse_from(["sync", "a", "b", "--select", "-2,5"]).unwrap();
    assert_eq!(line.pair.select.as_deref(), Some("-2,5"));
}

#[test]
fn an_unknown_flag_is_no_word() {
    assert!(Line::try_parse_from(["sync", "a", "--yse"]).is_err());
}

#[test]
fn new_names_are_pairs() {
    let maps = |words: &[&str]| {
        let map = words.iter().map(|word| word.to_string()).collect();
        PairArgs {
            map,
            ..PairArgs::default()
        }
        .maps()
        .map_err(|error| error.message)
    };
    assert_eq!(
        maps(&["a=b", "c=d=e"]),
        Ok(vec![("a".into(), "b".into()), ("c".into(), "d=e".into())])
    );
    assert_eq!(maps(&["a"]), Err("--map a is not DB=NEW".into()));
    assert_eq!(maps(&["a="]), Err("--map a= is not DB=NEW".into()));
    assert_eq!(maps(&["a=b", "a=c"]), Err("--map names a twice".into()));
}
