//! Colours by meaning, decided once: `NO_COLOR`, and whether a terminal is there.

use nu_ansi_term::{Color, Style};

use crate::model::label::Label;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
    Accent,
}

impl Tone {
    /// The colour of an environment: production is red.
    pub fn of(label: Label) -> Tone {
        match label {
            Label::Production => Tone::Bad,
            Label::Unknown | Label::Staging => Tone::Warning,
            Label::Testing => Tone::Accent,
            Label::Development => Tone::Good,
        }
    }

    fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Good => Color::Green.normal(),
            Tone::Warning => Color::Yellow.normal(),
            Tone::Bad => Color::Red.bold(),
            Tone::Accent => Color::Cyan.normal(),
        }
    }
}

/// Whether to colour, and how: the one place that decides.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    pub colour: bool,
}

impl Paint {
    pub fn off() -> Paint {
        Paint { colour: false }
    }

    /// For a stream: coloured on a terminal unless `NO_COLOR` is set.
    pub fn for_stream(stream: &impl std::io::IsTerminal) -> Paint {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Paint {
            colour: wanted && stream.is_terminal(),
        }
    }

    pub fn apply(self, tone: Tone, text: &str) -> String {
        match (self.colour, tone) {
            (false, _) | (_, Tone::Plain) => text.to_string(),
            _ => tone.style().paint(text).to_string(),
        }
    }
}

/// Terminal escapes and other control characters made visible, so that data can never drive the terminal (F07).
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '␊',
            '\r' => '␍',
            '\t' => ' ',
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).expect("a control picture"),
            '\u{7f}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200e}'
            | '\u{200f}' => '�',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f07_escapes_in_data_cannot_drive_the_terminal() {
        assert_eq!(harmless("a\x1b]52;c;x\x07b\u{9b}31m"), "a␛]52;c;x␇b�31m");
    }
}
