//! The welcome: the name, the version, and how to begin.

use crate::output::theme::{Paint, Tone};

const NAME: &str = r"
  __  __                 _
 |  \/  | __ _  ___  ___| |_ _ __ ___
 | |\/| |/ _` |/ _ \/ __| __| '__/ _ \
 | |  | | (_| |  __/\__ \ |_| | | (_) |
 |_|  |_|\__,_|\___||___/\__|_|  \___/
";

const START: [(&str, &str); 5] = [
    ("connections add", "save a server or a folder of databases"),
    (
        "use SOURCE TARGET",
        "choose where to read and where to write",
    ),
    ("databases, select 1-3", "pick what to work on"),
    ("sync, compare", "plan, ask, run, verify"),
    ("help, menu, quit", "all commands; the same as menus; leave"),
];

/// The banner as text that ends in a newline.
pub fn banner(paint: Paint) -> String {
    let mut text = paint.apply(Tone::Accent, NAME.trim_start_matches('\n').trim_end());
    text += &format!("\n Database Maestro {}\n\n", env!("CARGO_PKG_VERSION"));
    for (typed, does) in START {
        text += &format!(
            "  {}  {does}\n",
            paint.apply(Tone::Strong, &format!("{typed:22}"))
        );
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_the_banner_is_plain_text() {
        let text = banner(Paint::off());
        assert!(!text.contains('\x1b'));
        assert!(text.contains(env!("CARGO_PKG_VERSION")));
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
