//! One table for the other product, or for another version: its definition in the target's words, the model of it
//! in step, and a remark for everything that is not the same afterwards.

use super::definition::{CheckText, ColumnText, Definition, KeyText};
use super::tokens::{self, Kind, Token};
use super::{Across, collations, definition};
use crate::engines::mysql::definition::partitioning;
use crate::engines::mysql::dialect::base;
use crate::model::catalog::{Column, History, Table};
use crate::model::spelling::{About, Mapped, NotCopied, Remark, Says};
use crate::model::survey::Finding;

/// The options that both products take.
const OPTIONS: &[&str] = &[
    "ENGINE",
    "AUTO_INCREMENT",
    "DEFAULT CHARSET",
    "COLLATE",
    "COMMENT",
    "ROW_FORMAT",
    "KEY_BLOCK_SIZE",
    "STATS_PERSISTENT",
    "STATS_AUTO_RECALC",
    "STATS_SAMPLE_PAGES",
    "CHECKSUM",
    "DELAY_KEY_WRITE",
    "MIN_ROWS",
    "MAX_ROWS",
    "AVG_ROW_LENGTH",
    "PACK_KEYS",
    "INSERT_METHOD",
    "UNION",
    "CONNECTION",
    "DATA DIRECTORY",
    "INDEX DIRECTORY",
];

/// The storage engines that both products have.
const ENGINES: &[&str] = &[
    "InnoDB",
    "MyISAM",
    "MEMORY",
    "CSV",
    "ARCHIVE",
    "BLACKHOLE",
    "MRG_MyISAM",
];

/// The most bytes of an index of InnoDB.
const LONGEST_KEY: u64 = 3072;

/// Spells one table; returns what is to be said of it.
pub fn spell(table: &mut Table, across: &Across) -> Vec<Remark> {
    let Some(definition) = definition::read(&table.definition) else {
        return Vec::new();
    };
    let mut work = Work {
        title: table.name.clone(),
        table,
        definition,
        across,
        remarks: Vec::new(),
    };
    work.collations();
    if across.crosses {
        work.products();
    }
    let Work {
        definition,
        remarks,
        ..
    } = work;
    table.definition = definition.write(across.to.hidden());
    table.options.retain(|(name, _)| name != "partitions");
    if let Some(partitions) = partitioning(&table.definition) {
        table.options.push(("partitions".into(), partitions));
    }
    remarks
}

struct Work<'a> {
    title: String,
    table: &'a mut Table,
    definition: Definition,
    across: &'a Across<'a>,
    remarks: Vec<Remark>,
}

