//! Names in lower case, as a server with `lower_case_table_names = 1` spells them.
//!
//! The servers fold by the letters that Unicode 3 had, one by one; later letters keep their case.

/// A name as such a server spells it.
pub fn lower(name: &str) -> String {
    name.chars().map(lower_char).collect()
}

/// The same for all names that some server may take for one another: more is folded than by any server.
pub fn alike(name: &str) -> String {
    name.to_lowercase().to_uppercase().to_lowercase()
}

fn lower_char(c: char) -> char {
    match c {
        'İ' => 'i',
        '\u{220}'
        | '\u{23a}'..='\u{24e}'
        | '\u{370}'..='\u{37f}'
        | '\u{3cf}'
        | '\u{3d8}'
        | '\u{3f4}'
        | '\u{3f7}'..='\u{3ff}'
        | '\u{48a}'
        | '\u{4c0}'
        | '\u{4c5}'
        | '\u{4c9}'
        | '\u{4cd}'
        | '\u{4f6}'
        | '\u{4fa}'..='\u{52e}'
        | '\u{10a0}'..='\u{1cbf}'
        | '\u{1e9e}'
        | '\u{1efa}'..='\u{1efe}'
        | '\u{2132}'
        | '\u{2183}'
        | '\u{2c00}'..='\u{a7f5}' => c,
        c => {
            let mut folded = c.to_lowercase();
            match (folded.next(), folded.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d09_names_are_folded_as_the_server_does_it() {
        assert_eq!(lower("Users_ÄÖÜ_ΑΩ_ЖЯ_ＡＺ"), "users_äöü_αω_жя_ａｚ");
        assert_eq!(lower("İẞႠꙀ"), "iẞႠꙀ");
        assert_eq!(alike("ẞ"), alike("ß"));
    }
}
