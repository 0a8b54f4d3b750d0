//! The page of the life of a file (`docs/life-of-a-file.md`): drawing and tables, both asked of [`next`].

use std::fmt::Write as _;

use super::{Act, Standing, next};
use crate::domain::handling::Status;
use crate::domain::ids::Track;
use crate::domain::outcome::accepted_upstream_zh;

const HEAD: &str = "\
# 件的办理过程

<!-- 由 src/statute/life.rs 生成，请勿手改；改动后运行 `make life`。 -->

投诉件和举报件各走各的路，同一登记件的两件互不牵连。下图只画改变状态的操作；其余操作和条件见表。

- 操作由谁做、凭哪个领取或版本号做，另行检查，不在此表。
- 导入的办理结果直接确定该件状态；说平台已受理或者已立案的，已签收的件随之转为已受理或者立案，待签收的件仍须签收。图中不画。
- 评分不改变任何状态，也不影响任何一格。
";

/// A condition of a standing: its word when it holds and when it does not.
struct Condition {
    yes: &'static str,
    no: &'static str,
    set: fn(&mut Standing, bool),
}

const CONDITIONS: usize = 7;

/// What a case says, in the words of a track.
fn conditions(track: Track) -> [Condition; CONDITIONS] {
    let (upstream, not_upstream) = match track {
        Track::Complaint => (accepted_upstream_zh(track), "平台未受理"),
        Track::Report => (accepted_upstream_zh(track), "平台未立案"),
    };
    let (opened, not_opened) = match track {
        Track::Complaint => ("受理仍然有效", "没有有效的受理"),
        Track::Report => ("立案仍然有效", "没有有效的立案"),
    };
    [
        Condition { yes: "领取期内", no: "无人领取", set: |standing, value| standing.leased = value },
        Condition { yes: "已撤回", no: "未撤回", set: |standing, value| standing.withdrawn = value },
        Condition {
            yes: "在接收机构",
            no: "不在接收机构",
            set: |standing, value| standing.at_reception = value,
        },
        Condition { yes: "已延长", no: "未延长", set: |standing, value| standing.prolonged = value },
        Condition {
            yes: "办案期限在本系统计时",
            no: "办案期限不在本系统计时",
            set: |standing, value| standing.case_timed = value,
        },
        Condition {
            yes: upstream,
            no: not_upstream,
            set: |standing, value| standing.accepted_upstream = value,
        },
        Condition { yes: opened, no: not_opened, set: |standing, value| standing.opened = value },
    ]
}

/// Per condition: it must hold, must not, or either.
type Case = [Option<bool>; CONDITIONS];

/// The page as Markdown, with drawings for readers that draw mermaid.
#[must_use]
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    for track in Track::ALL {
        let _ = write!(text, "\n## {}件\n\n{}\n{}", track.zh(), drawing(track), table(track));
    }
    text
}

/// Every act in every status of a track: the status after it, `✓` where it stays, conditions in brackets.
#[must_use]
pub fn table(track: Track) -> String {
    let statuses: Vec<Status> = statuses(track).collect();
    let heads: Vec<&str> = statuses.iter().map(|status| status.zh()).collect();
    // Writing to a String cannot fail.
    let mut text = format!("| 操作 | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for act in Act::ALL.iter().copied() {
        let cells: Vec<String> = statuses.iter().map(|status| cell(track, *status, act)).collect();
        if cells.iter().any(|cell| cell != NEVER) {
            let _ = writeln!(text, "| {} | {} |", act.zh(), cells.join(" | "));
        }
    }
    text
}

const NEVER: &str = "-";

fn drawing(track: Track) -> String {
    let mut text = "```mermaid\nstateDiagram-v2\n".to_owned();
    for status in statuses(track) {
        let _ = writeln!(text, "    state \"{}\" as {status:?}", status.zh());
    }
    let _ = writeln!(text, "    [*] --> {:?}: 分送", Status::Waiting);
    for status in statuses(track) {
        for act in Act::ALL.iter().copied() {
            for (after, _) in ways(track, status, act).into_iter().filter(|(after, _)| *after != status) {
                let _ = writeln!(text, "    {status:?} --> {after:?}: {}", act.zh());
            }
        }
    }
    for status in statuses(track).filter(|status| status.has_ended()) {
        let _ = writeln!(text, "    {status:?} --> [*]");
    }
    text + "```\n"
}

