//! What the officers did with it (办理): first check, decision, outcome, and the mark they left or forgot.

use std::collections::BTreeMap;

use crate::domain::deadline::Law;
use crate::domain::time::{Day, Timestamp};
use crate::statute::{RuleSet, Transition};

use super::dice::Dice;
use super::item::{Channel, Draft, Track};
use super::place::District;
use super::rhythm::plus_weekdays;
use super::stage::Stage;

/// The columns that come after the item itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Handling {
    /// 初查受理状态
    pub(super) check: &'static str,
    /// 不予受理原因
    pub(super) reason: &'static str,
    /// 办理情况状态
    pub(super) status: &'static str,
    /// 处理机构
    pub(super) unit: String,
    /// 办结时间
    pub(super) closed: Option<Timestamp>,
    /// 挽回经济损失, yuan
    pub(super) recovered: Option<f64>,
    /// 疑似职业索赔
    pub(super) mark: &'static str,
}

/// The last days before an export are open: nothing in them is decided for good.
const OPEN_DAYS: i32 = 15;
const NOT_A_CONSUMER: &str = "不是为生活消费需要购买、使用商品或者接受服务";
const OTHER_REASONS: [(f64, &str); 5] = [
    (34.0, "不属于市场监督管理部门职责或者本机关没有处理权限"),
    (26.0, "法院、仲裁机构、市场监督管理部门或者其他组织已经受理或者处理过同一消费者权益争议"),
    (22.0, "未提供规定的投诉材料"),
    (6.0, "超过三年"),
    (12.0, "其他"),
];

/// Whether an item stands under Order 121, with its Art. 16(3) and 17.
fn is_under_order_121(draft: &Draft) -> bool {
    RuleSet::governing(draft.day, draft.day, Transition::default()).law == Law::Order121
}

/// Officers at work, with what they remember of people.
pub(super) struct Officers {
    dice: Dice,
    seen: BTreeMap<u32, u32>,
    last: Day,
}

impl Officers {
    pub(super) fn new(seed: u64, last: Day) -> Self {
        Self { dice: Dice::new(seed, 2), seen: BTreeMap::new(), last }
    }

    /// Handles an item; items come in the order of their receipt.
    pub(super) fn handle(&mut self, draft: &Draft, stage: &Stage) -> Handling {
        let times = self.seen.entry(draft.agent).and_modify(|times| *times += 1).or_insert(1);
        let times = *times;
        let mut handling = match draft.track {
            Track::Complaint => self.complaint(draft, times),
            Track::Report => self.report(draft),
            Track::Inquiry => Handling { check: "", status: "已办结", ..Handling::default() },
        };
        if draft.track == Track::Inquiry && !self.too_fresh(draft) {
            handling.closed = Some(self.at_work(draft.day, draft));
        } else if draft.track == Track::Inquiry {
            handling.status = "办理中";
        }
        if handling.status != "待受理" {
            handling.unit = self.unit(draft, stage);
        }
        handling
    }

    fn too_fresh(&self, draft: &Draft) -> bool {
        self.last.0 - draft.day.0 < OPEN_DAYS
    }

    /// A time in office hours of a day, after receipt.
    fn at_work(&mut self, day: Day, draft: &Draft) -> Timestamp {
        let morning = if self.dice.chance(0.5) { 9 } else { 14 };
        let at = day.start().plus_seconds(morning * 3600 + self.dice.range(0, 3 * 3600));
        at.max(draft.received().plus_seconds(self.dice.range(600, 7200)))
    }

    fn complaint(&mut self, draft: &Draft, times: u32) -> Handling {
        let suspects = self.suspects(draft, times);
        let checked = plus_weekdays(draft.day, self.dice.range(1, 7));
        let mut handling = Handling::default();
        let refuses = self.refusal(draft, suspects);
        if self.too_fresh(draft) {
            (handling.check, handling.status) =
                if checked > self.last { ("待核查", "待受理") } else { ("已受理", "办理中") };
        } else if let Some(reason) = refuses.filter(|_| checked <= self.last) {
            (handling.check, handling.status, handling.reason) = ("不予受理", "不予受理", reason);
            handling.closed = Some(self.at_work(checked, draft));
            handling.recovered = Some(0.0);
        } else {
            let days = self.dice.around(16.0, 0.75).min(if is_under_order_121(draft) { 60.0 } else { 64.0 });
            let closed = Day(checked.0 + i32::try_from(super::dice::whole(days)).unwrap_or(0));
            (handling.check, handling.status) = ("已受理", "办理中");
            if closed <= self.last {
                handling.status = "已办结";
                handling.closed = Some(self.at_work(closed, draft));
                handling.recovered = Some(self.recovered(draft));
            }
        }
        handling.mark = self.mark(suspects, &handling);
        handling
    }

