//! The names of a backup's files: mydumper's, `DB.TABLE-schema.sql`.
//!
//! Where a name holds what would end a part of the file's name or could not stand in it (`.`, `/`, `%`, control
//! characters), it is percent-encoded; a very long one is cut and ends in its hash.

use crate::engines::dialect::Part;

/// The longest that a name may be within a file's name, in bytes.
const LONG: usize = 100;

/// A database's or table's name, as it stands in the name of a file.
pub fn encoded(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        match c {
            '.' | '/' | '%' => safe.push_str(&format!("%{:02X}", u32::from(c))),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    safe.push_str(&format!("%{byte:02X}"));
                }
            }
            c => safe.push(c),
        }
    }
    if safe.len() <= LONG {
        return safe;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let cut = safe.floor_char_boundary(LONG - 20);
    format!("{}~{}", &safe[..cut], &hash[..16])
}

/// The name of a backup's folder: when, of what, and the end of its id.
pub fn folder(started: &str, from: &str, id: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
        _ => '-',
    };
    let from: String = from.chars().take(40).map(plain).collect();
    format!("{started}_{from}_{id}")
}

/// Whether a folder's name is one that [`folder`] makes. Nothing else is ever swept.
pub fn is_folder(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    let [started, _, .., id] = parts[..] else {
        return false;
    };
    let moment: Vec<char> = started.chars().collect();
    let is_moment = moment.len() == 19
        && moment.iter().enumerate().all(|(at, c)| match at {
            8 => *c == 'T',
            18 => *c == 'Z',
            _ => c.is_ascii_digit(),
        });
    is_moment && id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit())
}

/// The file of a part of a database's definitions.
pub fn definition(database: &str, part: &Part) -> String {
    let database = encoded(database);
    match part {
        Part::Database => format!("{database}-schema-create.sql"),
        Part::Table(name) => format!("{database}.{}-schema.sql", encoded(name)),
        Part::Sequence(name) => format!("{database}.{}-schema-sequence.sql", encoded(name)),
        Part::Triggers(name) => format!("{database}.{}-schema-triggers.sql", encoded(name)),
        Part::View(name) => format!("{database}.{}-schema-view.sql", encoded(name)),
        Part::Programs => format!("{database}-schema-post.sql"),
    }
}

/// The file number `number` of a table's rows.
pub fn rows(database: &str, table: &str, number: usize) -> String {
    format!(
        "{}.{}.{number:05}.sql.zst",
        encoded(database),
        encoded(table)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mydumpers_and_odd_ones_are_encoded() {
        assert_eq!(rows("shop", "orders", 7), "shop.orders.00007.sql.zst");
        assert_eq!(encoded("a.b/c%d\n"), "a%2Eb%2Fc%25d%0A");
        assert_eq!(encoded("größe `x`"), "größe `x`");
        let part = Part::Table("t".into());
        assert_eq!(definition("d", &part), "d.t-schema.sql");
    }

    #[test]
    fn a_folder_is_known_by_its_name() {
        assert!(is_folder(&folder(
            "20260301T140509123Z",
            "my_shop:3306",
            "1a2b3c4d"
        )));
        for other in [
            "download",
            "a_b_1a2b3c4d",
            "20260301T140509123Z_1a2b3c4d",
            "20260301T140509Z_a_1a2b3c4d",
        ] {
            assert!(!is_folder(other), "{other}");
        }
    }

    #[test]
    fn long_names_stay_apart_and_fit() {
        let (left, right) = ("日".repeat(63) + "a", "日".repeat(63) + "b");
        assert_ne!(encoded(&left), encoded(&right));
        assert!(rows(&left, &right, 99_999).len() <= 255);
    }
}
