//! What the menus offer: commands and the questions that fill in their arguments.
//!
//! An item whose command is not registered is left out by the menu, never shown and refused.

/// One of the menus.
pub struct Menu {
    pub title: &'static str,
    pub items: &'static [Item],
}

/// One choice: a command line, and what is asked to complete it.
pub struct Item {
    pub title: &'static str,
    pub words: &'static [&'static str],
    pub questions: &'static [Question],
}

/// A question whose answer is one argument.
pub struct Question {
    pub text: &'static str,
    pub form: Form,
    /// An answer that would do.
    #[cfg_attr(not(test), allow(dead_code))]
    pub example: &'static str,
}

/// What becomes of an answer.
#[derive(Clone, Copy)]
pub enum Form {
    /// A word; without it the item is not run.
    Needed,
    /// A word, or nothing.
    Optional,
    /// The value of this flag, or nothing.
    Flag(&'static str),
}

const fn item(
    title: &'static str,
    words: &'static [&'static str],
    questions: &'static [Question],
) -> Item {
    Item {
        title,
        words,
        questions,
    }
}

const fn needed(text: &'static str, example: &'static str) -> Question {
    Question {
        text,
        form: Form::Needed,
        example,
    }
}

const fn optional(text: &'static str, example: &'static str) -> Question {
    Question {
        text,
        form: Form::Optional,
        example,
    }
}

const CONNECTION: Question = needed("Connection (name or number)", "1");
const SOURCE: Question = needed("Source, read from (NAME or NAME/DB)", "prod/shop");
const TARGET: Question = needed("Target, written to (NAME or NAME/DB)", "dev/shop");
const SELECT: Question = Question {
    text: "Databases, such as 1-3,!2 or all (empty: the selection)",
    form: Form::Flag("--select"),
    example: "all",
};
const TABLE: Question = needed("Table (DB.TABLE)", "shop.orders");
const BACKUP: Question = needed("Backup (its id, or last)", "last");
const BACK_TO: Question = optional("Where to (empty: where it came from)", "dev");
const RUN: Question = needed("Number of the run", "1");

pub static MENUS: &[Menu] = &[
    Menu {
        title: "Connections",
        items: &[
            item("List connections", &["connections"], &[]),
            item("Add a connection", &["connections", "add"], &[]),
            item("Show a connection", &["connections", "show"], &[CONNECTION]),
            item("Test a connection", &["connections", "test"], &[CONNECTION]),
            item(
                "Label a connection with its environment",
                &["connections", "label"],
                &[
                    CONNECTION,
                    needed(
                        "Environment (production, staging, testing, development)",
                        "staging",
                    ),
                ],
            ),
            item(
                "Rename a connection",
                &["connections", "rename"],
                &[CONNECTION, needed("New name", "dev")],
            ),
            item(
                "Delete a connection",
                &["connections", "del"],
                &[CONNECTION],
            ),
        ],
    },
    Menu {
        title: "Session and selection",
        items: &[
            item("Choose source and target", &["use"], &[SOURCE, TARGET]),
            item("Choose the source", &["source"], &[SOURCE]),
            item("Choose the target", &["target"], &[TARGET]),
            item("Swap source and target", &["swap"], &[]),
            item("List the source's databases", &["databases"], &[]),
            item(
                "Select databases",
                &["select"],
                &[needed("Databases, such as 1-3,!2 or log_*", "1-3,!2")],
            ),
            item("Show the selection", &["selection"], &[]),
        ],
    },
    Menu {
        title: "Work",
        items: &[
            item(
                "Show what a sync would do",
                &["sync", "--dry-run"],
                &[SELECT],
            ),
            item("Sync source to target", &["sync"], &[SELECT]),
            item("Compare source and target", &["compare"], &[SELECT]),
        ],
    },
    Menu {
        title: "Backups",
        items: &[
            item(
                "Make a backup",
                &["backup", "create"],
                &[optional(
                    "What to save (empty: what is selected of the source)",
                    "prod/shop",
                )],
            ),
            item("List the backups", &["backup", "list"], &[]),
            item("Check a backup", &["backup", "verify"], &[BACKUP]),
            item(
                "Show what a restore would do",
                &["backup", "restore", "--dry-run"],
                &[BACKUP, BACK_TO],
            ),
            item(
                "Restore a backup",
                &["backup", "restore"],
                &[BACKUP, BACK_TO],
            ),
        ],
    },
    Menu {
        title: "Look",
        items: &[
            item(
                "List the tables of a database",
                &["tables"],
                &[optional("Database (empty: the source's)", "shop")],
            ),
            item("Describe a table", &["describe"], &[TABLE]),
            item("Peek at a table's rows", &["peek"], &[TABLE]),
            item(
                "Run a query",
                &["query"],
                &[needed("SQL that reads", "SELECT 1")],
            ),
        ],
    },
    Menu {
        title: "History",
        items: &[
            item("List past runs", &["history"], &[]),
            item("Show a run", &["history", "show"], &[RUN]),
            item("Show the log of a run", &["history", "log"], &[RUN]),
        ],
    },
    Menu {
        title: "Program",
        items: &[
            item("Show the settings", &["config"], &[]),
            item("Check folders, settings and servers", &["doctor"], &[]),
            item("List all commands", &["help"], &[]),
            item("Explain a command", &["help"], &[needed("Command", "menu")]),
            item("Leave", &["quit"], &[]),
        ],
    },
];
