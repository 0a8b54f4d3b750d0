//! A number of pieces (购买数量), with or without its unit. Half a piece and a weight are no number of pieces.

use crate::domain::submission::Quantity;
use crate::domain::violation::Invalid;
use crate::exchange::cell::Cell;

/// Units of what is counted by the piece.
const PIECES: &str =
    "件个份盒箱瓶袋包只支双套台部条张罐桶本把辆次人位颗粒块枚根片桌间副对提听杯碗盘捆卷床顶双例单张元";
/// One to ten as they are said; 两 is two of something.
const SAID: [(char, i64); 11] = [
    ('一', 1),
    ('二', 2),
    ('两', 2),
    ('三', 3),
    ('四', 4),
    ('五', 5),
    ('六', 6),
    ('七', 7),
    ('八', 8),
    ('九', 9),
    ('十', 10),
];
const MOST: i64 = 1_000_000;

/// A whole number of pieces.
pub(in crate::exchange) fn pieces(cell: &Cell) -> Result<Option<Quantity>, Invalid> {
    let bad = || Invalid::new("not a whole number of pieces", "不是整数件，请写成数字，如 2");
    let count = match cell {
        Cell::Empty => return Ok(None),
        Cell::Number(number) => of_text(&number.to_string()),
        Cell::Text(_) => of_text(&cell.bare().unwrap_or_default()),
        Cell::Date(_) => None,
        Cell::Unreadable(why) => return Err(why.invalid()),
    };
    match count.ok_or_else(bad)? {
        pieces @ 1..=MOST => Ok(Some(Quantity(pieces))),
        _ => Err(Invalid::new("must be 1 to 1000000 pieces", "购买数量应在 1 至 1000000 之间")),
    }
}

fn of_text(text: &str) -> Option<i64> {
    let number = text.strip_suffix(|c| PIECES.contains(c)).unwrap_or(text);
    let mut chars = number.chars();
    if let (Some(said), None) = (chars.next(), chars.next())
        && let Some((_, count)) = SAID.iter().find(|(known, _)| *known == said)
    {
        return Some(*count);
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_whole = part.bytes().all(|b| b == b'0') && !part.is_empty();
    is_whole.then(|| whole.replace(',', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_counted_with_their_unit_and_weights_are_not() {
        let read = |text: &str| pieces(&Cell::of_text(text)).ok().flatten().map(|quantity| quantity.0);
        for (text, count) in [
            ("2", 2),
            ("2件", 2),
            ("2.0", 2),
            ("２ 盒", 2),
            ("两箱", 2),
            ("1,200个", 1_200),
            ("十瓶", 10),
            ("3 条", 3),
        ] {
            assert_eq!(read(text), Some(count), "{text}");
        }
        for text in ["0", "-1", "半斤", "1.5", "2斤", "500克", "若干", "2-3", "1000001", "一个半"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(pieces(&Cell::Number(3.0)).unwrap(), Some(Quantity(3)));
        assert!(pieces(&Cell::Number(3.5)).is_err());
    }
}
