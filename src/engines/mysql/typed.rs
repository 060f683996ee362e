//! MySQL's JSON has types that its text does not show: decimals, unsigned integers, dates, times, bits, bytes. Read
//! back, their text would become doubles, integers and strings (A15).
//!
//! So the types are read beside the text, and a document that has such values is written as its text with each of
//! them set again. A value that SQL cannot make anew is refused by name.

use serde_json::Value;

use super::dialect::{hex, quote, text};
use crate::engines::{Error, Result};
use crate::model::batch::Kind;

/// Prints two letters for the type of a document and of each value in it: first the members of objects, then the
/// elements of arrays, as the server finds them. A null of JSON comes out as one of
/// SQL; and under the character set `binary` each path needs one of its own.
pub fn types(column: &str) -> String {
    let column = quote(column);
    format!(
        "CONCAT(LEFT(JSON_TYPE({column}), 2), IFNULL((SELECT GROUP_CONCAT(IFNULL(LEFT(JSON_TYPE(v), 2), 'NU') ORDER BY n SEPARATOR '') \
         FROM JSON_TABLE(JSON_EXTRACT({column}, _utf8mb4'$**.*', _utf8mb4'$**[*]'), _utf8mb4'$[*]' \
         COLUMNS (n FOR ORDINALITY, v JSON PATH _utf8mb4'$')) AS inside), ''))"
    )
}

/// The cell of a document: its text alone, or with the types where they matter.
pub fn cell(document: &[u8], types: &[u8]) -> Result<(Kind, Vec<u8>)> {
    let special = |letters: &[u8]| {
        matches!(
            letters,
            b"DE" | b"UN" | b"DA" | b"TI" | b"BI" | b"BL" | b"OP"
        )
    };
    if !types.is_empty() && !types.chunks(2).any(special) {
        return Ok((Kind::Text, document.to_vec()));
    }
    match overrides(document, types)?.is_empty() {
        true => Ok((Kind::Text, document.to_vec())),
        false => Ok((Kind::Typed, [document, b"\0", types].concat())),
    }
}

/// The text and the types of a cell with both.
pub fn parts(cell: &[u8]) -> (&[u8], &[u8]) {
    let end = cell.iter().position(|byte| *byte == 0);
    let end = end.unwrap_or(cell.len());
    (&cell[..end], cell.get(end + 1..).unwrap_or_default())
}

/// What sets the values of a document that its text does not show: paths and values, as arguments of JSON_SET.
pub fn overrides(document: &[u8], types: &[u8]) -> Result<String> {
    let unknown = |cause: String| Error::Mismatch(format!("a JSON document has {cause}"));
    let root: Value = serde_json::from_slice(document)
        .map_err(|cause| unknown(format!("a text that cannot be read: {cause}")))?;
    let mut values = vec![("$".to_string(), &root)];
    members("$", &root, &mut values);
    elements("$", &root, &mut values);
    if values.len() * 2 != types.len() {
        let told = types.len() / 2;
        return Err(unknown(format!(
            "{} values, but the server told the types of {told}",
            values.len()
        )));
    }
    let mut set = String::new();
    for ((path, value), letters) in values.iter().zip(types.chunks(2)) {
        if let Some(value) = spelled(value, letters).map_err(unknown)? {
            set += &format!(", {}, {value}", text(path));
        }
    }
    Ok(set)
}

fn member(path: &str, key: &str) -> String {
    format!("{path}.{}", Value::from(key))
}

fn children<'a>(path: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (member(path, key), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| (format!("{path}[{at}]"), value))
            .collect(),
        _ => Vec::new(),
    }
}

/// `$**.*`: the members of an object, then those further in.
fn members<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    walk(path, value, Value::is_object, found);
}

/// `$**[*]`
fn elements<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    walk(path, value, Value::is_array, found);
}

fn walk<'a>(
    path: &str,
    value: &'a Value,
    counts: fn(&Value) -> bool,
    found: &mut Vec<(String, &'a Value)>,
) {
    let inside = children(path, value);
    if counts(value) {
        found.extend(inside.iter().cloned());
    }
    for (path, value) in &inside {
        walk(path, value, counts, found);
    }
}

