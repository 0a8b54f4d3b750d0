//! `triage stats`: the state of the bureau, in numbers alone.

use super::table::{hundredths, or_dash, share, table};
use crate::app::App;
use crate::domain::deadline::Duty;
use crate::domain::decision::{Band, Basis, officers_shown};
use crate::domain::ids::{BureauId, Track};
use crate::service::kept::{Kept, Undated};
use crate::service::overview::{ModelInUse, Overview, RouteCount, UnitOverview};

/// What the overview prints: tables, or JSON.
pub async fn stats(app: &App, bureau: BureauId, json: bool) -> Result<String, Box<dyn std::error::Error>> {
    let seen = app.access(bureau, async |service, caller| service.overview(caller).await).await?;
    if json {
        return Ok(serde_json::to_string_pretty(&seen)?);
    }
    Ok(text(&seen))
}

fn text(seen: &Overview) -> String {
    let total: i64 = seen.statuses.iter().map(|count| count.files).sum();
    let oldest = seen
        .units
        .iter()
        .filter_map(|unit| unit.oldest_waiting.map(|at| (at, &unit.name)))
        .min()
        .map_or_else(|| "无".to_owned(), |(at, name)| format!("{}（{name}）", at.display()));
    [
        format!("{}　{}　共 {total} 件", seen.bureau, seen.at.display()),
        units(&seen.units),
        format!("最早未签收的件接收于：{oldest}"),
        statuses(seen),
        bands(seen),
        routes(&seen.routes),
        kept((&seen.kept, &seen.undated), &seen.units),
        model(seen.model.as_ref()),
    ]
    .join("\n\n")
}

fn units(units: &[UnitOverview]) -> String {
    let row = |name: String, unit: &UnitOverview| {
        [
            name,
            officers_shown(unit.centiofficers),
            unit.complaints.to_string(),
            unit.reports.to_string(),
            hundredths(unit.open_centiunits),
            or_dash(unit.load().map(|load| format!("{load:.2}"))),
            unit.waiting.to_string(),
            unit.leased.to_string(),
            unit.held.to_string(),
        ]
    };
    let sum = |of: fn(&UnitOverview) -> i64| units.iter().map(of).sum();
    let rows = units.iter().map(|unit| row(format!("{}（{}）", unit.name, unit.unit), unit));
    let totals = units.first().map(|first| UnitOverview {
        centiofficers: sum(|unit| unit.centiofficers),
        complaints: sum(|unit| unit.complaints),
        reports: sum(|unit| unit.reports),
        open_centiunits: sum(|unit| unit.open_centiunits),
        waiting: sum(|unit| unit.waiting),
        leased: sum(|unit| unit.leased),
        held: sum(|unit| unit.held),
        ..first.clone()
    });
    let totals = totals.iter().map(|totals| row("合计".to_owned(), totals));
    let headings =
        ["单位", "在岗#", "未结投诉#", "未结举报#", "工作量#", "人均#", "待领取#", "已领取#", "办理中#"];
    table(headings, rows.chain(totals))
}

fn statuses(seen: &Overview) -> String {
    let of = |track: Track| -> i64 {
        seen.statuses.iter().filter(|count| count.track == track).map(|count| count.files).sum()
    };
    let rows = seen.statuses.iter().map(|count| {
        let status = format!("{}件 {}", count.track.zh(), count.status.zh());
        [status, count.files.to_string(), share(count.files, of(count.track))]
    });
    table(["状态", "件数#", "占该类#"], rows)
}

/// First scores of complaints.
fn bands(seen: &Overview) -> String {
    // History that was never scored says nothing of how scores fall.
    let scored = |band: Band| band != Band::NotScored;
    let total = seen.bands.iter().filter(|count| scored(count.band)).map(|count| count.files).sum();
    let row = |count: &crate::service::overview::BandCount| {
        let share = if scored(count.band) { share(count.files, total) } else { String::new() };
        [count.band.zh().to_owned(), count.files.to_string(), share]
    };
    table(["投诉档次（首次评分）", "件数#", "占比#"], seen.bands.iter().map(row))
}

