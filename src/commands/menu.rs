//! `menu`: the same commands as numbered menus, for people who like menus.
//!
//! Every choice shows the command line that it runs and runs it through the same entry, so the menu is
//! also a way to learn the commands. Only what is registered is offered.

mod items;

use serde_json::{Value, json};

use super::{Command, Context, Error, Group, Result, find, line};
use crate::commands::line::What;
use crate::output::{Cell, Page, Reply, Tone};
use items::{Form, Item, MENUS, Menu, Question};

/// Pick commands from numbered menus
#[derive(clap::Parser)]
#[command(name = "menu")]
pub struct Args {}

impl Command for Args {
    type Reply = Closed;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[(
        "menu",
        "pick from connections, session, work, history and more",
    )];

    async fn run(self, cx: &mut Context<'_>) -> Result<Closed> {
        if !cx.ask.is_terminal() {
            return Err(Error::usage("the menu needs a terminal to ask at")
                .hint("`help` lists the commands that it offers"));
        }
        let menus = offered();
        while let Some(menu) = choose(cx, "Menu", &menus, |menu| menu.0.title.to_string()) {
            one_menu(cx, menu.0.title, &menu.1).await;
            if is_over(cx) {
                break;
            }
        }
        Ok(Closed)
    }
}

/// Nothing is said when the menu closes.
pub struct Closed;

impl Reply for Closed {
    fn render(&self, _: &mut Page) {}

    fn json(&self) -> Value {
        json!({})
    }
}

type Offered = (&'static Menu, Vec<&'static Item>);

/// The menus with the items whose commands are registered.
fn offered() -> Vec<Offered> {
    MENUS
        .iter()
        .map(|menu| {
            (
                menu,
                menu.items
                    .iter()
                    .filter(|item| is_registered(item))
                    .collect(),
            )
        })
        .filter(|(_, items): &Offered| !items.is_empty())
        .collect()
}

fn is_registered(item: &Item) -> bool {
    let mut names = item.words.iter().take_while(|word| !word.starts_with('-'));
    let Some(entry) = names.next().and_then(|name| find(name)) else {
        return false;
    };
    let mut at = (entry.definition)();
    for name in names {
        match at.find_subcommand(name).cloned() {
            Some(below) => at = below,
            None => return false,
        }
    }
    true
}

async fn one_menu(cx: &mut Context<'_>, title: &str, items: &[&'static Item]) {
    while let Some(item) = choose(cx, title, items, |item| item.title.to_string()) {
        if let Some(words) = words_of(cx, item) {
            run(cx, &words).await;
        }
        if is_over(cx) {
            return;
        }
    }
}

fn is_over(cx: &Context<'_>) -> bool {
    cx.session.leave || cx.stop.is_cancelled()
}

/// Shows a numbered list; None for `0`, an end of input or Ctrl-C.
fn choose<'a, T>(
    cx: &Context<'_>,
    title: &str,
    choices: &'a [T],
    name: impl Fn(&T) -> String,
) -> Option<&'a T> {
    loop {
        let mut page = Page::default();
        page.line(Cell::new(Tone::Strong, title));
        for (number, choice) in choices.iter().enumerate() {
            page.line(format!("  {:>2}  {}", number + 1, name(choice)));
        }
        page.line("   0  back");
        cx.ask.show(&page);
        let typed = cx.ask.line("Number", Some("0"))?;
        match typed.parse::<usize>() {
            Ok(0) => return None,
            Ok(number) if number <= choices.len() => return choices.get(number - 1),
            _ => say(
                cx,
                Tone::Warning,
                &format!("{typed:?} is not one of 0-{}", choices.len()),
            ),
        }
    }
}

/// The command line of an item, its questions answered; None when one was left open.
fn words_of(cx: &Context<'_>, item: &Item) -> Option<Vec<String>> {
    let mut words = item
        .words
        .iter()
        .map(|word| word.to_string())
        .collect::<Vec<_>>();
    for question in item.questions {
        words.extend(answer(cx, question)?);
    }
    Some(words)
}

fn answer(cx: &Context<'_>, question: &Question) -> Option<Vec<String>> {
    let typed = match question.form {
        Form::Needed => cx.ask.line(question.text, None)?,
        Form::Optional | Form::Flag(_) => cx.ask.line(question.text, Some(""))?,
    };
    match (question.form, typed.is_empty()) {
        (Form::Needed, true) => None,
        (_, true) => Some(Vec::new()),
        (Form::Flag(flag), false) => Some(vec![flag.to_string(), typed]),
        (_, false) => Some(vec![typed]),
    }
}

/// Shows a command line, runs it, and shows what it answers.
async fn run(cx: &mut Context<'_>, words: &[String]) {
    say(
        cx,
        Tone::Accent,
        &format!("→ {}", line::join(words.iter().map(String::as_str))),
    );
    let reply = match line::read(words) {
        Ok(line) => match line.what {
            What::Act(entry, matches) => line::act(entry, matches, cx).await,
            What::Show(reply) => Ok(reply),
            What::Nothing => return,
        },
        Err(error) => Err(error),
    };
    let mut page = Page::default();
    match reply {
        Ok(reply) => reply.render(&mut page),
        Err(error) => {
            page.pieces([
                Cell::new(Tone::Bad, "error: "),
                error.message.as_str().into(),
            ]);
            if let Some(hint) = &error.hint {
                page.pieces([Cell::new(Tone::Accent, "hint: "), hint.as_str().into()]);
            }
        }
    }
    page.blank();
    cx.ask.show(&page);
}

fn say(cx: &Context<'_>, tone: Tone, text: &str) {
    let mut page = Page::default();
    page.line(Cell::new(tone, text));
    cx.ask.show(&page);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_that_is_offered_makes_a_line_that_is_read() {
        for item in offered().into_iter().flat_map(|(_, items)| items) {
            let mut words = item
                .words
                .iter()
                .map(|word| word.to_string())
                .collect::<Vec<_>>();
            for question in item.questions {
                if let Form::Flag(flag) = question.form {
                    words.push(flag.to_string());
                }
                words.push(question.example.to_string());
            }
            if let Err(error) = line::read(&words) {
                panic!("{words:?}: {error}");
            }
        }
    }

    #[test]
    fn what_is_not_registered_is_not_offered() {
        let item = Item {
            title: "",
            words: &["fly", "away"],
            questions: &[],
        };
        assert!(!is_registered(&item));
    }
}
