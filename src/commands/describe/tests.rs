//! How tables and other objects are drawn.

use super::*;
use crate::model::catalog::{IndexPart, ObjectKind};
use crate::output::Format;
use crate::output::theme::Paint;

fn catalog() -> Catalog {
    let column = |name: &str, kind: &str, nullable| Column {
        name: name.into(),
        kind: kind.into(),
        nullable,
        ..Column::default()
    };
    let part = IndexPart {
        column: "id".into(),
        ..IndexPart::default()
    };
    let orders = Described {
        name: "orders".into(),
        columns: vec![column("id", "int", false), column("note", "text", true)],
        indexes: vec![Index {
            name: "PRIMARY".into(),
            primary: true,
            unique: true,
            parts: vec![part],
            ..Index::default()
        }],
        foreign_keys: vec![ForeignKey {
            name: "fk".into(),
            columns: vec!["id".into()],
            parent: "people".into(),
            parent_columns: vec!["id".into()],
            on_update: "RESTRICT".into(),
            on_delete: "CASCADE".into(),
            ..ForeignKey::default()
        }],
        definition: "CREATE TABLE orders (\n  id int\n)".into(),
        ..Described::default()
    };
    let object = |kind, name: &str, table: Option<&str>| Object {
        kind,
        name: name.into(),
        table: table.map(str::to_string),
        definition: format!("CREATE {name}"),
        session: Vec::new(),
        definer: None,
        obstacle: None,
    };
    Catalog {
        database: "shop".into(),
        tables: vec![orders],
        objects: vec![
            object(ObjectKind::View, "totals", None),
            object(ObjectKind::Trigger, "stamp", Some("orders")),
        ],
        ..Catalog::default()
    }
}

fn drawn(name: &str, detail: Detail) -> String {
    let mut page = Page::default();
    described(&catalog(), name, detail)
        .unwrap()
        .render(&mut page);
    page.print(Format::Table, Paint::off())
}

#[test]
fn a_table_shows_its_parts_and_leaves_out_empty_ones() {
    assert_eq!(
        drawn("orders", Detail::Parts),
        "shop.orders  about 0 rows, 0 B, key id\n  \
               column  type  null  default  more\n  \
               id      int   no\n  \
               note    text  yes\n\
             Indexes\n  \
               name     kind     columns  more\n  \
               PRIMARY  primary  id\n\
             Foreign keys\n  \
               name  columns  refers to    rules\n  \
               fk    id       people (id)  on delete cascade, on update restrict\n\
             Triggers\n  \
               name\n  \
               stamp\n"
    );
}

#[test]
fn the_statements_can_be_pasted_into_a_client() {
    assert_eq!(
        drawn("orders", Detail::Statement),
        "CREATE TABLE orders (\n  id int\n);\n-- trigger stamp of shop\nCREATE stamp;\n"
    );
    assert_eq!(
        drawn("totals", Detail::Parts),
        "-- view totals of shop\nCREATE totals;\n"
    );
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let error = described(&catalog(), "ordres", Detail::Parts).unwrap_err();
    assert_eq!(
        error.message,
        "there is no table ordres in shop; did you mean orders?"
    );
}