impl Work<'_> {
    fn say(&mut self, says: Says) {
        self.remarks.push(Remark {
            about: About::Table(self.title.clone()),
            says,
        });
    }

    fn mapped(&mut self, what: &str, part: &str, from: &str, to: &str) {
        let place = match part.is_empty() {
            true => self.title.clone(),
            false => format!("{}.{part}", self.title),
        };
        self.say(Says::Mapped(Mapped {
            what: format!("{what} of {place}"),
            from: from.into(),
            to: to.into(),
        }));
    }

    fn lost(&mut self, what: &str, reason: &str) {
        let what = format!("{what} of table {}", self.title);
        let reason = reason.to_string();
        self.say(Says::NotCopied(NotCopied { what, reason }));
    }

    fn refused(&mut self, problem: String, mend: String) {
        self.say(Says::Refused(Finding { problem, mend }));
    }

    /// The collation that the target takes; a name that only this version spells so is no news.
    fn fitting(&mut self, collation: &str, part: &str) -> Option<String> {
        match self.across.fitting(collation) {
            Some(fitting) => {
                if collations::modern(&fitting) != collations::modern(collation) {
                    self.mapped("collation", part, collation, &fitting);
                }
                Some(fitting)
            }
            // The plan refuses what the target does not know.
            None => None,
        }
    }

    /// Every collation is spelled out: what a character set means by default differs from server to server.
    fn collations(&mut self) {
        let own = self
            .table
            .options
            .iter()
            .position(|(name, _)| name == "collation");
        if let Some(position) = own {
            let collation = self.table.options[position].1.clone();
            if let Some(fitting) = self.fitting(&collation, "") {
                let options = &mut self.definition.options;
                options.retain(|(name, _)| {
                    !["DEFAULT CHARSET", "CHARSET", "COLLATE"].contains(&name.as_str())
                });
                let charset = collations::charset(&fitting).to_string();
                options.push(("DEFAULT CHARSET".into(), charset));
                options.push(("COLLATE".into(), fitting.clone()));
                self.table.options[position].1 = fitting;
            }
        }
        for position in 0..self.definition.columns.len() {
            let name = tokens::unquoted(&self.definition.columns[position].name);
            let known = self
                .table
                .column(&name)
                .and_then(|column| column.collation.clone());
            let Some(collation) = known else { continue };
            let Some(fitting) = self.fitting(&collation, &name) else {
                continue;
            };
            let charset = collations::charset(&fitting).to_string();
            let wider = match collations::same_charset(collations::charset(&collation), &charset) {
                true => None,
                false => wider(&self.definition.columns[position].kind),
            };
            let text = &mut self.definition.columns[position];
            text.charset = Some(charset.clone());
            text.collation = Some(fitting.clone());
            if let Some(kind) = wider {
                text.kind = kind.into();
            }
            if let Some(column) = self.column(&name) {
                column.charset = Some(charset);
                column.collation = Some(fitting);
                if let Some(kind) = wider {
                    column.kind = kind.into();
                }
            }
        }
    }

    fn column(&mut self, name: &str) -> Option<&mut Column> {
        self.table
            .columns
            .iter_mut()
            .find(|column| column.name == name)
    }

    /// What the other product has not, or spells differently.
    fn products(&mut self) {
        self.versioning();
        let mut columns = std::mem::take(&mut self.definition.columns);
        for column in &mut columns {
            let name = tokens::unquoted(&column.name);
            self.both(column, &name);
            match self.across.to.mariadb {
                true => self.column_for_mariadb(column, &name),
                false => self.column_for_mysql(column, &name),
            }
        }
        self.plain_texts(&mut columns);
        self.definition.columns = columns;
        self.computed();
        let keys = std::mem::take(&mut self.definition.keys);
        for mut key in keys {
            if self.key(&mut key) {
                self.definition.keys.push(key);
            } else {
                let name = tokens::unquoted(&key.name);
                self.table.indexes.retain(|index| index.name != name);
            }
        }
        self.checks();
        self.periods();
        self.options();
    }

    /// MySQL knows no history: the rows of the present make a plain table.
    fn versioning(&mut self) {
        if !self.table.keeps_history() && !self.definition.is_versioned {
            return;
        }
        let gone: Vec<String> = self
            .definition
            .columns
            .iter()
            .filter(|column| column.row_time.is_some())
            .map(|column| column.name.clone())
            .collect();
        self.definition
            .columns
            .retain(|column| column.row_time.is_none());
        let is_gone = |part: &[Token]| part.first().is_some_and(|token| gone.contains(&token.text));
        for key in &mut self.definition.keys {
            key.parts.retain(|part| !is_gone(part));
        }
        self.definition.keys.retain(|key| !key.parts.is_empty());
        self.definition
            .periods
            .retain(|period| !period.name.eq_ignore_ascii_case("SYSTEM_TIME"));
        let by_time = |tokens: &Vec<Token>| tokens.iter().any(|token| token.is("SYSTEM_TIME"));
        if self.definition.partitions.as_ref().is_some_and(by_time) {
            self.definition.partitions = None;
        }
        self.definition.is_versioned = false;
        for column in &mut self.definition.columns {
            column.versioned = None;
        }
        let gone: Vec<String> = gone.iter().map(|name| tokens::unquoted(name)).collect();
        self.table
            .columns
            .retain(|column| !gone.contains(&column.name));
        for index in &mut self.table.indexes {
            index.parts.retain(|part| !gone.contains(&part.column));
        }
        self.table.options.retain(|(name, _)| name != "history");
        if self.table.history != History::None {
            let reason = "MySQL keeps no history of rows: the rows of the present are copied";
            self.table.history = History::Left(reason.into());
        }
        self.mapped("versioning", "", "WITH SYSTEM VERSIONING", "a plain table");
    }

    fn both(&mut self, column: &mut ColumnText, name: &str) {
        let kept = std::mem::take(&mut column.rest);
        if !kept.is_empty() {
            self.mapped("attributes", name, &tokens::join(&kept), "nothing");
        }
        if column.compressed {
            column.compressed = false;
            let kind = column.kind.clone();
            if let Some(known) = self.column(name) {
                known.kind = kind;
            }
            self.mapped("compression", name, "COMPRESSED", "none");
        }
        self.vectors(column, name);
    }

    /// MariaDB forgets how to read a text with an escaped quote whose character set is named: it is UTF-8 anyway.
    fn plain_texts(&mut self, columns: &mut [ColumnText]) {
        if !self.across.to.mariadb {
            return;
        }
        let checks = self
            .definition
            .checks
            .iter_mut()
            .map(|check| &mut check.expression);
        let of_columns = columns.iter_mut().flat_map(|column| {
            let generated = column.generated.as_mut().map(|(expression, _)| expression);
            generated.into_iter().chain(column.default.as_mut())
        });
        for expression in checks.chain(of_columns) {
            expression.retain(|token| !token.is("_utf8mb4"));
        }
    }

    /// What is computed anew may come out differently, as JSON does.
    fn computed(&mut self) {
        let computed = self
            .definition
            .columns
            .iter()
            .filter(|column| column.generated.is_some());
        let names: Vec<String> = computed
            .map(|column| tokens::unquoted(&column.name))
            .collect();
        if !names.is_empty() {
            self.say(Says::Warning(format!(
                "generated columns of table {} ({}) are computed anew by {}: --verify checksum proves them the same",
                self.title,
                names.join(", "),
                self.across.to.product
            )));
        }
    }

    fn vectors(&mut self, column: &ColumnText, name: &str) {
        let to = &self.across.to;
        let known = match to.mariadb {
            true => to.is_at_least(11, 7),
            false => to.is_at_least(9, 0),
        };
        if column.kind.starts_with("vector") && !known {
            let problem = format!(
                "{} has no vectors: column {name} of {}",
                to.product, self.title
            );
            let mend = format!("sync to a newer server, or --exclude {}", self.title);
            self.refused(problem, mend);
        }
    }

    fn retype(&mut self, column: &mut ColumnText, name: &str, kind: &str, collation: Option<&str>) {
        column.kind = kind.to_string();
        column.charset = collation.map(|collation| collations::charset(collation).to_string());
        column.collation = collation.map(str::to_string);
        let (charset, collation) = (column.charset.clone(), column.collation.clone());
        if let Some(known) = self.column(name) {
            known.kind = kind.to_string();
            known.charset = charset;
            known.collation = collation;
        }
    }

    fn column_for_mysql(&mut self, column: &mut ColumnText, name: &str) {
        let text = match column.kind.to_lowercase().as_str() {
            "uuid" => Some("char(36)"),
            "inet6" => Some("varchar(39)"),
            "inet4" => Some("varchar(15)"),
            _ => None,
        };
        if let Some(text) = text {
            self.mapped("type", name, &column.kind.clone(), text);
            self.retype(column, name, text, Some("ascii_bin"));
        }
        if column
            .checks
            .iter()
            .any(|check| is_json_check(check, &column.name))
        {
            self.mapped(
                "type",
                name,
                "json, an alias of longtext",
                "longtext with CHECK (json_valid)",
            );
        }
        // A check of a column may speak of others in MariaDB only.
        for expression in std::mem::take(&mut column.checks) {
            self.definition.checks.push(CheckText {
                expression,
                is_enforced: true,
                ..CheckText::default()
            });
        }
        if let Some(default) = column.default.take() {
            if default
                .iter()
                .any(|token| token.is("nextval") || token.is("lastval"))
            {
                let title = self.title.clone();
                self.refused(
                    format!("the default of column {name} of {title} uses a sequence, which MySQL does not have"),
                    format!(
                        "ALTER TABLE {title} ALTER {name} DROP DEFAULT; on the source, or --exclude {title}"
                    ),
                );
            }
            column.default = Some(mysql_default(default, &column.kind));
        }
    }

    fn column_for_mariadb(&mut self, column: &mut ColumnText, name: &str) {
        if column.kind.eq_ignore_ascii_case("json") {
            self.mapped("type", name, "json", "longtext with CHECK (json_valid)");
            self.retype(column, name, "longtext", Some("utf8mb4_bin"));
            if column.generated.is_none() {
                column
                    .checks
                    .push(tokens::cut(&format!("json_valid({})", column.name)));
            }
        }
        if column.kind.eq_ignore_ascii_case("geomcollection") {
            self.retype(column, name, "geometrycollection", None);
        }
        if let Some(srid) = column.srid.take() {
            self.mapped("SRID", name, &srid, "any: values keep theirs");
        }
        if column.generated.is_some() && column.nullable == Some(false) {
            column.nullable = None;
            self.mapped("nullability", name, "NOT NULL", "as its expression");
        }
        let has_value =
            column.default.is_some() || column.auto_increment || column.generated.is_some();
        if column.is_invisible && column.nullable == Some(false) && !has_value {
            column.is_invisible = false;
            self.mapped("visibility", name, "INVISIBLE without a default", "visible");
        }
    }

    /// Whether the target can hold a key, which is put into its words.
    fn key(&mut self, key: &mut KeyText) -> bool {
        let name = tokens::unquoted(&key.name);
        let title = match name.is_empty() {
            true => "primary key".to_string(),
            false => format!("index {name}"),
        };
        let to = self.across.to.clone();
        if key.kind.to_uppercase().starts_with("VECTOR") && !to.mariadb {
            self.lost(&title, "MySQL has no indexes of vectors");
            return false;
        }
        if to.mariadb
            && key
                .parts
                .iter()
                .any(|part| part.first().is_some_and(|token| token.is("(")))
        {
            self.lost(
                &title,
                "MariaDB has no indexes of expressions: index a generated column on the source instead",
            );
            return false;
        }
        if !to.mariadb && self.is_long_unique(key) {
            self.lost(
                &title,
                "MySQL holds no unique key over values that are this long: rows are copied, nothing keeps them unique",
            );
            return false;
        }
        self.overlaps(key, &title);
        if to.mariadb && !to.is_at_least(10, 8) {
            for part in &mut key.parts {
                if part.last().is_some_and(|token| token.is("DESC")) {
                    part.pop();
                    self.mapped("order", &name, "DESC", "ascending");
                }
            }
        }
        if key.is_hidden && to.mariadb && !to.is_at_least(10, 6) {
            key.is_hidden = false;
            self.mapped("visibility", &name, "INVISIBLE", "visible");
        }
        let dropped = key_rest(key);
        if !dropped.is_empty() {
            self.lost(
                &format!("{dropped} of {title}"),
                "the target does not know it",
            );
        }
        true
    }

    /// A unique key that only a hash holds.
    fn is_long_unique(&self, key: &KeyText) -> bool {
        if !key.kind.to_uppercase().starts_with("UNIQUE") {
            return false;
        }
        let whole = key.parts.iter().filter_map(|part| match &part[..] {
            [name] => self.table.column(&tokens::unquoted(&name.text)),
            _ => None,
        });
        let mut bytes = 0;
        for column in whole {
            if base(column).ends_with("text") || base(column).ends_with("blob") {
                return true;
            }
            bytes += longest(column);
        }
        bytes > LONGEST_KEY
    }

    fn overlaps(&mut self, key: &mut KeyText, title: &str) {
        let without = |part: &Vec<Token>| part.iter().any(|token| token.is("OVERLAPS"));
        let Some(position) = key.parts.iter().position(without) else {
            return;
        };
        let period = key.parts.remove(position)[0].text.clone();
        let known = self
            .definition
            .periods
            .iter()
            .find(|known| known.name == period);
        for column in known.map(|known| known.columns.clone()).unwrap_or_default() {
            key.parts.push(tokens::cut(&column));
        }
        self.lost(
            &format!("WITHOUT OVERLAPS of {title}"),
            "MySQL has no periods: the key is over the columns of the period instead",
        );
    }

    fn checks(&mut self) {
        let mut checks = std::mem::take(&mut self.definition.checks);
        for check in &mut checks {
            let name = tokens::unquoted(&check.name);
            if !check.is_enforced && self.across.to.mariadb {
                self.lost(
                    &format!("check {name}"),
                    "it is not enforced on the source, and MariaDB enforces every check",
                );
            }
            if !self.across.to.mariadb && !name.is_empty() && !self.across.is_free(&name) {
                // MariaDB names them CONSTRAINT_1 and so on in each table; MySQL has one set for the database.
                if !is_counted(&name) {
                    self.mapped("name of a check", "", &name, "one that MySQL gives");
                }
                check.name = String::new();
            }
        }
        checks.retain(|check| check.is_enforced || !self.across.to.mariadb);
        self.definition.checks = checks;
    }

    fn periods(&mut self) {
        for period in std::mem::take(&mut self.definition.periods) {
            let name = tokens::unquoted(&period.name);
            self.lost(&format!("period {name}"), "MySQL has no periods");
        }
    }

    fn options(&mut self) {
        let options = std::mem::take(&mut self.definition.options);
        for (name, value) in options {
            let known = OPTIONS.contains(&name.as_str())
                && !(name == "ROW_FORMAT" && value.eq_ignore_ascii_case("PAGE"));
            if known {
                self.definition.options.push((name, value));
            } else {
                self.mapped(&format!("option {name}"), "", &value, "nothing");
            }
        }
        let Some(engine) = self.definition.option("ENGINE").map(str::to_string) else {
            return;
        };
        let is_known = ENGINES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&engine));
        let is_split = self.definition.partitions.is_some() && !self.across.to.mariadb;
        if is_known && (!is_split || engine.eq_ignore_ascii_case("InnoDB")) {
            return;
        }
        self.mapped("engine", "", &engine, "InnoDB");
        for (name, value) in &mut self.definition.options {
            if name == "ENGINE" {
                *value = "InnoDB".into();
            }
        }
        self.table.transactional = true;
        for (name, value) in &mut self.table.options {
            if name == "engine" {
                *value = "InnoDB".into();
            }
        }
        for token in self.definition.partitions.iter_mut().flatten() {
            if token.is(&engine) {
                token.text = "InnoDB".into();
            }
        }
    }
}