/// The expression of a value whose text would be read as another type; an error names what cannot be made.
fn spelled(value: &Value, letters: &[u8]) -> std::result::Result<Option<String>, String> {
    let quoted = |text: &str| format!("_utf8mb4 X'{}'", hex(text.as_bytes()));
    let cast = |text: &str, kind: String| Some(format!("CAST({} AS {kind})", quoted(text)));
    Ok(match (letters, value) {
        (b"DE", Value::Number(number)) => {
            let text = number.to_string();
            let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
            let whole = whole.trim_start_matches('-').trim_start_matches('0').len();
            let digits = (whole + part.len()).max(1);
            cast(&text, format!("DECIMAL({digits},{})", part.len()))
        }
        (b"UN", Value::Number(number)) if number.as_i64().is_some() => {
            cast(&number.to_string(), "UNSIGNED".into())
        }
        (b"DA", Value::String(text)) if text.len() == 10 => cast(text, "DATE".into()),
        (b"DA", Value::String(text)) => cast(text, "DATETIME(6)".into()),
        (b"TI", Value::String(text)) if text.as_bytes().get(4) == Some(&b'-') => Some(format!(
            "(SELECT v FROM JSON_TABLE({}, _utf8mb4'$[0]' COLUMNS (v TIMESTAMP(6) PATH _utf8mb4'$')) AS made)",
            quoted(&format!("[{value}]"))
        )),
        (b"TI", Value::String(text)) => cast(text, "TIME(6)".into()),
        (b"BL", Value::String(text)) => match text.strip_prefix("base64:type15:") {
            // Longer ones would be made with another type.
            Some(bytes) if bytes.len() < 60_000 => Some(format!("FROM_BASE64({})", quoted(bytes))),
            _ => return Err(unmade(text)),
        },
        (b"BI" | b"OP", Value::String(text)) => return Err(unmade(text)),
        (b"DE" | b"DA" | b"TI" | b"BL" | b"BI" | b"OP", _) => {
            return Err(format!(
                "a value of another type than the server told: {value}"
            ));
        }
        _ => None,
    })
}

fn unmade(text: &str) -> String {
    let kind: String = text.chars().take(14).collect();
    format!(
        "bytes of the type {kind:?} in it, which SQL cannot make again; write them as text, as with TO_BASE64"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a15_values_are_found_in_the_order_of_the_server() {
        let root: Value =
            serde_json::from_str(r#"{"x": {"p": [1]}, "y\"": [{"q": 2}, 3]}"#).unwrap();
        let mut found = Vec::new();
        members("$", &root, &mut found);
        elements("$", &root, &mut found);
        let paths: Vec<&str> = found.iter().map(|(path, _)| &**path).collect();
        assert_eq!(
            paths,
            [
                "$.\"x\"",
                "$.\"y\\\"\"",
                "$.\"x\".\"p\"",
                "$.\"y\\\"\"[0].\"q\"",
                "$.\"x\".\"p\"[0]",
                "$.\"y\\\"\"[0]",
                "$.\"y\\\"\"[1]",
            ]
        );
    }

    #[test]
    fn a15_only_what_the_text_does_not_show_is_set_again() {
        assert_eq!(cell(b"[1, 2.5]", b"ARINDO").unwrap().0, Kind::Text);
        assert_eq!(
            cell(b"[18446744073709551615]", b"ARUN").unwrap().0,
            Kind::Text
        );
        let (kind, bytes) = cell(b"[1.10]", b"ARDE").unwrap();
        assert_eq!(kind, Kind::Typed);
        assert_eq!(parts(&bytes), (&b"[1.10]"[..], &b"ARDE"[..]));
        let set = overrides(b"[1.10]", b"ARDE").unwrap();
        assert!(set.contains("AS DECIMAL(3,2))"), "{set}");
        assert!(cell(b"[1]", b"ARDEDE").is_err());
        assert!(cell(b"[\"base64:type16:BQ==\"]", b"ARBI").is_err());
    }
}
