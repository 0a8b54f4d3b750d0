//! One row, taken apart: a submission of one part with its outcome, or everything that is wrong with it.

use super::cell::{Cell, Kind};
use super::columns::Column;
use super::lists::Fault;
use super::outcome::{self, Times};
use super::sheet::{Row, Sheet};
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::outcome::FileOutcome;
use crate::domain::person::{Complainant, Email, PaymentAccount, Phone, ResidentId};
use crate::domain::plain::{bare, is_blank};
use crate::domain::respondent::{CreditCode, Respondent};
use crate::domain::submission::{Channel, Part, Quantity, Submission};
use crate::domain::text::{Address, AmountFen, Line, Story, all_stars, any_star};
use crate::domain::time::{Moment, Timestamp};
use crate::domain::violation::Invalid;

/// A row that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The facts: a submission of one part.
    pub submission: Submission,
    /// What became of its file.
    pub outcome: FileOutcome,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A complaint or a report.
    Item(Box<Item>),
    /// Something that is not of this procedure (Order 121 Art. 44): which of those.
    Elsewhere(&'static str),
    /// Neither: what is wrong, by column.
    Faulty(Vec<Fault>),
}

/// What Art. 44 sends to other channels, by the platform's words, and the channel to be told.
const ELSEWHERE: [(&str, &str); 5] = [
    ("咨询", "咨询"),
    ("信息公开", "政府信息公开申请"),
    ("复议", "行政复议申请"),
    ("检举", "检举控告"),
    ("控告", "检举控告"),
];

/// Words by which a channel (接收方式) is known; the first that fits.
const CHANNELS: [(&str, Channel); 14] = [
    ("12345", Channel::CityHotline),
    ("平台", Channel::Platform),
    ("互联网", Channel::Platform),
    ("网站", Channel::Platform),
    ("小程序", Channel::Platform),
    ("APP", Channel::Platform),
    ("热线", Channel::Hotline),
    ("电话", Channel::Hotline),
    ("来函", Channel::Letter),
    ("信函", Channel::Letter),
    ("信件", Channel::Letter),
    ("来人", Channel::Counter),
    ("来访", Channel::Counter),
    ("窗口", Channel::Counter),
];

/// Demands taken from one row, as over gRPC.
const DEMANDS_MOST: usize = 10;
/// Clocks differ by so much, in seconds.
const AHEAD_MOST: i64 = 300;

/// A row while it is taken apart: its cells, and what was wrong with them so far.
pub(super) struct Reading<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    faults: Vec<Fault>,
}

impl Sheet {
    /// Place of a row in the order in which rows are taken: receive time, then number. None when it has no such place:
    /// it cannot be taken then.
    pub fn place(&self, row: &Row) -> Option<(Timestamp, RegistrationNumber)> {
        let received = self.cell(row, Column::Received).moment().ok().flatten()?;
        Some((received.at, self.number(row)?))
    }

    /// The latest time that any row reports of, up to `now`: as of when the export was made (截至), as far as it shows.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        let moments = |row| [Column::Received, Column::EndedAt].map(|column| self.cell(row, column).moment());
        let times =
            self.rows().iter().flat_map(moments).filter_map(|moments| Some(moments.ok().flatten()?.at));
        times.filter(|at| *at <= now).max().unwrap_or(now)
    }

    /// Takes a row apart.
    pub fn parse(&self, row: &Row, times: Times) -> Parsed {
        let mut reading = Reading { sheet: self, row, faults: Vec::new() };
        let kind = reading.word(Column::Kind).unwrap_or_default();
        let track = match kind.as_str() {
            "投诉" | "投诉件" => Track::Complaint,
            "举报" | "举报件" => Track::Report,
            _ => {
                if let Some((_, channel)) = ELSEWHERE.iter().find(|(word, _)| kind.contains(word)) {
                    return Parsed::Elsewhere(channel);
                }
                let zh = "类型应为“投诉”“举报”或“咨询”";
                reading.wrong(
                    Column::Kind,
                    Invalid::new("a row is a complaint, a report or a consultation", zh),
                );
                Track::Complaint
            }
        };
        if row.overflows {
            let zh = "本行的单元格多于表头，可能有未加引号的逗号，其后各列已错位";
            reading.wrong(Column::Number, Invalid::new("the row has more cells than the header", zh));
        }
        let item = reading.item(track, times);
        match item {
            Some(item) if reading.faults.is_empty() => Parsed::Item(Box::new(item)),
            _ => Parsed::Faulty(reading.faults),
        }
    }

    /// The fault of a row whose facts differ from what is known under its number, by the fields' paths.
    pub fn differing(&self, row: &Row, fields: &[String]) -> Fault {
        let titles: Vec<&str> = fields.iter().map(|field| self.title(Column::of_field(field))).collect();
        let zh = format!(
            "该登记编号已有记录，且{}与已有内容不同；如属更正，请由登记系统用“补充”提交",
            titles.join("、")
        );
        let column = fields.first().map_or(Column::Number, |field| Column::of_field(field));
        self.fault(row, column, Kind::Known, zh)
    }

    /// The fault of a row that the ledger refused for another reason.
    pub fn refused(&self, row: &Row, zh: String) -> Fault {
        self.fault(row, Column::Number, Kind::Known, zh)
    }

    /// The registration number of a row, where it has one.
    pub fn number(&self, row: &Row) -> Option<RegistrationNumber> {
        number(self.cell(row, Column::Number)).ok()
    }

    fn fault(&self, row: &Row, column: Column, kind: Kind, reason_zh: String) -> Fault {
        Fault {
            row: row.number,
            number: self.number(row),
            column: self.title(column).to_owned(),
            kind,
            reason_zh,
        }
    }
}

