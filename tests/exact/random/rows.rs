//! Values for a column, as literals: ordinary ones, and those at the edges.

use super::column::{Column, Kind, is_single};
use super::words;
use crate::dice::Dice;
use crate::live::Flavor;

/// A value for a column; the server bends what does not fit.
pub fn value(dice: &mut Dice, column: &Column, flavor: Flavor) -> String {
    if column.nullable && dice.below(6) == 0 {
        return "NULL".into();
    }
    match &column.kind {
        // A counter at the end of its type shows its position or not by what was tried since.
        Kind::Integer { .. } if column.counts => dice.below(120).to_string(),
        Kind::Integer { bits, unsigned } => integer(dice, *bits, *unsigned),
        Kind::Decimal {
            digits,
            scale,
            unsigned,
        } => decimal(dice, *digits, *scale, *unsigned),
        Kind::Float => float(dice),
        Kind::Double => double(dice),
        Kind::Bit(bits) => {
            let random = dice.next();
            let value = *dice.one_of(&[0, 1, u64::MAX, 1 << 63, random]);
            let value = value & (u64::MAX >> (64 - bits));
            format!("b'{value:b}'")
        }
        Kind::Date => format!("'{}'", date(dice)),
        Kind::DateTime(digits) => format!("'{} {}'", date(dice), clock(dice, *digits)),
        Kind::Timestamp(digits) => timestamp(dice, *digits),
        Kind::Time(digits) => {
            let sign = if dice.coin() { "-" } else { "" };
            match dice.below(4) {
                0 => format!("'{sign}838:59:59'"),
                1 => format!("'{sign}838:59:58.999999'"),
                2 => format!("'{sign}{}:{}'", dice.below(838), &clock(dice, *digits)[3..]),
                _ => format!("'{sign}{}'", clock(dice, *digits)),
            }
        }
        Kind::Year => {
            let random = 1901 + dice.below(255);
            dice.one_of(&[0, 1901, 1970, 2155, random]).to_string()
        }
        Kind::Text(charset, most) => text(dice, charset, *most),
        Kind::Bytes(most) => format!("X'{}'", words::hex(&bytes(dice, *most))),
        Kind::Enum(many) => dice.below(many + 1).to_string(),
        Kind::Set(many) => dice.below(1 << many).to_string(),
        Kind::Json if flavor == Flavor::MySql && dice.below(3) == 0 => typed(dice),
        Kind::Json => {
            let document = words::json(dice, 3);
            format!("_utf8mb4 X'{}'", words::hex(document.as_bytes()))
        }
        Kind::Geometry(shape, srid) => geometry(dice, shape, *srid),
        Kind::Uuid => {
            let value = u128::from(dice.next()) << 64 | u128::from(dice.next());
            let hex = format!("{:032x}", dice.one_of(&[0, u128::MAX, value]));
            format!(
                "'{}-{}-{}-{}-{}'",
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..]
            )
        }
        Kind::Inet4 => {
            let random = dice.next() as u32;
            let value = *dice.one_of(&[0, u32::MAX, random]);
            format!("'{}'", std::net::Ipv4Addr::from_bits(value))
        }
        Kind::Inet6 => {
            let value = u128::from(dice.next()) << 64 | u128::from(dice.next());
            let value = *dice.one_of(&[0, 1, u128::MAX, 0xffff_c000_0280, value]);
            format!("'{}'", std::net::Ipv6Addr::from_bits(value))
        }
        Kind::Vector(many) => {
            let numbers = (0..*many).map(|_| {
                let number = f32::from_bits(dice.next() as u32);
                if number.is_normal() { number } else { -0.0 }
            });
            let bytes: Vec<u8> = numbers.flat_map(f32::to_le_bytes).collect();
            format!("X'{}'", words::hex(&bytes))
        }
    }
}

/// A document whose values have types that its text does not show.
fn typed(dice: &mut Dice) -> String {
    let mut values = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let decimal = decimal(dice, 20, 6, false);
        let day = format!(
            "{}-0{}-1{}",
            1971 + dice.below(60),
            1 + dice.below(9),
            dice.below(9)
        );
        let clock = clock(dice, 6);
        values.push(match dice.below(8) {
            0 => format!("CAST('{decimal}' AS DECIMAL(26,6))"),
            1 => format!("CAST({} AS UNSIGNED)", dice.next()),
            2 => format!("CAST('{day}' AS DATE)"),
            3 => format!("CAST('{day} {clock}' AS DATETIME(6))"),
            4 => format!("CAST('-{clock}' AS TIME(6))"),
            5 => format!("X'{}'", words::hex(&bytes(dice, 20))),
            6 => format!(
                "_utf8mb4 X'{}'",
                words::hex(words::text(dice, 9).as_bytes())
            ),
            _ => double(dice),
        });
    }
    match dice.below(3) {
        0 => format!("JSON_ARRAY({})", values.join(", ")),
        1 => format!(
            "JSON_OBJECT('a \"b', JSON_ARRAY({}), '', {})",
            values.join(", "),
            values[0]
        ),
        _ => format!(
            "JSON_ARRAY(JSON_OBJECT('x', {}, 'y', 'z'), {})",
            values[0],
            values.join(", ")
        ),
    }
}