fn statuses(track: Track) -> impl Iterator<Item = Status> {
    let fits = move |status: &Status| match status {
        Status::Accepted | Status::Refused => track == Track::Complaint,
        Status::Filed | Status::NotFiled => track == Track::Report,
        Status::Waiting | Status::SignedFor | Status::Closed => true,
    };
    Status::ALL.iter().copied().filter(fits)
}

fn cell(track: Track, status: Status, act: Act) -> String {
    let way = |(after, cases): (Status, Vec<Case>)| {
        let after = if after == status { "✓" } else { after.zh() };
        let conditions: Vec<String> =
            cases.iter().map(|case| words(track, *case)).filter(|words| !words.is_empty()).collect();
        if conditions.is_empty() {
            after.to_owned()
        } else {
            format!("{after}（{}）", conditions.join("，或"))
        }
    };
    let ways: Vec<String> = ways(track, status, act).into_iter().map(way).collect();
    if ways.is_empty() { NEVER.to_owned() } else { ways.join("；") }
}

fn words(track: Track, case: Case) -> String {
    let word = |(value, condition): (&Option<bool>, &Condition)| {
        value.map(|value| if value { condition.yes } else { condition.no })
    };
    case.iter().zip(&conditions(track)).filter_map(word).collect::<Vec<_>>().join("且")
}

/// Where the act can lead, and in which cases.
fn ways(track: Track, status: Status, act: Act) -> Vec<(Status, Vec<Case>)> {
    let way = |after: Status| (after, cases(track, status, act, after));
    statuses(track).map(way).filter(|(_, cases)| !cases.is_empty()).collect()
}

/// The conditions that make a difference to the act in a status.
fn matters(track: Track, status: Status, act: Act) -> Vec<usize> {
    let case = |bits: usize| std::array::from_fn(|at| Some(bits >> at & 1 == 1));
    let all: Vec<_> =
        (0..1 << CONDITIONS).map(|bits| next(track, standing(track, status, case(bits)), act)).collect();
    let differs = |at: &usize| all.iter().enumerate().any(|(bits, led)| *led != all[bits ^ (1 << at)]);
    (0..CONDITIONS).filter(differs).collect()
}

/// The fewest conditions under which the act leads there: the cases in which it always does, those within another left out.
fn cases(track: Track, status: Status, act: Act, after: Status) -> Vec<Case> {
    let matters = matters(track, status, act);
    let mut all: Vec<Case> = vec![[None; CONDITIONS]];
    for at in matters.iter().copied() {
        let with = |mut case: Case, value| {
            case[at] = value;
            case
        };
        all = all
            .iter()
            .flat_map(|case| [None, Some(true), Some(false)].map(|value| with(*case, value)))
            .collect();
    }
    all.sort_by_key(|case| case.iter().flatten().count());
    let within = |narrow: &Case, wide: &Case| wide.iter().zip(narrow).all(|(w, n)| w.is_none() || w == n);
    let leads = |case: &Case| next(track, standing(track, status, *case), act) == Ok(after);
    let certain = all.iter().filter(|case| matters.iter().all(|at| case[*at].is_some()));
    let (there, elsewhere): (Vec<Case>, Vec<Case>) = certain.copied().partition(leads);
    if there.is_empty() {
        return Vec::new();
    }
    let always = |case: &Case| !elsewhere.iter().any(|one| within(one, case));
    let mut least: Vec<Case> = Vec::new();
    for case in all.iter().filter(|case| always(case)) {
        if !least.iter().any(|wide| within(case, wide)) {
            least.push(*case);
        }
    }
    least
}

fn standing(track: Track, status: Status, case: Case) -> Standing {
    let mut standing = Standing::of(status);
    for (value, condition) in case.iter().zip(&conditions(track)) {
        (condition.set)(&mut standing, *value == Some(true));
    }
    standing
}
