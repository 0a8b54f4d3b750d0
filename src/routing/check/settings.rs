//! Settings, capacities, policies and efforts: what a bureau says of how its files are sent.

use std::collections::HashSet;

use super::Checker;
use crate::domain::account::Separation;
use crate::domain::decision::{Floors, POINTERS_MOST};
use crate::domain::ids::{Track, UnitId};
use crate::domain::plain::is_blank;
use crate::domain::text::Line;
use crate::routing::bureau::{CaseClock, Retention, Settings, Unit, UnitKind};
use crate::routing::effort::EffortRow;
use crate::routing::policy::{Mode, Policy};
use crate::routing::rows::{
    At, CapacityRow, EffortTableRow, FloorsRow, PolicyRow, RetentionRow, SettingsRow,
};
use crate::routing::scope::Scope;
use crate::statute::life::Act;
use crate::statute::{Art45, OfficeHours, Transition, Year, YearRow};

/// Whether a scope must ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// A row that holds for every file is a mistake.
    Something,
    /// It is not.
    Nothing,
}

/// Work units at most of a capacity or a load: more is a typing mistake.
const MOST_WORK_UNITS: f64 = 1_000_000.0;

/// Years that files are kept: within one, a decision may still be challenged.
const YEARS_KEPT: std::ops::RangeInclusive<u8> = 1..=100;