/// Keeps what both products know behind a key; returns the rest.
fn key_rest(key: &mut KeyText) -> String {
    let rest = std::mem::take(&mut key.rest);
    let mut dropped = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        let value = 1 + usize::from(rest.get(at + 1).is_some_and(|token| token.is("=")));
        let length = (value + usize::from(!rest[at].is("WITH") || value > 1)).min(rest.len() - at);
        let known = ["COMMENT", "USING", "KEY_BLOCK_SIZE"]
            .iter()
            .any(|word| rest[at].is(word));
        match known {
            true => key.rest.extend_from_slice(&rest[at..at + length]),
            false => dropped.extend_from_slice(&rest[at..at + length]),
        }
        at += length;
    }
    tokens::join(&dropped)
}

/// Whether a check is the one that makes MariaDB's JSON of a long text.
pub fn is_json_check(check: &[Token], column: &str) -> bool {
    match check {
        [function, open, name, close] => {
            function.is("json_valid") && open.is("(") && close.is(")") && name.text == column
        }
        _ => false,
    }
}

/// A name that MariaDB gives to checks that have none.
pub fn is_counted(name: &str) -> bool {
    name.strip_prefix("CONSTRAINT_")
        .is_some_and(|number| number.parse::<u32>().is_ok())
}

/// MySQL takes literals as they are, but for large types; anything else stands in parentheses.
fn mysql_default(default: Vec<Token>, kind: &str) -> Vec<Token> {
    let kind = kind.to_lowercase();
    let is_null = default.len() == 1 && default[0].is("NULL");
    let is_group = default.first().is_some_and(|token| token.is("("));
    let is_large =
        kind.contains("text") || kind.contains("blob") || kind == "json" || is_shape(&kind);
    let is_now = (kind.starts_with("timestamp") || kind.starts_with("datetime"))
        && default
            .first()
            .is_some_and(|token| token.is("current_timestamp"));
    let is_literal = default.iter().all(|token| match token.kind {
        Kind::Text => true,
        Kind::Word => {
            token
                .text
                .starts_with(|c: char| c.is_ascii_digit() || c == '_')
                || is_prefix(token)
        }
        _ => token.is("-") || token.is("+"),
    });
    if is_null || is_group || is_now || is_literal && !is_large {
        return default;
    }
    tokens::cut(&format!("({})", tokens::join(&default)))
}

