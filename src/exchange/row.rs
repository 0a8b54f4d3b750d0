//! One row, taken apart: a submission of one part with its outcome, or everything that is wrong with it.

mod shifted;

use std::borrow::Cow;

use super::cell::{Cell, Kind, rounded};
use super::columns::Column;
use super::lists::Fault;
use super::outcome::{self, Times};
use super::sheet::{Row, Sheet};
use super::value::words::{self, KindOfRow};
use super::value::{amount, count, date, number};
use crate::domain::given::{Given, Rule};
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::mask::{all_stars, any_star};
use crate::domain::no_address::{is_no_address, tells_of_places};
use crate::domain::outcome::FileOutcome;
use crate::domain::person::{self, Complainant, OTHER_PHONES_MOST, Phone};
use crate::domain::placeholder::says_nothing;
use crate::domain::plain::{bare, is_blank};
use crate::domain::refusal::Differing;
use crate::domain::respondent::{self, Respondent};
use crate::domain::submission::{self, Channel, Part, Quantity, Submission};
use crate::domain::text::{AmountFen, Line, Story};
use crate::domain::time::{Moment, Timestamp};
use crate::domain::violation::Invalid;

/// A row that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The facts: a submission of one part.
    pub submission: Submission,
    /// What became of its file.
    pub outcome: FileOutcome,
    /// Cells that could not be read and are taken as blank: none of them costs a complaint.
    pub warnings: Vec<Fault>,
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

/// Demands taken from one row, as over gRPC.
const DEMANDS_MOST: usize = 10;
/// Clocks differ by so much, in seconds.
const AHEAD_MOST: i64 = 300;

/// A row while it is taken apart: its cells, and what was wrong with them so far.
pub(super) struct Reading<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    /// What it cannot be taken with.
    faults: Vec<Fault>,
    /// What is taken as blank.
    warnings: Vec<Fault>,
}

impl Sheet {
    /// Place of a row in the order in which rows are taken: receive time, then number. None when it has no such place:
    /// it cannot be taken then.
    pub fn place(&self, row: &Row) -> Option<(Timestamp, RegistrationNumber)> {
        if row.misfit.is_some() {
            return None;
        }
        let received = date::moment(self.cell(row, Column::Received)).ok().flatten()?;
        Some((received.at, self.number(row)?))
    }

