//! Trust: a server is known by an authority, or by its one certificate, or not at all.

use crate::live::{Flavor, Home, password, with};
use crate::screen::Screen;

/// The fingerprint that a refusal names.
fn shown(told: &str) -> String {
    let words = told.split(|c: char| !c.is_ascii_hexdigit());
    words
        .into_iter()
        .find(|word| word.len() == 64)
        .unwrap_or_else(|| panic!("{told}"))
        .to_string()
}

/// The servers make their own certificates, for which no authority vouches.
#[test]
fn f09_only_the_pinned_certificate_is_accepted() {
    with(
        Flavor::MySql,
        "f09_only_the_pinned_certificate_is_accepted",
        |case| {
            let home = Home::new();
            let url = case.a.url("dbm");
            let other = "ab".repeat(32);
            home.add("pinned", &url, &format!("--tls-pin {other}"))
                .expect(0);
            let refused = home
                .run(&["databases", "pinned"])
                .refuses(5, &["TLS failed", "another certificate"]);
            let pin = shown(&refused.told());
            home.run(&[
                "connections",
                "edit",
                "pinned",
                "--no-test",
                "--tls-pin",
                &pin,
            ])
            .expect(0);
            let query = home.run(&[
                "query",
                "SHOW STATUS LIKE 'Ssl_version'",
                "pinned",
                "-o",
                "csv",
            ]);
            assert!(query.expect(0).stdout.contains("TLSv1."));
        },
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    with(
        Flavor::MySql,
        "a_certificate_that_nobody_vouches_for_is_refused",
        |case| {
            let home = Home::new();
            let authority = std::env::current_exe()
                .unwrap()
                .with_file_name("no-authority.pem");
            std::fs::write(&authority, "").unwrap();
            let flag = format!("--tls-ca {}", authority.display());
            home.add("verified", &case.a.url("dbm"), &flag).expect(0);
            home.run(&["databases", "verified"])
                .refuses(5, &["TLS failed", "--tls-pin"]);
        },
    );
}

#[test]
fn at_a_terminal_an_unknown_certificate_is_shown_and_may_be_trusted() {
    with(
        Flavor::MySql,
        "at_a_terminal_an_unknown_certificate_is_shown_and_may_be_trusted",
        |case| {
            let folder = tempfile::tempdir().unwrap();
            let authority = folder.path().join("none.pem");
            std::fs::write(&authority, "").unwrap();
            let authority = authority.display().to_string();
            let url = case.a.url("dbm");
            let words = [
                "connections",
                "add",
                "trusted",
                &url,
                "--password-env",
                "CANARY",
                "--tls-ca",
                &authority,
            ];
            let mut screen = Screen::open(folder.path(), &words, &[("CANARY", &password())]);
            screen.wait_for("SHA-256 fingerprint");
            screen.wait_for("Trust this certificate from now on?");
            screen.press("y\r");
            screen.wait_for("Saved trusted");
            assert_eq!(screen.exit_code(), 0);
        },
    );
}