fn routes(routes: &[RouteCount]) -> String {
    // What had ended when it came in was never sent anywhere.
    let (ended, sent): (Vec<&RouteCount>, Vec<&RouteCount>) =
        routes.iter().partition(|count| count.basis == Basis::Ended);
    let total: i64 = sent.iter().map(|count| count.files).sum();
    let row = |count: &&RouteCount| {
        let to = if count.reception { "统一接收机构" } else { "所、股室" };
        [to.to_owned(), count.basis.zh().to_owned(), count.files.to_string(), share(count.files, total)]
    };
    let reception = sent.iter().filter(|count| count.reception).map(|count| count.files).sum();
    let table = table(["首次分送至", "理由", "件数#", "占比#"], sent.iter().map(row));
    let ended: i64 = ended.iter().map(|count| count.files).sum();
    let history = if ended > 0 {
        format!("；另有 {ended} 件导入时已办结，未分送")
    } else {
        String::new()
    };
    format!("{table}\n转统一接收机构：{}{history}", share(reception, total))
}

/// Terms of the last year kept in time, for the duties that bureaus are measured by. Where an export tells of files that they are done and
/// not when, what is known of the others is no rate.
fn kept((kept, undated): (&[Kept], &[Undated]), units: &[UnitOverview]) -> String {
    const MEASURED: [(&str, &[Duty]); 3] = [
        ("按时初查率#", &[Duty::TellComplainant]),
        ("按时办结率#", &[Duty::Mediate]),
        ("举报按时核查率#", &[Duty::Verify, Duty::VerifyProlonged]),
    ];
    let rate = |unit: Option<&UnitOverview>, duties: &[Duty]| {
        let of = kept.iter().filter(|one| duties.contains(&one.duty));
        let of = of.filter(|one| unit.is_none_or(|unit| unit.unit == one.unit));
        let (in_time, terms) = of.fold((0, 0), |(a, b), one| (a + one.in_time, b + one.terms));
        let track = if duties.contains(&Duty::Verify) { Track::Report } else { Track::Complaint };
        let untold = undated.iter().filter(|one| one.track == track);
        let untold = untold.filter(|one| unit.is_none_or(|unit| unit.unit == one.unit));
        match untold.map(|one| one.files).sum::<i64>() {
            0 => format!("{}（{in_time}/{terms}）", share(in_time, terms)),
            files => format!("不计算（{files} 件未载明日期）"),
        }
    };
    let row = |name: String, unit: Option<&UnitOverview>| {
        let [a, b, c] = MEASURED.map(|(_, duties)| rate(unit, duties));
        [name, a, b, c]
    };
    let is_measured = |unit: &&UnitOverview| {
        kept.iter().any(|one| one.unit == unit.unit) || undated.iter().any(|one| one.unit == unit.unit)
    };
    let with_terms = units.iter().filter(is_measured);
    let rows = with_terms.map(|unit| row(format!("{}（{}）", unit.name, unit.unit), Some(unit)));
    let [a, b, c] = MEASURED.map(|(name, _)| name);
    table(["近一年各项期限按时率", a, b, c], rows.chain([row("全局合计".to_owned(), None)]))
}

fn model(model: Option<&ModelInUse>) -> String {
    let Some(ModelInUse { id, source }) = model else {
        return "现用模型：无，投诉件均为“未评分”；积累认定后执行 triage train --use".to_owned();
    };
    match source {
        None => format!("现用模型：{id}，校验未通过，没有用于评分"),
        Some(source) => {
            let trained = source.trained_on;
            format!(
                "现用模型：{id}\n训练数据：{}（样本 {} 件，其中疑似 {} 件；PR-AUC {:.3}，ECE {:.3}）",
                source.source.zh(),
                trained.examples,
                trained.suspected,
                source.metrics.pr_auc,
                source.metrics.ece
            )
        }
    }
}
