//! What people leave besides a phone (其他联系方式): where parcels go, a mail address, an account for the money.
//!
//! All of it follows from the person's number and home, not from the world's dice: a household has one parcel address,
//! and nothing else of a world depends on who has what. Mail goes to domains that nobody can have (RFC 2606), cards
//! begin with a digit that no issuer has.

use super::dice::Dice;
use super::grammar::hash;
use super::item::{Cell, Channel, Draft, Track};

/// How someone is reached and paid.
#[derive(Debug, Clone, Default)]
pub(super) struct Contact {
    /// 收货地址
    pub(super) parcels: String,
    /// 电子邮箱
    pub(super) email: String,
    /// 收款账户
    pub(super) account: String,
}

/// How often another face keeps the account, the parcel address, the mail address of the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    pub(super) account: f64,
    pub(super) parcels: f64,
    pub(super) email: f64,
}

/// Shares of the items that tell: parcels among what was bought online, an account where money is asked for, mail by
/// channel. Most exports leave these columns nearly empty.
const PARCELS: f64 = 0.2;
const ACCOUNT: f64 = 0.095;
const EMAIL_ON_PLATFORM: f64 = 0.075;
const EMAIL_ELSEWHERE: f64 = 0.01;

impl Contact {
    /// Someone's own.
    pub(super) fn of(phone: &str, resident_id: &str, address: &str) -> Self {
        let dice = &mut Dice::new(hash(resident_id), 5);
        let name: String = (0..dice.range(4, 8)).map(|_| letter(dice)).collect();
        let host = dice.pick(&["mail", "post", "box", "net"]);
        let email = format!("{name}{}@{host}.example", dice.range(1, 9999));
        let account = match dice.index(10) {
            0..5 => phone.to_owned(),
            5..9 => format!("0{:018}", dice.range(0, 999_999_999_999_999_999)),
            _ => email.clone(),
        };
        Self { parcels: parcels(address), email, account }
    }

    /// The same hand behind another face: the money often goes where it went.
    pub(super) fn keep(&mut self, first: &Self, habit: Habit) {
        let mut dice = Dice::new(hash(&self.email), 6);
        if dice.chance(habit.account) {
            self.account.clone_from(&first.account);
        }
        if dice.chance(habit.parcels) {
            self.parcels.clone_from(&first.parcels);
        }
        if dice.chance(habit.email) {
            self.email.clone_from(&first.email);
        }
    }
}

fn letter(dice: &mut Dice) -> char {
    char::from(b"abcdefghijklmnopqrstuvwxyz"[dice.index(26)])
}

/// Where a household's parcels go: home, or the pick-up point of its street, which all the neighbours use too.
pub(super) fn parcels(address: &str) -> String {
    let home = Dice::new(hash(address), 5).chance(0.62);
    let street = address.split(|c: char| c.is_ascii_digit()).next().unwrap_or(address);
    if home || street.is_empty() { address.to_owned() } else { format!("{street}快递驿站") }
}

/// 收货地址, 电子邮箱, 收款账户 as the export shows them.
pub(super) fn cells(draft: &Draft, mask: f64, dice: &mut Dice) -> [Cell; 3] {
    let Contact { parcels, email, account } = &draft.person.contact;
    let asks_money = draft.track == Track::Complaint && draft.demands.contains(['退', '赔']);
    let mail = if draft.channel == Channel::Platform { EMAIL_ON_PLATFORM } else { EMAIL_ELSEWHERE };
    let is_inquiry = draft.track == Track::Inquiry;
    let reworded = [
        (if draft.online && !is_inquiry { PARCELS } else { 0.0 }, written(parcels, dice)),
        (if is_inquiry { 0.0 } else { mail }, email.clone()),
        (if asks_money { ACCOUNT } else { 0.0 }, grouped(account, dice)),
    ];
    reworded.map(|(share, text)| match (dice.chance(share), dice.chance(mask)) {
        (true, true) if !text.is_empty() => Cell::Text("*****".to_owned()),
        (true, false) => Cell::from(text.as_str()),
        _ => Cell::Blank,
    })
}

/// An address now and then with its parts in another order.
fn written(address: &str, dice: &mut Dice) -> String {
    if dice.chance(0.12) { super::people::reversed(address) } else { address.to_owned() }
}

/// A card's number in groups of four, now and then.
fn grouped(account: &str, dice: &mut Dice) -> String {
    let is_card = account.len() == 19 && account.bytes().all(|digit| digit.is_ascii_digit());
    if !is_card || !dice.chance(0.3) {
        return account.to_owned();
    }
    let groups: Vec<&str> =
        (0..account.len()).step_by(4).filter_map(|at| account.get(at..(at + 4).min(19))).collect();
    groups.join(" ")
}