    /// What the officer thinks, right or wrong: a claimant is known better the more often they came.
    fn suspects(&mut self, draft: &Draft, times: u32) -> bool {
        let probability = match (draft.kind.is_professional(), times) {
            (true, 1) => 0.84,
            (true, 2) => 0.92,
            (true, _) => 0.975,
            (false, 1..=3) => match draft.kind {
                super::item::Kind::Literate | super::item::Kind::Lawful => 0.07,
                super::item::Kind::BulkBuyer => 0.06,
                super::item::Kind::Visitor | super::item::Kind::SharedPhone => 0.04,
                _ => 0.016,
            },
            (false, _) => 0.04,
        };
        self.dice.chance(probability)
    }

    fn refusal(&mut self, draft: &Draft, suspects: bool) -> Option<&'static str> {
        let not_a_consumer = match (suspects, is_under_order_121(draft)) {
            (true, true) => 0.56,
            (true, false) => 0.13,
            (false, _) => 0.003,
        };
        if self.dice.chance(not_a_consumer) {
            return Some(NOT_A_CONSUMER);
        }
        self.dice.chance(0.1).then(|| self.dice.choose(&OTHER_REASONS))
    }

    fn recovered(&mut self, draft: &Draft) -> f64 {
        let settles = if draft.kind.is_professional() { 0.34 } else { 0.62 };
        let Some(amount) = draft.amount.filter(|_| self.dice.chance(settles)) else { return 0.0 };
        let part = if self.dice.chance(0.7) { 1.0 } else { 0.2 + 0.7 * self.dice.unit() };
        let extra =
            if draft.text.contains('赔') && self.dice.chance(0.4) { self.dice.range(1, 10) * 50 } else { 0 };
        (amount * part * 10.0).round() / 10.0 + extra as f64
    }

    /// Open files are rarely marked; of the closed ones about a quarter was forgotten.
    fn mark(&mut self, suspects: bool, handling: &Handling) -> &'static str {
        let blank = match (handling.status, suspects) {
            ("待受理", _) => 0.96,
            ("办理中", _) => 0.72,
            ("不予受理", true) => 0.04,
            (_, true) => 0.22,
            (_, false) => 0.31,
        };
        match (self.dice.chance(blank), suspects) {
            (true, _) => "",
            (false, true) => "是",
            (false, false) => "否",
        }
    }

    fn report(&mut self, draft: &Draft) -> Handling {
        let allowed = if self.dice.chance(0.25) { 30 } else { 15 };
        let decided = plus_weekdays(draft.day, self.dice.range(4, allowed));
        let mut handling = Handling { check: "核查中", status: "办理中", ..Handling::default() };
        if decided > self.last || self.too_fresh(draft) {
            return handling;
        }
        if self.dice.chance(draft.kind.substantiated()) {
            handling.check = "立案";
            let closed =
                Day(decided.0 + i32::try_from(super::dice::whole(self.dice.around(50.0, 0.5))).unwrap_or(0));
            if closed <= self.last {
                handling.status = "已办结";
                handling.closed = Some(self.at_work(closed, draft));
                handling.recovered = Some(0.0);
            }
        } else {
            (handling.check, handling.status) = ("不予立案", "已办结");
            handling.closed = Some(self.at_work(decided, draft));
            handling.recovered = Some(0.0);
        }
        handling
    }

    /// The unit that handled it, as the export names it: the bureau, a station, a division.
    fn unit(&mut self, draft: &Draft, stage: &Stage) -> String {
        let bureau = || "包头市昆都仑区市场监督管理局".to_owned();
        if draft.track == Track::Inquiry || self.dice.chance(0.3) {
            return bureau();
        }
        let district = &stage.district;
        let track = if draft.track == Track::Report { "report" } else { "complaint" };
        if let Some(division) = district.division(track, &draft.object, &draft.problem) {
            return district.unit_name(division).map_or_else(bureau, str::to_owned);
        }
        let area = district.subdistrict(stage.operators.shops[draft.shop].premises);
        let Some(area) = area.filter(|_| draft.channel != Channel::Letter || self.dice.chance(0.8)) else {
            return bureau();
        };
        let alternate = area.alternates.get(self.dice.index(area.alternates.len().max(1)));
        let id = alternate.filter(|_| self.dice.chance(0.18)).unwrap_or(&area.station);
        district.unit_name(id).map_or_else(bureau, str::to_owned)
    }
}

/// The unit when the bureau file leaves one only: the line's division, or the one competent station.
pub(super) fn expected_unit(draft: &Draft, stage: &Stage) -> String {
    let district = &stage.district;
    let track = match draft.track {
        Track::Complaint => "complaint",
        Track::Report => "report",
        Track::Inquiry => return String::new(),
    };
    if let Some(division) = district.division(track, &draft.object, &draft.problem) {
        return division.to_owned();
    }
    let area = District::subdistrict(district, stage.operators.shops[draft.shop].premises);
    area.filter(|area| area.alternates.is_empty()).map(|area| area.station.clone()).unwrap_or_default()
}
