//! What never stands in a column (放错列的内容): a sentence is no status, an office no time, a telephone no name of a shop.

use crate::domain::placeholder::says_nothing;
use crate::exchange::cell::Cell;
use crate::exchange::columns::Column as C;
use crate::exchange::outcome::is_status;
use crate::exchange::value::words::with_addition;
use crate::exchange::value::{amount, date};

/// Characters of a word at most; what is longer is a sentence.
const WORD_MOST: usize = 12;

/// How much the cell of a column shows by itself that the row has moved: 2 shows it alone, 1 beside another.
pub(super) fn signs(column: C, cell: &Cell) -> usize {
    let Some(text) = cell.bare() else {
        let is_word =
            matches!(column, C::Demands | C::Problem | C::Object | C::Shop | C::Story | C::HandledBy);
        return usize::from(matches!(cell, Cell::Number(_)) && is_word);
    };
    let text = text.as_ref();
    let is_number = text.parse::<f64>().is_ok();
    match column {
        C::FirstCheck | C::Standing if is_status(text) => 0,
        C::FirstCheck | C::Standing if is_sentence(text) || is_office(text) || is_place(text) => 2,
        C::FirstCheck | C::Standing if is_telephone(text) || is_category(text) => 2,
        // A word that is not known may be one of the bureau's own.
        C::FirstCheck | C::Standing => usize::from(!says_nothing(text)),
        // A time that nobody can read is taken as blank, and said.
        C::EndedAt if is_day(cell) => 0,
        C::EndedAt if is_office(text) || is_status(text) || is_said(text) => 2,
        C::HandledBy if is_day(cell) => 2,
        C::HandledBy => usize::from(is_number || is_telephone(text)),
        C::Name | C::Shop => usize::from(is_telephone(text) || is_category(text)),
        C::Phone => usize::from(is_place(text) || is_category(text)),
        // A telephone where an address belongs is what people write there: it is taken as blank, and said.
        C::Address | C::Premises => usize::from(is_category(text)),
        C::Problem | C::Object | C::Channel | C::SalesMode => {
            usize::from(is_place(text) || is_number || is_telephone(text) || has_stop(text))
        }
        C::Amount => usize::from(!is_number && is_no_amount(cell, text)),
        C::Demands => usize::from(is_number || is_category(text)),
        C::Story => usize::from(is_number || is_telephone(text) || is_demand(text) || is_place_alone(text)),
        _ => 0,
    }
}

/// A telephone number, whole or masked: 139****0001, 0472-5151234.
pub(super) fn is_telephone(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let stars = digits.matches('*').count();
    let is_all = digits.bytes().all(|b| b.is_ascii_digit() || b == b'*') && stars < digits.len();
    let is_mobile = digits.len() == 11 && digits.starts_with('1');
    is_all && (is_mobile || stars == 0 && text.starts_with('0') && (10..=12).contains(&digits.len()))
}

/// Words of a demand or of a story, that no status has.
const SAID: [&str; 10] = ["退货", "退款", "退费", "赔偿", "要求", "希望", "商家", "购买", "店", "诉求"];

/// What people write, and no word of a list.
fn is_sentence(text: &str) -> bool {
    let (word, _) = with_addition(text);
    word.chars().count() > WORD_MOST || is_said(word)
}

/// Words of a demand or of a story, however short.
fn is_said(text: &str) -> bool {
    has_stop(text) || SAID.iter().any(|said| text.contains(said))
}

fn has_stop(text: &str) -> bool {
    text.contains([',', '。', ';', '!', '?', '\n'])
}

/// The name of an office: 白云路所, 昆都仑区市场监督管理局. What goes there is a status: 转区局.
fn is_office(text: &str) -> bool {
    const ENDS: [&str; 7] = ["所", "局", "队", "股", "科", "中心", "办公室"];
    const SENT: [char; 7] = ['转', '移', '送', '交', '退', '报', '已'];
    text.chars().count() >= 3 && ENDS.iter().any(|end| text.ends_with(end)) && !text.starts_with(SENT)
}

/// An address: a street and a number, or divisions and a street.
fn is_place(text: &str) -> bool {
    let has_street = text.contains(['路', '街', '巷', '道', '村', '镇']) || text.contains("小区");
    let before = text.split('号').next().unwrap_or_default();
    let has_number = text.contains('号') && before.ends_with(|c: char| c.is_ascii_digit());
    let has_division = text.chars().skip(1).any(|c| matches!(c, '市' | '区' | '县' | '旗'));
    has_street && (has_number || has_division)
}

/// An address or the name of a street, and no story of it.
fn is_place_alone(text: &str) -> bool {
    const MOST: usize = 30;
    const STREET_MOST: usize = 10;
    let characters = text.chars().count();
    let is_street = characters <= STREET_MOST && text.ends_with(['路', '街', '巷', '道']);
    is_street || is_place(text) && characters <= MOST && !SAID.iter().any(|said| text.contains(said))
}

/// A category of the platform: 投诉问题->质量.
fn is_category(text: &str) -> bool {
    text.contains("->")
}

/// Only words of what is asked for.
fn is_demand(text: &str) -> bool {
    const DEMANDS: [&str; 10] =
        ["退货", "退款", "退赔费用", "赔偿损失", "赔礼道歉", "更换", "修理", "换货", "其他", "赔偿"];
    text.split([',', '、', ';']).all(|demand| DEMANDS.contains(&demand))
}

/// Words in which no number is said, and that say more than that there is none.
fn is_no_amount(cell: &Cell, text: &str) -> bool {
    const SAYS: &str = "0123456789一二两三四五六七八九十百千万元块*";
    amount::amount(cell, 1.0).is_err()
        && (text.chars().count() > 3 && !text.contains(|c| SAYS.contains(c)) || is_category(text))
}

fn is_day(cell: &Cell) -> bool {
    matches!(cell, Cell::Date(_)) || matches!(date::moment(cell), Ok(Some(_)))
}