fn integer(dice: &mut Dice, bits: u32, unsigned: bool) -> String {
    let most = u64::MAX >> (64 - bits);
    if unsigned {
        let random = dice.next() & most;
        return dice
            .one_of(&[
                0,
                1,
                2,
                most,
                most - 1,
                most / 2,
                most / 2 + 1,
                random,
                random,
            ])
            .to_string();
    }
    let most = (most / 2) as i64;
    let random = (dice.next() as i64) >> (64 - bits);
    dice.one_of(&[0, 1, 2, -1, most, -most - 1, random, random])
        .to_string()
}

fn decimal(dice: &mut Dice, digits: u64, scale: u64, unsigned: bool) -> String {
    let digit = |dice: &mut Dice, nines: bool| match nines {
        true => '9',
        false => char::from(b'0' + dice.below(10) as u8),
    };
    let nines = dice.below(4) == 0;
    let before: String = (0..digits - scale).map(|_| digit(dice, nines)).collect();
    let after: String = (0..scale).map(|_| digit(dice, nines)).collect();
    let sign = if !unsigned && dice.coin() { "-" } else { "" };
    match dice.below(6) {
        0 => "0".into(),
        _ => format!("{sign}0{before}.{after}0"),
    }
}

fn float(dice: &mut Dice) -> String {
    let random = f32::from_bits(dice.next() as u32);
    let value = *dice.one_of(&[
        0.0,
        -0.0,
        1.0,
        0.1,
        f32::MAX,
        f32::MIN_POSITIVE,
        1e-45,
        16_777_217.0,
        random,
        random,
    ]);
    if value.is_finite() {
        format!("{value:e}")
    } else {
        "1.5e0".into()
    }
}

fn double(dice: &mut Dice) -> String {
    let random = f64::from_bits(dice.next());
    let value = *dice.one_of(&[
        0.0,
        -0.0,
        0.1,
        1.0 / 3.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        1e22,
        random,
        random,
    ]);
    if value.is_finite() {
        format!("{value:e}")
    } else {
        "-1.5e0".into()
    }
}

fn date(dice: &mut Dice) -> String {
    let random = format!(
        "{:04}-{:02}-{:02}",
        dice.below(10_000),
        1 + dice.below(12),
        1 + dice.below(31)
    );
    let edges = [
        "0000-00-00",
        "2020-00-10",
        "2020-10-00",
        "2021-02-31",
        "0001-01-01",
        "0009-01-01",
        "9999-12-31",
        "1582-10-10",
    ];
    match dice.below(3) {
        0 => dice.one_of(&edges).to_string(),
        _ => random,
    }
}

fn clock(dice: &mut Dice, digits: u64) -> String {
    let part = |dice: &mut Dice| match dice.below(4) {
        0 => String::new(),
        1 => ".999999"[..1 + digits as usize].to_string(),
        2 => ".000001"[..1 + digits as usize].to_string(),
        _ => format!(".{:06}", dice.below(1_000_000))[..1 + digits as usize].to_string(),
    };
    let part = part(dice);
    let part = if part == "." { "" } else { &part };
    format!(
        "{:02}:{:02}:{:02}{part}",
        dice.below(24),
        dice.below(60),
        dice.below(60)
    )
}

fn timestamp(dice: &mut Dice, digits: u64) -> String {
    match dice.below(5) {
        0 => "'0000-00-00 00:00:00'".into(),
        1 => "'1970-01-01 00:00:01'".into(),
        2 => "'2038-01-19 03:14:07'".into(),
        3 => format!("'2024-11-03 0{}:30:00'", 4 + dice.below(4)),
        _ => format!(
            "'{}-{:02}-{:02} {}'",
            1971 + dice.below(66),
            1 + dice.below(12),
            1 + dice.below(28),
            clock(dice, digits)
        ),
    }
}

fn text(dice: &mut Dice, charset: &str, most: usize) -> String {
    if is_single(charset) && dice.coin() {
        return format!("_{charset} X'{}'", words::hex(&bytes(dice, most)));
    }
    format!(
        "_utf8mb4 X'{}'",
        words::hex(words::text(dice, most).as_bytes())
    )
}

fn bytes(dice: &mut Dice, most: usize) -> Vec<u8> {
    let all: Vec<u8> = (0..=255).collect();
    let mut bytes = match dice.below(10) {
        0 => Vec::new(),
        1 => all,
        2 => vec![0, 32],
        3 => vec![32, 0],
        4 => vec![0xff; 1 + dice.below(3) as usize],
        5 => all.repeat(dice.below(40) as usize),
        _ => (0..dice.below(40)).map(|_| dice.next() as u8).collect(),
    };
    bytes.truncate(most);
    bytes
}

fn geometry(dice: &mut Dice, shape: &str, srid: u64) -> String {
    let mut point = || {
        format!(
            "{} {}",
            dice.below(180) as f64 / 2.0,
            dice.below(900) as f64 / 7.0
        )
    };
    let (one, two, three) = (point(), point(), point());
    let shape = match shape {
        "geometry" => *dice.one_of(&["point", "polygon", "geometrycollection"]),
        other => other,
    };
    let spelled = match shape {
        "point" => format!("POINT({one})"),
        "linestring" => format!("LINESTRING({one}, {two}, {three})"),
        "polygon" => "POLYGON((0 0, 0 9.5, 9 9, 9 0, 0 0), (1 1, 1 2, 2 2, 1 1))".into(),
        _ => format!("GEOMETRYCOLLECTION(POINT({one}), LINESTRING({two}, {three}))"),
    };
    format!("ST_GeomFromText('{spelled}', {srid})")
}