impl Checker<'_> {
    pub(super) fn settings(&mut self, row: &SettingsRow) -> Option<Settings> {
        let at = At::table("settings");
        self.bands(&at, row);
        let floors = self.floors(&row.floors);
        for (key, value, range, text) in [
            ("lease_minutes", row.lease_minutes, 1..=240, "领取时限应在 1 至 240 分钟之间"),
            ("horizon_days", i64::from(row.horizon_days), 1..=60, "负荷期应在 1 至 60 个工作日之间"),
            ("long_absence_days", row.long_absence_days, 1..=365, "应在 1 至 365 天之间"),
            ("ramp_days", row.ramp_days, 0..=60, "应在 0（不渐进）至 60 天之间"),
            ("bundle_from", row.bundle_from, 1..=1_000, "应在 1 至 1000 件之间"),
            ("bundle_most", row.bundle_most, 1..=100_000, "应在 1 至 100000 件之间"),
            ("bundle_percent", row.bundle_percent, 1..=100, "应在 1 至 100 之间"),
            ("warn_hours", i64::from(row.warn_hours), 1..=400, "应在 1 至 400 个工作小时之间"),
            ("escalate_hours", i64::from(row.escalate_hours), 1..=400, "应在 1 至 400 个工作小时之间"),
            (
                "review_reply_days",
                row.review_reply_days.map_or(1, i64::from),
                1..=365,
                "应在 1 至 365 天之间",
            ),
        ] {
            if !range.contains(&value) {
                self.mistakes.add(&at, key, text);
            }
        }
        if row.warn_hours >= row.escalate_hours {
            self.mistakes.add(&at, "escalate_hours", "应大于 warn_hours；请调整两个时限");
        }
        let (office_hours, art45, transition) = self.readings(&at, row);
        let (approval, case_clock) = self.procedure(&at, row);
        let separation = self.separation(&at, row);
        let affinity = self.load(&at, "affinity_work_units", row.affinity_work_units);
        Some(Settings {
            lease_seconds: row.lease_minutes.saturating_mul(60),
            bands: (row.band_medium, row.band_high),
            floors,
            horizon_days: row.horizon_days,
            long_absence_days: row.long_absence_days,
            ramp_days: row.ramp_days,
            bundle_from: row.bundle_from,
            bundle_most: row.bundle_most,
            bundle_percent: row.bundle_percent,
            affinity_centiunits: affinity?,
            warn_minutes: row.warn_hours.saturating_mul(60),
            escalate_minutes: row.escalate_hours.saturating_mul(60),
            office_hours: office_hours?,
            art45: art45?,
            transition: transition?,
            review_reply_days: row.review_reply_days,
            approval,
            case_clock: case_clock?,
            separation: separation?,
            unit_accounts_name_officers: row.unit_accounts_name_officers,
            retention: row.retention.as_ref().and_then(|row| self.retention(row)),
            review_authority: Some(row.review_authority.trim().to_owned()).filter(|name| !is_blank(name)),
        })
    }

    /// Where the bands begin.
    fn bands(&mut self, at: &At, row: &SettingsRow) {
        for (key, value) in [("band_medium", row.band_medium), ("band_high", row.band_high)] {
            if !(value > 0.0 && value < 1.0) {
                self.mistakes.add(at, key, "分档界限是概率，应大于 0、小于 1");
            }
        }
        if row.band_medium >= row.band_high {
            self.mistakes.add(at, "band_high", "应大于 band_medium；请调整两个界限");
        }
    }

    /// For how long files are kept, and who says so: nobody sets that without a document.
    fn retention(&mut self, row: &RetentionRow) -> Option<Retention> {
        let at = At::table("settings.retention");
        let mut years = |key, years: Option<i64>| {
            let fits =
                years.and_then(|years| u8::try_from(years).ok()).filter(|years| YEARS_KEPT.contains(years));
            if years.is_some() && fits.is_none() {
                let text = "应在 1 至 100 年之间：短于一年的，复议、诉讼期限未满";
                self.mistakes.add(&at, key, text);
            }
            fits
        };
        let complaint_years = years("complaint_years", row.complaint_years);
        let report_years = years("report_years", row.report_years);
        if row.complaint_years.or(row.report_years).is_none() {
            self.mistakes.add(&at, "", "没有期限；请填写 complaint_years 或 report_years，或者删除该表");
        }
        let basis = Line::parse(&row.basis);
        let basis = basis.map_err(|_| {
            self.mistakes.add(&at, "basis", "必须写明依据的文件名称（如档案保管期限表），清除后在各处显示");
        });
        let daily_at = Some(row.daily_at.trim()).filter(|text| !text.is_empty()).map(minute_of_day);
        if daily_at == Some(None) {
            self.mistakes.add(
                &at,
                "daily_at",
                "应为每天清除的时刻，如 02:30；不填则只由管理员执行 triage purge",
            );
        }
        Some(Retention { complaint_years, report_years, basis: basis.ok()?, daily_at: daily_at.flatten() })
    }

    /// Which roles one person may have together.
    fn separation(&mut self, at: &At, row: &SettingsRow) -> Option<Separation> {
        let separation = match row.separation.as_str() {
            "small" => Some(Separation::Small),
            "district" => Some(Separation::District),
            "city" => Some(Separation::City),
            _ => None,
        };
        if separation.is_none() {
            self.mistakes.add(at, "separation", "应为 small（小局）、district（区县）或 city（设区的市）");
        }
        separation
    }

    /// What the bureau has approved, and where cases have their term.
    fn procedure(&mut self, at: &At, row: &SettingsRow) -> (Vec<Act>, Option<CaseClock>) {
        let mut approval = Vec::new();
        for word in &row.approval {
            match word.as_str() {
                "refuse" => approval.push(Act::Refuse),
                "file" => approval.push(Act::File),
                "not_file" => approval.push(Act::NotFile),
                _ => {
                    let text = "应为 refuse（不予受理）、file（立案）、not_file（不予立案）中的一项或者几项";
                    self.mistakes.add(at, "approval", text);
                }
            }
        }
        let case_clock = match row.case_clock.as_str() {
            "platform" => Some(CaseClock::Platform),
            "here" => Some(CaseClock::Here),
            _ => None,
        };
        if case_clock.is_none() {
            let text = "应为 platform（由执法办案平台计时）或 here（在本系统计时，九十日）";
            self.mistakes.add(at, "case_clock", text);
        }
        (approval, case_clock)
    }

    /// What is strong enough for band High, with who says so: a floor that the law does not have needs an author.
    fn floors(&mut self, row: &FloorsRow) -> Floors {
        let at = At::table("settings.floors");
        for (key, value, least) in [
            ("quantity", row.quantity, 3.0),
            ("purchases", row.purchases, 4.0),
            ("repetition", row.repetition, 3.0),
            ("claims", row.claims, 3.0),
            ("names", row.names, 2.0),
        ] {
            if !(value >= least && value <= 1_000.0) {
                self.mistakes.add(&at, key, format!("应在 {least} 至 1000 之间：更少不能称为大量"));
            }
        }
        if !(row.pointers_most > 0.0 && row.pointers_most <= POINTERS_MOST) {
            self.mistakes.add(&at, "pointers_most", "应大于 0、不超过 0.6");
        }
        for (key, text) in [("author", &row.author), ("authority", &row.authority), ("date", &row.date)] {
            if is_blank(text) {
                self.mistakes.add(
                    &at,
                    key,
                    "必须写明界限由谁、依据什么（市级以上规定或者内部参考）、何时制定",
                );
            }
        }
        Floors {
            quantity: row.quantity,
            purchases: row.purchases,
            repetition: row.repetition,
            claims: row.claims,
            names: row.names,
            pointers_most: row.pointers_most,
            author: row.author.clone(),
            authority: row.authority.clone(),
            date: row.date.clone(),
        }
    }

    /// How the law is read: hours of a working day, the end of a term, the rules of what was open when they changed.
    fn readings(
        &mut self,
        at: &At,
        row: &SettingsRow,
    ) -> (Option<OfficeHours>, Option<Art45>, Option<Transition>) {
        let hours = OfficeHours::parse(&row.office_hours);
        let office_hours = hours.map_err(|invalid| self.mistakes.add(at, "office_hours", invalid.zh)).ok();
        let art45 = match row.art45.as_str() {
            "statutory" => Some(Art45::Statutory),
            "block" => Some(Art45::Block),
            "any_rest_day" => Some(Art45::AnyRestDay),
            _ => None,
        };
        if art45.is_none() {
            let text = "应为 statutory（只有法定节假日顺延）、block（整个放假日顺延）或 any_rest_day（任何休息日顺延）";
            self.mistakes.add(at, "art45", text);
        }
        let transition = match row.transition.as_str() {
            "by_receive_date" => Some(Transition::ByReceiveDate),
            "new_from_effective_date" => Some(Transition::NewFromEffectiveDate),
            _ => None,
        };
        if transition.is_none() {
            let text =
                "应为 by_receive_date（依接收日的规定）或 new_from_effective_date（新规定施行后依新规定）";
            self.mistakes.add(at, "transition", text);
        }
        (office_hours, art45, transition)
    }

    /// Days off and make-up days of years that this program does not know, or knows otherwise.
    pub(super) fn years(&mut self, rows: Vec<YearRow>) -> Vec<Year> {
        let mut seen = HashSet::new();
        let mut years = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry("year", index, &row.year.to_string());
            self.distinct(&mut seen, &at, "year", &row.year.to_string());
            match row.check() {
                Ok(year) => years.push(year),
                Err(mistakes) => {
                    for wrong in mistakes {
                        self.mistakes.add(&at, wrong.key, wrong.text);
                    }
                }
            }
        }
        years
    }

    /// Work units to hundredths by way of their decimal digits: nothing is rounded on the way.
    pub(super) fn centiunits(&mut self, at: &At, key: &str, units: f64) -> Option<i64> {
        let found = exact(units).filter(|found| (1..=10_000).contains(found));
        if found.is_none() {
            self.mistakes.add(at, key, "工作量应在 0.01 至 100 之间，最多两位小数");
        }
        found
    }

    /// A load or a capacity in work units, to hundredths.
    fn load(&mut self, at: &At, key: &str, units: f64) -> Option<i64> {
        let found = exact(units).filter(|_| (0.0..=MOST_WORK_UNITS).contains(&units));
        if found.is_none() {
            self.mistakes.add(at, key, "应在 0 至 1000000 个工作量之间，最多两位小数");
        }
        found
    }

    pub(super) fn capacities(&mut self, at: &At, row: &CapacityRow) -> Vec<(Track, i64)> {
        [(Track::Complaint, row.complaint), (Track::Report, row.report)]
            .into_iter()
            .filter_map(|(track, units)| Some((track, self.load(at, "capacity", units?)?)))
            .collect()
    }

    pub(super) fn scope(
        &mut self,
        at: &At,
        tracks: Option<Vec<String>>,
        [object_words, problem_words]: [Vec<String>; 2],
        asks: Asks,
    ) -> Scope {
        let words = [&object_words, &problem_words];
        if asks == Asks::Something && words.iter().all(|words| words.is_empty()) {
            let text = "没有条件；请填写 object_category_contains 或 problem_category_contains";
            self.mistakes.add(at, "", text);
        }
        if words.iter().any(|words| words.iter().any(|word| is_blank(word))) {
            self.mistakes.add(at, "", "条件中有空白的词；请删除或填写");
        }
        Scope { tracks: self.tracks(at, tracks), object_words, problem_words }
    }

    pub(super) fn efforts(&mut self, rows: Vec<EffortTableRow>) -> Vec<EffortRow> {
        let mut efforts = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry("effort", index, &row.name);
            self.name(&at, &row.name);
            let words = [row.object_category_contains, row.problem_category_contains];
            let scope = self.scope(&at, row.tracks, words, Asks::Something);
            let centiunits = self.centiunits(&at, "work_units", row.work_units);
            efforts.extend(centiunits.map(|centiunits| EffortRow { scope, centiunits }));
        }
        efforts
    }

    pub(super) fn policies(&mut self, units: &[Unit], rows: Vec<PolicyRow>) -> Vec<Policy> {
        let mut policies = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let at = At::entry("policy", index, &row.name);
            let name = self.name(&at, &row.name);
            let mode = self.mode(&at, units, &row);
            // Which unit handles what is for somebody to have decided, not for whoever writes this file (Art. 30).
            if is_blank(&row.authorised_by) {
                self.mistakes.add(&at, "authorised_by", "必须写明依据的文件名称");
            }
            let words = [row.object_category_contains, row.problem_category_contains];
            let scope = self.scope(&at, row.tracks, words, Asks::Nothing);
            if let (Some(name), Some(mode)) = (name, mode) {
                policies.push(Policy { name, scope, mode, authorised_by: row.authorised_by });
            }
        }
        policies
    }

    fn mode(&mut self, at: &At, units: &[Unit], row: &PolicyRow) -> Option<Mode> {
        let above = row.above.map(|above| self.load(at, "above", above));
        let needs_above = matches!(row.mode.as_str(), "territory" | "pool");
        if needs_above && above.is_none() {
            self.mistakes.add(at, "above", "请填写人均工作量界限：超过后才分送其他单位");
        }
        if row.mode != "pool" && !row.pool.is_empty() {
            self.mistakes.add(at, "pool", "只有 mode = \"pool\"（专班）才填写 pool；请删除");
        }
        match row.mode.as_str() {
            "balanced" => {
                if above.is_some() {
                    self.mistakes.add(at, "above", "均衡分送没有界限；请删除 above");
                }
                Some(Mode::Balanced)
            }
            "territory" => Some(Mode::Territory { above: above?? }),
            "pool" => {
                let service =
                    self.unit(at, "pool", &row.pool, None).and_then(|service| units.get(service))?;
                if service.kind == UnitKind::Reception || !service.works_on(Track::Complaint) {
                    self.mistakes.add(at, "pool", "专班应为办理投诉的所、股室或大队");
                }
                Some(Mode::Pool { unit: UnitId::parse(&row.pool).ok()?, above: above?? })
            }
            "" => {
                self.mistakes.missing(at, "mode");
                None
            }
            _ => {
                let text = "应为 territory（属地优先）、balanced（均衡）或 pool（疑似件专班）";
                self.mistakes.add(at, "mode", text);
                None
            }
        }
    }
}

/// `02:30` as a minute of the day.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) =
        text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// A number of at most two decimals, in hundredths, by way of its decimal digits.
fn exact(units: f64) -> Option<i64> {
    let digits = format!("{units:.2}");
    let again: f64 = digits.parse().ok()?;
    (again.to_bits() == units.to_bits()).then(|| digits.replace('.', "").parse().ok()).flatten()
}