    /// The latest time that any row reports of, up to `now`: as of when the export was made (截至), as far as it shows.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        let sound = self.rows().iter().filter(|row| row.misfit.is_none());
        let moments =
            |row| [Column::Received, Column::EndedAt].map(|column| date::moment(self.cell(row, column)));
        let times = sound.flat_map(moments).filter_map(|moment| Some(moment.ok().flatten()?.at));
        times.filter(|at| *at <= now).max().unwrap_or(now)
    }

    /// Rows from which a model may learn: ended, and marked by an officer, or refused because nothing was bought for living. As far as their words
    /// show; a row is taken apart when it is imported.
    pub fn labels(&self) -> usize {
        const REFUSED: &str = "生活消费";
        let words = [Column::FirstCheck, Column::Standing, Column::Reason];
        let teaches = |row: &&Row| {
            let is_marked =
                self.cell(row, Column::ImportedLabel).bare().is_some_and(|mark| !says_nothing(&mark));
            let refused =
                |column: &Column| self.cell(row, *column).bare().is_some_and(|word| word.contains(REFUSED));
            // A mark in an open row teaches nothing yet.
            let word = |column| self.cell(row, column).bare();
            let (first, standing) = (word(Column::FirstCheck), word(Column::Standing));
            let has_end = !matches!(self.cell(row, Column::EndedAt), Cell::Empty);
            row.misfit.is_none()
                && (is_marked || words.iter().any(refused))
                && outcome::has_ended(first.as_deref(), standing.as_deref(), has_end)
        };
        self.rows().iter().filter(teaches).count()
    }

    /// Takes a row apart.
    pub fn parse(&self, row: &Row, times: Times) -> Parsed {
        if let Some(misfit) = row.misfit.or_else(|| self.shifted(row)) {
            return Parsed::Faulty(vec![self.fault(
                row,
                misfit.column(),
                misfit.kind(),
                misfit.zh().to_owned(),
            )]);
        }
        let mut reading = Reading { sheet: self, row, faults: Vec::new(), warnings: Vec::new() };
        let track = match reading.kind() {
            Some(KindOfRow::File(track)) => track,
            Some(KindOfRow::Elsewhere(channel)) => return Parsed::Elsewhere(channel),
            None => Track::Complaint,
        };
        match reading.item(track, times) {
            Some((submission, outcome)) if reading.faults.is_empty() => {
                let warnings = reading.warnings.into_iter().map(Fault::taken_as_blank).collect();
                Parsed::Item(Box::new(Item { submission, outcome, warnings }))
            }
            _ => Parsed::Faulty([reading.faults, reading.warnings].concat()),
        }
    }

    /// The fault of a row whose facts differ from what is known under its number, by the fields' paths: both side by side,
    /// where no person can be read from them.
    pub fn differing(&self, row: &Row, fields: &[String], values: &[Option<(String, String)>]) -> Fault {
        let both = self.both(row, fields, values);
        let zh = format!("该登记编号已有记录，内容不一致：{both}；如属更正，请由登记系统用“补充”提交");
        self.fault(row, column_of(fields), Kind::Known, zh)
    }

    /// The same of a row whose outcome was taken all the same.
    pub fn ended_differing(&self, row: &Row, differing: &Differing) -> Fault {
        let Differing { fields, values } = differing;
        let both = self.both(row, fields, values);
        let zh = format!(
            "办理结果已登记；内容与已有记录不一致，未更改：{both}；如属更正，请由登记系统用“补充”提交"
        );
        self.fault(row, column_of(fields), Kind::Known, zh)
    }

    /// What is known and what a row says instead.
    fn both(&self, row: &Row, fields: &[String], values: &[Option<(String, String)>]) -> String {
        let both = fields.iter().zip(values).map(|(field, values)| {
            let title = self.title(row, Column::of_field(field));
            match values {
                Some((known, sent)) => format!("“{title}”已有记录为“{known}”，本文件为“{sent}”"),
                None => format!("“{title}”不同（不显示内容）"),
            }
        });
        both.collect::<Vec<_>>().join("；")
    }

    /// Said of a row whose outcome or mark was left aside, for a newer export says something else.
    pub fn stale(&self, row: &Row) -> Fault {
        let column = self.columns(row).iter().copied().find(|column| *column == Column::Standing);
        let zh = "本行的结果、标注或者处理机构与较新的导出文件不同，未采用（以较新的为准）；如本文件其实较新，请加 --as-of 导出日期再次导入";
        self.fault(row, column.unwrap_or(Column::Number), Kind::Known, zh.to_owned())
    }

    /// Said of a row that is open, though an earlier export told its end.
    pub fn open_again(&self, row: &Row) -> Fault {
        let column = self.columns(row).iter().copied().find(|column| *column == Column::Standing);
        let zh = "较早的导出文件中该件已办结，本文件中未办结：未采用，该件仍为已办结；请核对平台上该件的状态（原为不予受理、不予立案而已恢复办理的，由承办单位登记“自行纠正”）";
        self.fault(row, column.unwrap_or(Column::Number), Kind::Known, zh.to_owned())
    }

    /// The fault of a row that the ledger refused for another reason.
    pub fn refused(&self, row: &Row, zh: String) -> Fault {
        self.fault(row, Column::Number, Kind::Known, zh)
    }

    /// The registration number of a row, where it has one.
    pub fn number(&self, row: &Row) -> Option<RegistrationNumber> {
        number::number(self.cell(row, Column::Number)).ok()
    }

    fn fault(&self, row: &Row, column: Column, kind: Kind, reason_zh: String) -> Fault {
        Fault {
            row: row.number,
            number: self.number(row),
            column: self.title(row, column).to_owned(),
            kind,
            value: shown(self.cell(row, column), column),
            reason_zh,
        }
    }
}

/// The value of a cell, where no person can be read from it: dates, amounts and words of a list, and short.
fn shown(cell: &Cell, column: Column) -> Option<String> {
    const MOST: usize = 24;
    let text = cell.visible()?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_short = text.chars().count() <= MOST && !text.contains('\n');
    // A telephone number that stands in a wrong column is still somebody's.
    let is_plain = digits < 7 || matches!(column, Column::Received | Column::EndedAt | Column::Occurred);
    let is_number = text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 10);
    (column.is_impersonal() && is_short && is_plain && !is_number).then(|| text.into_owned())
}