/// The letters before the quotes of `b'1'` and `X'00'`.
fn is_prefix(token: &Token) -> bool {
    ["b", "x", "n"].iter().any(|letter| token.is(letter))
}

fn is_shape(kind: &str) -> bool {
    crate::engines::mysql::dialect::is_spatial(kind)
}

/// The text type that holds as many characters in up to four bytes each.
fn wider(kind: &str) -> Option<&'static str> {
    match kind.to_lowercase().as_str() {
        "tinytext" => Some("text"),
        "text" => Some("mediumtext"),
        "mediumtext" => Some("longtext"),
        _ => None,
    }
}

/// The most bytes of a value in a key.
fn longest(column: &Column) -> u64 {
    let length = column
        .kind
        .split(['(', ')'])
        .nth(1)
        .and_then(|length| length.parse().ok());
    let width = match column.charset.as_deref() {
        Some("utf8mb4" | "utf16" | "utf32" | "gb18030") => 4,
        Some("utf8mb3" | "utf8") => 3,
        Some("ucs2" | "gbk" | "sjis" | "big5" | "cp932" | "euckr" | "gb2312") => 2,
        _ => 1,
    };
    match base(column) {
        "varchar" | "char" | "varbinary" | "binary" => length.unwrap_or(0) * width,
        _ => 8,
    }
}
