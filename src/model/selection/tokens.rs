//! Cuts a selection into its terms, at commas and spaces outside backticks, `/…/` and braces.

/// A name in backticks; a backtick in it is doubled.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The name in a text that is one quoted name.
pub fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('`')?.strip_suffix('`')?;
    let name = inner.replace("``", "\0");
    let is_whole = !name.is_empty() && !name.contains('`');
    is_whole.then(|| name.replace('\0', "`"))
}

/// The terms of a selection, as they were typed.
pub fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("the selection is empty: give numbers, names or all".to_string());
    }
    while !rest.is_empty() {
        let length = token_length(rest)?;
        if length == 0 {
            return Err(format!("there is an empty term in {text:?}"));
        }
        let (token, tail) = rest.split_at(length);
        tokens.push(token.to_string());
        rest = tail.trim_start();
        if let Some(tail) = rest.strip_prefix(',') {
            rest = tail.trim_start();
            if rest.is_empty() {
                return Err(format!("there is an empty term at the end of {text:?}"));
            }
        }
    }
    Ok(tokens)
}

/// How many bytes the token at the start of a text has.
fn token_length(text: &str) -> Result<usize, String> {
    let body = text.strip_prefix('!').unwrap_or(text);
    let start = text.len() - body.len();
    let closed = match body.chars().next() {
        Some('`') => quote_length(body),
        Some('/') => regex_length(body),
        _ => return Ok(start + word_length(body)),
    };
    let Some(length) = closed else {
        let mark = &body[..1];
        return Err(format!("{text} has no closing {mark}"));
    };
    match body[length..].chars().next() {
        Some(c) if c != ',' && !c.is_whitespace() => Err(format!(
            "{}: a comma or space must follow {}",
            &body[..length + word_length(&body[length..])],
            &body[..length]
        )),
        _ => Ok(start + length),
    }
}

fn quote_length(body: &str) -> Option<usize> {
    let mut position = 1;
    loop {
        position += body[position..].find('`')? + 1;
        if !body[position..].starts_with('`') {
            return Some(position);
        }
        position += 1;
    }
}

fn regex_length(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (position, c) in body.char_indices().skip(1) {
        match c {
            '/' if !escaped => return Some(position + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

fn word_length(body: &str) -> usize {
    let mut depth = 0usize;
    body.char_indices()
        .find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && (*c == ',' || c.is_whitespace())
        })
        .map_or(body.len(), |(position, _)| position)
}
