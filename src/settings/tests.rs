//! What a file and the environment may say, and which wins.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Settings of a file with this text and of these variables.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, text).unwrap();
    Settings::read(Some(file), |name| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| value.to_string())
    })
}

fn refused(text: &str) -> String {
    load(text, &[]).unwrap_err().message
}

fn entry(settings: &Settings, key: &str) -> String {
    let entries = settings.entries();
    let (_, value, origin) = entries.iter().find(|(name, ..)| *name == key).unwrap();
    format!("{value} ({origin})")
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let text = "sync:\n  batch_size: 10\n  retry_attempts: 4\n  max_concurrency: 2\n";
    let variables = [
        ("MAESTRO_SYNC_BATCH_SIZE", "20"),
        ("MAESTRO_SYNC_RETRY_ATTEMPTS", "5"),
        ("MAESTRO_SOMETHING_ELSE", "x"),
    ];
    let mut settings = load(text, &variables).unwrap();
    let flag = Origin::Flag("--batch-size".into());
    settings.set("sync.batch_size", "30", flag).unwrap();
    assert_eq!(entry(&settings, "sync.batch_size"), "30 (--batch-size)");
    assert_eq!(
        entry(&settings, "sync.retry_attempts"),
        "5 (MAESTRO_SYNC_RETRY_ATTEMPTS)"
    );
    assert_eq!(
        entry(&settings, "sync.max_concurrency"),
        "2 (config.yaml, line 4)"
    );
    assert_eq!(entry(&settings, "sync.retry_delay"), "30s (default)");
    assert_eq!(settings.sync.batch_size, 30);
}

#[test]
fn files_of_the_older_tools_are_accepted() {
    let settings = load(
        "connections:\n  default_timeout: 45\n  cache_passwords: false\n\
         logging:\n  level: INFO\n  file_rotation: yes\n\
         sync:\n  enabled: true\n  retry_delay: \"10s\"\n  cleanup_age: \"7d\"\n",
        &[],
    )
    .unwrap();
    assert_eq!(
        settings.connections.default_timeout,
        Duration::from_secs(45)
    );
    assert!(!settings.connections.cache_passwords);
    assert_eq!(settings.logging.level, "info");
    assert!(settings.logging.file_rotation);
    assert_eq!(settings.sync.cleanup_age, Duration::from_secs(7 * 86400));
    assert_eq!(
        settings.without_effect,
        ["sync.enabled (config.yaml, line 8) has no effect here"]
    );
}

#[test]
fn a_mistyped_key_names_the_nearest_and_its_line() {
    assert_eq!(
        refused("# mine\nsync:\n  batch_sise: 5\n"),
        "sync.batch_sise is no setting (config.yaml, line 3); did you mean sync.batch_size?"
    );
    assert_eq!(
        refused("conections: {}\n"),
        "conections is no section of the settings (config.yaml, line 1); did you mean connections?"
    );
    assert_eq!(
        refused("batch:\n  max_retries: 1\n"),
        "batch.max_retries is no setting (config.yaml, line 2); did you mean connections.max_retries?"
    );
    let error = load("logging:\n  colour: red\n", &[]).unwrap_err();
    let known = "known: logging.level, logging.file_rotation, logging.max_log_files; the file is ";
    assert!(error.hint.unwrap().starts_with(known));
    assert!(refused("sync:\n  nonsense: [1, 2]\n").starts_with("sync.nonsense is no setting"));
}

#[test]
fn a_value_that_does_not_fit_names_its_line() {
    assert_eq!(
        refused("sync:\n  batch_size: 0\n"),
        "sync.batch_size cannot be \"0\" (config.yaml, line 2): a number of at least 1 is needed"
    );
    assert!(refused("logging:\n  level: loud\n").contains("one of trace, debug, info"));
    assert!(refused("sync:\n  job_timeout: soon\n").contains("a duration such as 30s"));
    assert!(refused("batch:\n  show_progress: perhaps\n").contains("one of true, false"));
    assert_eq!(
        load("", &[("MAESTRO_SYNC_BATCH_SIZE", "many")])
            .unwrap_err()
            .message,
        "sync.batch_size cannot be \"many\" (MAESTRO_SYNC_BATCH_SIZE): a number of at least 1 is needed"
    );
}

#[test]
fn what_is_no_yaml_names_its_line() {
    for (text, line) in [
        ("sync:\n  batch_size: [1\n", "line "),
        ("sync: {a: 1}\n\tx\n", "line 2"),
        ("- a\n- b\n", "sections of settings are needed"),
        ("sync: 5\n", "sync (line 1) needs keys"),
        ("sync:\n  batch_size: 1\n  batch_size: 2\n", "line 3"),
    ] {
        let message = refused(text);
        assert!(
            message.starts_with(FILE) && message.contains(line),
            "{text:?}: {message}"
        );
    }
}

#[test]
fn an_empty_file_and_none_are_the_defaults() {
    for text in ["", "# nothing\n", "sync:\n", "---\n"] {
        let settings = load(text, &[]).unwrap();
        assert_eq!(
            entry(&settings, "connections.default_timeout"),
            "30s (default)"
        );
        assert_eq!(settings.entries().len(), 19);
    }
    let missing = PathBuf::from("/nowhere/config.yaml");
    assert!(Settings::read(Some(missing), |_| None).is_ok());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Settings::read(Some(folder.path().into()), |_| None).unwrap_err();
    assert!(
        error.message.starts_with("cannot read "),
        "{}",
        error.message
    );
}

#[test]
fn a_file_that_others_can_read_is_made_private_with_a_notice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let settings = Settings::read(Some(file.clone()), |_| None).unwrap();
    assert!(settings.notices[0].ends_with("(mode 0644); it now has mode 0600"));
    let again = Settings::read(Some(file), |_| None).unwrap();
    assert_eq!(again.notices, Vec::<String>::new());
}