impl<'a> Reading<'a> {
    pub(super) fn cell(&self, column: Column) -> &'a Cell {
        self.sheet.cell(self.row, column)
    }

    /// Notes that a cell is wrong.
    pub(super) fn wrong(&mut self, column: Column, invalid: Invalid) {
        let kind = self.cell(column).kind();
        self.faults.push(self.sheet.fault(self.row, column, kind, invalid.zh));
    }

    /// Takes a parsed value, or notes why there is none.
    pub(super) fn take<T>(&mut self, column: Column, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.wrong(column, invalid)).ok()
    }

    /// The text of a cell; none when it is empty or unreadable.
    pub(super) fn text(&mut self, column: Column) -> Option<String> {
        let text = self.cell(column).text();
        self.take(column, text).flatten().map(|text| text.trim().to_owned())
    }

    /// A word of a cell, in its normal form but for case.
    pub(super) fn word(&mut self, column: Column) -> Option<String> {
        self.text(column).map(|text| bare(&text).into_owned())
    }

    /// One fact that may be absent or masked.
    pub(super) fn fact<T>(
        &mut self,
        column: Column,
        masked: fn(&str) -> bool,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Given<T> {
        let text = self.text(column);
        self.take(column, Given::parse(text.as_deref(), masked, parse)).unwrap_or_default()
    }

    fn item(&mut self, track: Track, times: Times) -> Option<Item> {
        let number = self.number();
        let received = self.received(times.now);
        let channel = self.channel();
        let complainant = self.complainant();
        let respondent = self.respondent();
        let part = self.part(track);
        let outcome = outcome::read(self, track, received, times);
        let (complaint, report) = match track {
            Track::Complaint => (Some(part), None),
            Track::Report => (None, Some(part)),
        };
        let submission = Submission {
            number: number?,
            received: received?,
            channel,
            complainant,
            respondent,
            complaint,
            report,
        };
        Some(Item { submission, outcome })
    }

    fn number(&mut self) -> Option<RegistrationNumber> {
        self.take(Column::Number, number(self.cell(Column::Number)))
    }

    fn received(&mut self, now: Timestamp) -> Option<Moment> {
        let received = self.take(Column::Received, self.cell(Column::Received).moment())?;
        let received = self.take(Column::Received, received.ok_or_else(required))?;
        if received.at > now.plus_seconds(AHEAD_MOST) {
            self.wrong(Column::Received, Invalid::new("in the future", "登记时间晚于现在"));
        }
        Some(received)
    }

    fn channel(&mut self) -> Given<Channel> {
        let word = self.word(Column::Channel);
        let known = |word: String| {
            let found = CHANNELS.iter().find(|(known, _)| word.contains(known));
            found.map(|(_, channel)| *channel)
        };
        // A word that is not known says nothing, rather than something else than before.
        word.and_then(known).into()
    }

    fn complainant(&mut self) -> Complainant {
        Complainant {
            name: self.fact(Column::Name, any_star, Line::parse),
            phone: self.fact(Column::Phone, any_star, Phone::parse),
            resident_id: self.fact(Column::ResidentId, any_star, ResidentId::parse),
            address: self.fact(Column::Address, all_stars, Address::parse),
            delivery_address: self.fact(Column::DeliveryAddress, all_stars, Address::parse),
            email: self.fact(Column::Email, any_star, Email::parse),
            payment_account: self.fact(Column::PaymentAccount, any_star, PaymentAccount::parse),
        }
    }

    fn respondent(&mut self) -> Respondent {
        let before = self.faults.len();
        let name = self.fact(Column::Shop, any_star, Line::parse);
        let premises = self.fact(Column::Premises, all_stars, Address::parse);
        if name.known().is_none() && premises.known().is_none() && self.faults.len() == before {
            let zh = "被投诉人名称与地址至少填写一项，脱敏内容不算";
            self.wrong(Column::Shop, Invalid::new("needs a name or premises; masked ones do not count", zh));
        }
        Respondent { name, credit_code: self.fact(Column::CreditCode, any_star, CreditCode::parse), premises }
    }

    fn part(&mut self, track: Track) -> Part {
        let before = self.faults.len();
        let text = self.fact(Column::Story, all_stars, Story::parse);
        if text.is_absent() && self.faults.len() == before {
            self.wrong(Column::Story, required());
        }
        Part {
            text,
            demands: match track {
                Track::Complaint => self.demands(),
                // A demand is a complaint's; what the platform shows beside a report is none.
                Track::Report => Given::Absent,
            },
            amount_fen: self.amount(),
            object_category: self.fact(Column::Object, all_stars, Line::parse),
            problem_category: self.fact(Column::Problem, all_stars, Line::parse),
            product: self.fact(Column::Product, all_stars, Line::parse),
            brand: self.fact(Column::Brand, all_stars, Line::parse),
            sales_mode: self.fact(Column::SalesMode, all_stars, Line::parse),
            platform: self.fact(Column::Platform, all_stars, Line::parse),
            order_number: self.fact(Column::OrderNumber, any_star, Line::parse),
            quantity: self.quantity(),
            occurred: self.take(Column::Occurred, self.cell(Column::Occurred).moment()).flatten().into(),
            place: self.fact(Column::Place, all_stars, Address::parse),
            attachments: Given::Absent,
        }
    }

    /// Several demands may be in one cell.
    fn demands(&mut self) -> Given<Vec<Line>> {
        let Some(text) = self.text(Column::Demands) else { return Given::Absent };
        if all_stars(&text) {
            return Given::Masked;
        }
        let split = |c| matches!(c, ',' | '，' | '、' | ';' | '；' | '|' | '\n');
        let filled = text.split(split).map(str::trim).filter(|demand| !is_blank(demand));
        let lines: Result<Vec<Line>, Invalid> = filled.map(Line::parse).collect();
        let too_many = || Invalid::new("too many demands", format!("诉求最多 {DEMANDS_MOST} 项"));
        let lines =
            lines.and_then(|lines| if lines.len() > DEMANDS_MOST { Err(too_many()) } else { Ok(lines) });
        match self.take(Column::Demands, lines) {
            Some(lines) if !lines.is_empty() => Given::Known(lines),
            _ => Given::Absent,
        }
    }

    fn amount(&mut self) -> Given<AmountFen> {
        if let Cell::Text(text) = self.cell(Column::Amount)
            && any_star(text)
        {
            return Given::Masked;
        }
        self.take(Column::Amount, self.cell(Column::Amount).amount()).flatten().into()
    }

    fn quantity(&mut self) -> Given<Quantity> {
        let bad = || Invalid::new("must be 1 to 1000000 pieces", "购买数量应在 1 至 1000000 之间");
        let count = self.cell(Column::Quantity).count().and_then(|count| match count {
            Some(pieces) if !(1..=1_000_000).contains(&pieces) => Err(bad()),
            count => Ok(count.map(Quantity)),
        });
        self.take(Column::Quantity, count).flatten().into()
    }
}

/// A registration number, whatever the width of its digits. One with a fraction or of a date is none.
fn number(cell: &Cell) -> Result<RegistrationNumber, Invalid> {
    let whole = match cell {
        Cell::Number(number) => number.fract() == 0.0,
        Cell::Date(_) => false,
        _ => true,
    };
    let text = cell.text()?.ok_or_else(required)?;
    let text: String = text.trim().nfkc().collect();
    RegistrationNumber::parse(if whole { &text } else { "" })
}

fn required() -> Invalid {
    Invalid::new("is blank; fill it in", "不能为空")
}

#[cfg(test)]
mod tests;