impl<'a> Reading<'a> {
    pub(super) fn cell(&self, column: Column) -> &'a Cell {
        self.sheet.cell(self.row, column)
    }

    /// Notes that a row cannot be taken with a cell.
    pub(super) fn wrong(&mut self, column: Column, invalid: Invalid) {
        let kind = self.cell(column).kind();
        self.faults.push(self.sheet.fault(self.row, column, kind, invalid.zh));
    }

    /// Notes that a cell is taken as blank.
    pub(super) fn doubt(&mut self, column: Column, invalid: Invalid) {
        let kind = self.cell(column).kind();
        self.warnings.push(self.sheet.fault(self.row, column, kind, invalid.zh));
    }

    /// Takes a parsed value that a row must have, or notes why there is none.
    fn must<T>(&mut self, column: Column, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.wrong(column, invalid)).ok()
    }

    /// Takes a parsed value, or notes that the cell is taken as blank.
    pub(super) fn take<T>(&mut self, column: Column, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.doubt(column, invalid)).ok()
    }

    /// The text of a cell; none when it is empty or unreadable.
    pub(super) fn text(&mut self, column: Column) -> Option<String> {
        let text = self.cell(column).text();
        self.take(column, text).flatten().map(|text| text.trim().to_owned())
    }

    /// A word of a cell, in its normal form but for case, and as the clerk has explained it.
    pub(super) fn word(&mut self, column: Column) -> Option<String> {
        let text = self.text(column).filter(|text| !says_nothing(text))?;
        Some(words::translated(self.sheet.mapping.words(column), bare(&text)).into_owned())
    }

    /// A point in time that may be absent or masked.
    pub(super) fn moment(&mut self, column: Column) -> Given<Moment> {
        match self.cell(column) {
            Cell::Text(text) if says_nothing(text) => Given::Absent,
            Cell::Text(text) if any_star(text) => Given::Masked,
            cell => self.take(column, date::moment(cell)).flatten().into(),
        }
    }

    /// An amount that may be absent or masked.
    pub(super) fn amount(&mut self, column: Column) -> Given<AmountFen> {
        match self.cell(column) {
            Cell::Text(text) if says_nothing(text) => Given::Absent,
            Cell::Text(text) if any_star(text) && !amount::is_product(text) => Given::Masked,
            cell => {
                self.take(column, amount::amount(cell, self.sheet.unit(self.row, column))).flatten().into()
            }
        }
    }

    /// One fact that may be absent or masked.
    pub(super) fn fact<T>(&mut self, column: Column, rule: &Rule<T>) -> Given<T> {
        let text = self.text(column);
        self.take(column, rule.read(text.as_deref())).unwrap_or_default()
    }

    /// A long number that links. One that a spreadsheet has rewritten is another's.
    fn long_number<T>(&mut self, column: Column, rule: &Rule<T>) -> Given<T> {
        if number::is_rewritten(self.cell(column)) {
            self.doubt(column, rounded());
            return Given::Absent;
        }
        self.fact(column, rule)
    }

    /// An address. A spreadsheet makes a date of a house number (3-2), and its serial number of that: neither is a place.
    fn address<T>(&mut self, column: Column, rule: &Rule<T>) -> Given<T> {
        let cell = self.cell(column);
        let is_number =
            matches!(cell, Cell::Number(_)) || cell.bare().is_some_and(|text| text.parse::<f64>().is_ok());
        let was_date = matches!(cell, Cell::Date(_))
            || matches!(date::moment(cell), Ok(Some(_)))
            || cell.bare().is_some_and(|text| date::is_day_of_a_year(&text));
        if was_date || is_number {
            let zh = "不是地址（可能是门牌号被 Excel 变成了日期或数字，如 46082）";
            self.doubt(column, Invalid::new("a date or a number, not an address", zh));
            return Given::Absent;
        }
        let text = cell.visible();
        let is_junk = |text: &str| !says_nothing(text) && is_no_address(text);
        if let Some(text) = text.filter(|text| is_junk(text) || tells_of_places(text)) {
            let (en, zh) = if is_junk(&text) {
                ("no place is named", "不是地址（没有地名，如电话、“,null”或者只有门牌），不用于分送和关联")
            } else {
                ("a sentence, not an address", "是说明位置的话，不是地址，不用于分送和关联；请只填写地址")
            };
            self.doubt(column, Invalid::new(en, zh));
            return Given::Absent;
        }
        self.fact(column, rule)
    }

    /// What the row is; none when its words do not tell, which it then says.
    fn kind(&mut self) -> Option<KindOfRow> {
        let word = self.word(Column::Kind);
        if let (None, Some(track)) = (&word, self.sheet.mapping.kind()) {
            return Some(KindOfRow::File(track));
        }
        let word = word.unwrap_or_default();
        let found = words::kind(&word);
        if found.is_none() {
            let zh = if words::is_both(&word) {
                "类型同时写有投诉和举报：请分为两行，一行投诉、一行举报（可用同一登记编号）"
            } else if word.is_empty() {
                "不能为空：请填“投诉”“举报”或者“咨询”"
            } else {
                "类型应为“投诉”“举报”或者“咨询”：建议、求助、表扬等不按投诉举报程序办理的，请改为“咨询”（另行列出、告知途径）或者从文件中删去；内容其实是投诉、举报的，请按内容改为“投诉”或者“举报”"
            };
            self.wrong(Column::Kind, Invalid::new("a row is a complaint, a report or a consultation", zh));
        }
        found
    }

    fn item(&mut self, track: Track, times: Times) -> Option<(Submission, FileOutcome)> {
        let number = self.must(Column::Number, number::number(self.cell(Column::Number)));
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
        Some((submission, outcome))
    }

    fn received(&mut self, now: Timestamp) -> Option<Moment> {
        let received = self.must(Column::Received, date::moment(self.cell(Column::Received)))?;
        let received = self.must(Column::Received, received.ok_or_else(required))?;
        if received.at > now.plus_seconds(AHEAD_MOST) {
            self.wrong(Column::Received, Invalid::new("in the future", "登记时间晚于现在"));
        }
        Some(received)
    }

    fn channel(&mut self) -> Given<Channel> {
        // A word that is not known says nothing, rather than something else than before.
        self.word(Column::Channel).and_then(|word| words::channel(&word)).into()
    }

    fn complainant(&mut self) -> Complainant {
        let (phone, other_phones) = self.phones();
        Complainant {
            name: self.fact(Column::Name, &person::NAME),
            phone,
            other_phones,
            resident_id: self.long_number(Column::ResidentId, &person::RESIDENT_ID),
            address: self.address(Column::Address, &person::ADDRESS),
            delivery_address: self.address(Column::DeliveryAddress, &person::ADDRESS),
            email: self.fact(Column::Email, &person::EMAIL),
            payment_account: self.fact(Column::PaymentAccount, &person::PAYMENT_ACCOUNT),
        }
    }

    /// The numbers of the cell: the first, and those beside it. That there are more than are kept is said.
    fn phones(&mut self) -> (Given<Phone>, Given<Vec<Phone>>) {
        if number::is_rewritten(self.cell(Column::Phone)) {
            self.doubt(Column::Phone, rounded());
            return (Given::Absent, Given::Absent);
        }
        let text = self.text(Column::Phone);
        let phone = self.take(Column::Phone, person::PHONE.read(text.as_deref())).unwrap_or_default();
        if phone.known().is_some_and(Phone::is_miscounted) {
            let zh = "手机号码应为 11 位，这里少一位或者多一位；已按所填保存，请核对";
            self.doubt(Column::Phone, Invalid::new("a mobile number has eleven digits", zh));
        }
        let mut others = text.map(|text| Phone::others_in(&text)).unwrap_or_default();
        if phone.known().is_none() || others.is_empty() {
            return (phone, Given::Absent);
        }
        if others.len() > OTHER_PHONES_MOST {
            others.truncate(OTHER_PHONES_MOST);
            let zh = "一格中有三个以上的号码，只保留前三个";
            self.doubt(Column::Phone, Invalid::new("more than three numbers", zh));
        }
        (phone, Given::Known(others))
    }

    fn respondent(&mut self) -> Respondent {
        let name = self.fact(Column::Shop, &respondent::NAME);
        let premises = self.address(Column::Premises, &respondent::PREMISES);
        if name.known().is_none() && premises.known().is_none() {
            let zh = "被投诉人名称与地址至少填写一项，脱敏内容不算";
            self.wrong(Column::Shop, Invalid::new("needs a name or premises; masked ones do not count", zh));
        }
        Respondent { name, credit_code: self.fact(Column::CreditCode, &respondent::CREDIT_CODE), premises }
    }

    fn part(&mut self, track: Track) -> Part {
        let text = self.cell(Column::Story).text().map(|text| text.map(|text| self.shortened(text)));
        let text = self.must(Column::Story, text.and_then(|text| submission::STORY.read(text.as_deref())));
        let is_ditto = self.cell(Column::Story).visible().is_some_and(|text| is_ditto(&text));
        if text.as_ref().is_some_and(|text| is_ditto || text.is_absent()) {
            self.wrong(Column::Story, required());
        }
        Part {
            text: text.unwrap_or_default(),
            demands: match track {
                Track::Complaint => self.demands(),
                // A demand is a complaint's; what the platform shows beside a report is none.
                Track::Report => Given::Absent,
            },
            amount_fen: self.amount(Column::Amount),
            object_category: self.fact(Column::Object, &submission::LINE),
            problem_category: self.fact(Column::Problem, &submission::LINE),
            product: self.fact(Column::Product, &submission::LINE),
            brand: self.fact(Column::Brand, &submission::LINE),
            sales_mode: self.fact(Column::SalesMode, &submission::LINE),
            platform: self.fact(Column::Platform, &submission::LINE),
            order_number: self.long_number(Column::OrderNumber, &submission::ORDER_NUMBER),
            quantity: self.quantity(),
            occurred: self.moment(Column::Occurred),
            place: self.address(Column::Place, &submission::PLACE),
            attachments: Given::Absent,
        }
    }

    /// Several demands may be in one cell.
    /// A story that is longer than is kept: its beginning is, for the complaint is in time whatever its length.
    fn shortened<'t>(&mut self, text: Cow<'t, str>) -> Cow<'t, str> {
        let Some((end, _)) = text.char_indices().nth(Story::MOST) else { return text };
        let zh = format!("超过 {} 字，只保存了前 {} 字；请将全文另行附卷", Story::MOST, Story::MOST);
        self.doubt(Column::Story, Invalid::new("longer than is kept; its beginning was", zh));
        Cow::Owned(text[..end].to_owned())
    }

    fn demands(&mut self) -> Given<Vec<Line>> {
        let Some(text) = self.text(Column::Demands) else { return Given::Absent };
        if all_stars(&text) {
            return Given::Masked;
        }
        let split = |c| matches!(c, ',' | '，' | '、' | ';' | '；' | '|' | '\n');
        let filled =
            text.split(split).map(str::trim).filter(|demand| !is_blank(demand) && !says_nothing(demand));
        let lines: Result<Vec<Line>, Invalid> = filled.map(Line::parse).collect();
        let too_many = || Invalid::new("too many demands", format!("诉求最多 {DEMANDS_MOST} 项"));
        let lines =
            lines.and_then(|lines| if lines.len() > DEMANDS_MOST { Err(too_many()) } else { Ok(lines) });
        match self.take(Column::Demands, lines) {
            Some(lines) if !lines.is_empty() => Given::Known(lines),
            _ => Given::Absent,
        }
    }

    fn quantity(&mut self) -> Given<Quantity> {
        match self.cell(Column::Quantity) {
            Cell::Text(text) if says_nothing(text) => Given::Absent,
            Cell::Text(text) if any_star(text) => Given::Masked,
            cell => self.take(Column::Quantity, count::pieces(cell)).flatten().into(),
        }
    }
}

/// Whether a cell refers to the one above it, which it may not stand under any more.
fn is_ditto(text: &str) -> bool {
    matches!(text.trim(), "同上" | "同前" | "如上" | "〃" | "″")
}

fn required() -> Invalid {
    Invalid::new("is blank; fill it in", "不能为空")
}

/// The column of the first of some fields.
fn column_of(fields: &[String]) -> Column {
    fields.first().map_or(Column::Number, |field| Column::of_field(field))
}

#[cfg(test)]
mod tests;
