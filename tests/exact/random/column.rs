//! Columns: their types, and which of them may be part of what.

use crate::dice::Dice;
use crate::live::Flavor;

/// What a column holds: decides its values.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Integer {
        bits: u32,
        unsigned: bool,
    },
    Decimal {
        digits: u64,
        scale: u64,
        unsigned: bool,
    },
    Float,
    Double,
    Bit(u64),
    Date,
    /// With the digits of its seconds.
    DateTime(u64),
    Timestamp(u64),
    Time(u64),
    Year,
    /// With its character set and the most characters.
    Text(&'static str, usize),
    Bytes(usize),
    Enum(u64),
    Set(u64),
    Json,
    Geometry(&'static str, u64),
    Uuid,
    Inet4,
    Inet6,
    Vector(u64),
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// As it stands in the definition: type, character set.
    pub spelled: String,
    pub kind: Kind,
    pub nullable: bool,
    pub generated: bool,
    /// Values are given by the default alone.
    pub counts: bool,
    /// TEXT and BLOB: an index takes the beginning only.
    pub long: bool,
    /// No index may have it.
    pub compressed: bool,
}

/// A character set with some of its collations.
type Charset = (&'static str, &'static [&'static str]);

const CHARSETS: &[Charset] = &[
    (
        "utf8mb4",
        &[
            "utf8mb4_general_ci",
            "utf8mb4_bin",
            "utf8mb4_unicode_ci",
            "utf8mb4_turkish_ci",
            "utf8mb4_unicode_520_ci",
        ],
    ),
    ("utf8mb4", &["utf8mb4_german2_ci", "utf8mb4_swedish_ci"]),
    (
        "utf8mb3",
        &["utf8mb3_general_ci", "utf8mb3_bin", "utf8mb3_unicode_ci"],
    ),
    (
        "latin1",
        &[
            "latin1_swedish_ci",
            "latin1_bin",
            "latin1_german2_ci",
            "latin1_general_cs",
        ],
    ),
    ("latin2", &["latin2_general_ci", "latin2_croatian_ci"]),
    ("latin5", &["latin5_turkish_ci"]),
    (
        "cp1251",
        &["cp1251_general_ci", "cp1251_bin", "cp1251_general_cs"],
    ),
    ("koi8r", &["koi8r_general_ci"]),
    ("ascii", &["ascii_general_ci", "ascii_bin"]),
    ("gbk", &["gbk_chinese_ci", "gbk_bin"]),
    ("sjis", &["sjis_japanese_ci", "sjis_bin"]),
    ("cp932", &["cp932_japanese_ci"]),
    ("big5", &["big5_chinese_ci", "big5_bin"]),
    ("euckr", &["euckr_korean_ci"]),
    ("ujis", &["ujis_japanese_ci"]),
    ("eucjpms", &["eucjpms_bin"]),
    ("gb2312", &["gb2312_chinese_ci"]),
    ("ucs2", &["ucs2_general_ci", "ucs2_bin", "ucs2_unicode_ci"]),
    ("utf16", &["utf16_general_ci", "utf16_bin"]),
    ("utf16le", &["utf16le_general_ci"]),
    ("utf32", &["utf32_general_ci", "utf32_unicode_ci"]),
    ("cp850", &["cp850_general_ci"]),
    ("macroman", &["macroman_bin"]),
    ("tis620", &["tis620_thai_ci"]),
];

const MYSQL_CHARSETS: &[Charset] = &[
    (
        "utf8mb4",
        &[
            "utf8mb4_0900_ai_ci",
            "utf8mb4_0900_as_cs",
            "utf8mb4_0900_bin",
            "utf8mb4_ja_0900_as_cs_ks",
            "utf8mb4_de_pb_0900_ai_ci",
        ],
    ),
    ("gb18030", &["gb18030_chinese_ci", "gb18030_bin"]),
];

const MARIADB_CHARSETS: &[Charset] = &[
    (
        "utf8mb4",
        &[
            "utf8mb4_nopad_bin",
            "utf8mb4_unicode_520_nopad_ci",
            "utf8mb4_myanmar_ci",
        ],
    ),
    ("latin1", &["latin1_swedish_nopad_ci"]),
    (
        "utf8mb4",
        &[
            "utf8mb4_uca1400_ai_ci",
            "utf8mb4_uca1400_swedish_nopad_as_cs",
        ],
    ),
];

/// A character set and one of its collations.
pub fn charset(dice: &mut Dice, flavor: Flavor) -> (&'static str, &'static str) {
    let own = match flavor {
        Flavor::MariaDb => MARIADB_CHARSETS,
        Flavor::MySql => MYSQL_CHARSETS,
    };
    let (charset, collations) = match dice.below(3) {
        0 => dice.one_of(own),
        1 => &CHARSETS[0],
        _ => dice.one_of(CHARSETS),
    };
    (charset, *dice.one_of::<&str>(collations))
}

/// Which bytes are each a character of this set.
pub fn is_single(charset: &str) -> bool {
    matches!(
        charset,
        "latin1" | "latin2" | "latin5" | "cp1251" | "koi8r" | "cp850" | "macroman"
    )
}

impl Column {
    /// Of a random type; `small` leaves out what the MEMORY engine cannot hold.
    pub fn random(dice: &mut Dice, flavor: Flavor, name: String, small: bool) -> Column {
        let mut column = Column {
            name,
            spelled: String::new(),
            kind: Kind::Year,
            nullable: dice.below(3) > 0,
            generated: false,
            counts: false,
            long: false,
            compressed: false,
        };
        let sign = |unsigned| if unsigned { " unsigned" } else { "" };
        let (spelled, kind) = match dice.below(if small { 20 } else { 28 }) {
            0..3 => return column.integer(dice),
            3 => {
                let digits = *dice.one_of(&[1, 5, 10, 18, 30, 65]);
                let scale = dice.below(digits.min(30) + 1);
                let unsigned = dice.below(4) == 0;
                let spelled = format!("decimal({digits},{scale}){}", sign(unsigned));
                (
                    spelled,
                    Kind::Decimal {
                        digits,
                        scale,
                        unsigned,
                    },
                )
            }
            4 => (
                dice.one_of(&["float", "float unsigned", "float(10,3)"])
                    .to_string(),
                Kind::Float,
            ),
            5 => (
                dice.one_of(&["double", "double", "double(20,5)"])
                    .to_string(),
                Kind::Double,
            ),
            6 => {
                let bits = *dice.one_of(&[1, 7, 8, 9, 31, 63, 64]);
                (format!("bit({bits})"), Kind::Bit(bits))
            }
            7 => ("date".into(), Kind::Date),
            8 => {
                let digits = dice.below(7);
                (format!("datetime({digits})"), Kind::DateTime(digits))
            }
            9 => {
                let digits = dice.below(7);
                (format!("timestamp({digits})"), Kind::Timestamp(digits))
            }
            10 => {
                let digits = dice.below(7);
                (format!("time({digits})"), Kind::Time(digits))
            }
            11 => ("year".into(), Kind::Year),
            12..15 => {
                let (charset, collation) = charset(dice, flavor);
                let most = *dice.one_of(&[1, 3, 10, 30, 60]) as usize;
                let base = if dice.below(3) == 0 {
                    "char"
                } else {
                    "varchar"
                };
                let spelled = format!("{base}({most}) CHARACTER SET {charset} COLLATE {collation}");
                (spelled, Kind::Text(charset, most))
            }
            15 | 16 => {
                let most = *dice.one_of(&[1, 2, 16, 100]) as usize;
                let base = if dice.coin() { "binary" } else { "varbinary" };
                (format!("{base}({most})"), Kind::Bytes(most))
            }
            17 | 18 => return column.choice(dice, flavor),
            19 => {
                let (base, kind) = match (flavor, dice.below(3)) {
                    (Flavor::MySql, _) => ("date", Kind::Date),
                    (Flavor::MariaDb, 0) => ("uuid", Kind::Uuid),
                    (Flavor::MariaDb, 1) => ("inet4", Kind::Inet4),
                    (Flavor::MariaDb, _) => ("inet6", Kind::Inet6),
                };
                (base.to_string(), kind)
            }
            20..24 => return column.long(dice, flavor),
            24 | 25 => ("json".into(), Kind::Json),
            26 => {
                let shape = *dice.one_of(&[
                    "point",
                    "geometry",
                    "linestring",
                    "polygon",
                    "geometrycollection",
                ]);
                match flavor {
                    Flavor::MySql if dice.coin() => {
                        (format!("{shape} SRID 4326"), Kind::Geometry(shape, 4326))
                    }
                    Flavor::MySql => (shape.into(), Kind::Geometry(shape, 0)),
                    Flavor::MariaDb => (
                        shape.into(),
                        Kind::Geometry(shape, *dice.one_of(&[0, 1, 4326])),
                    ),
                }
            }
            _ => match flavor {
                Flavor::MySql => {
                    let many = 1 + dice.below(20);
                    (format!("vector({many})"), Kind::Vector(many))
                }
                Flavor::MariaDb => ("blob".into(), Kind::Bytes(60_000)),
            },
        };
        column.long = matches!(kind, Kind::Bytes(60_000));
        column.spelled = spelled;
        column.kind = kind;
        column
    }

    /// Of an integer type.
    pub fn integer(mut self, dice: &mut Dice) -> Column {
        let types = [
            ("tinyint", 8),
            ("smallint", 16),
            ("mediumint", 24),
            ("int", 32),
            ("bigint", 64),
            ("tinyint(1)", 8),
        ];
        let (base, bits) = *dice.one_of(&types);
        let unsigned = dice.below(3) == 0;
        self.spelled = match (unsigned, dice.below(6)) {
            (true, 0) => format!("{base} unsigned zerofill"),
            (true, _) => format!("{base} unsigned"),
            _ => base.to_string(),
        };
        self.kind = Kind::Integer { bits, unsigned };
        self
    }

    fn choice(mut self, dice: &mut Dice, flavor: Flavor) -> Column {
        let (charset, collation) = charset(dice, flavor);
        let many = 1 + dice.below(9);
        let label = |number: u64| match (number, is_single(charset)) {
            (1, _) => "'it''s \"'".to_string(),
            (2, _) => "'(,)'".to_string(),
            (3, true) if charset == "latin1" => "'ä'".to_string(),
            (3, _) if charset.starts_with("utf8") => "'語'".to_string(),
            _ => format!("'n{number}'"),
        };
        let labels: Vec<String> = (0..many).map(label).collect();
        let (base, kind) = match dice.coin() {
            true => ("enum", Kind::Enum(many)),
            false => ("set", Kind::Set(many)),
        };
        // A label with a comma is no member of a set.
        let labels = labels
            .join(", ")
            .replace(if base == "set" { "(,)" } else { "\u{0}" }, "( )");
        self.spelled = format!("{base}({labels}) CHARACTER SET {charset} COLLATE {collation}");
        self.kind = kind;
        self
    }

    fn long(mut self, dice: &mut Dice, flavor: Flavor) -> Column {
        let size = *dice.one_of(&["tiny", "", "medium", "long"]);
        self.compressed = flavor == Flavor::MariaDb && dice.below(6) == 0;
        let compressed = if self.compressed { " COMPRESSED" } else { "" };
        self.long = true;
        if dice.coin() {
            let (charset, collation) = charset(dice, flavor);
            let most = if size == "tiny" { 60 } else { 3000 };
            self.spelled =
                format!("{size}text{compressed} CHARACTER SET {charset} COLLATE {collation}");
            self.kind = Kind::Text(charset, most);
        } else {
            self.spelled = format!("{size}blob{compressed}");
            self.kind = Kind::Bytes(if size == "tiny" { 255 } else { 60_000 });
        }
        self
    }

    /// Whether the server has no value of its own for it.
    pub fn needs_value(&self) -> bool {
        let none = matches!(self.kind, Kind::Json | Kind::Geometry(..) | Kind::Vector(_));
        none && !self.nullable
    }

    /// Whether an index may have it, whole or its beginning.
    pub fn may_be_indexed(&self) -> bool {
        !self.compressed && !matches!(self.kind, Kind::Json | Kind::Geometry(..) | Kind::Vector(_))
    }
}
