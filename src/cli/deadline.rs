//! `triage deadline`: until when something is owed, by the built-in calendar.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Weekday;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::day;
use super::table::{or_dash, table};
use crate::domain::deadline::{Duty, LastDay};
use crate::domain::time::{Day, Days};
use crate::statute::{Art45, Calendar, Count, Deadline, RuleSet, Term, Transition};

pub(super) const HELP: &str = "\
示例：
  triage deadline 2026-08-03                                # 自该日起算的各项期限
  triage deadline 2026-08-03 --duty mediate --received 2026-07-24
  triage deadline 2026-08-03 --duty mediate --testing 2026-08-10..2026-08-19
  triage deadline - --duty accept --json <dates.txt         # 每行一个日期";

/// What to compute.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 起算日（本身不计入），YYYY-MM-DD；“-”由标准输入读取，每行一个
    #[arg(required = true, value_name = "DATE")]
    dates: Vec<String>,
    /// 只计算一项职责
    #[arg(long, value_parser = one_of::<Duty>(DUTIES))]
    duty: Option<Duty>,
    /// 收到日，与起算日不同时填写：适用哪一号令由它决定
    #[arg(long, value_name = "DATE", value_parser = day)]
    received: Option<Day>,
    /// 检验、检测、鉴定的日期（含首尾），可以写几次
    #[arg(long, value_name = "DATE..DATE", value_parser = days)]
    testing: Vec<Days>,
    /// 问题类别：有的法律对告知另有期限
    #[arg(long, default_value = "", hide_default_value = true)]
    category: String,
    /// 第四十五条“法定节假日”的理解；最早和最迟的一天按三种理解计算
    #[arg(long, default_value = "statutory", value_parser = one_of::<Art45>(READINGS))]
    art45: Art45,
    /// 第 121 号令施行之日未办结的件适用哪一号令
    #[arg(long, default_value = "by_receive_date", value_parser = one_of::<Transition>(TRANSITIONS))]
    transition: Transition,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

/// One term, counted from one day.
struct Answer {
    set: &'static RuleSet,
    term: &'static Term,
    started: Day,
    deadline: Deadline,
    /// Its last day by the reading that was asked for.
    ends: Option<Day>,
}

/// The table, or JSON.
pub(super) fn deadline(asked: &Arguments) -> Result<String, Box<dyn std::error::Error>> {
    let calendar = Calendar::built_in();
    let starts = starts(&asked.dates)?;
    let answers: Vec<Answer> = starts.into_iter().flat_map(|day| answers(asked, &calendar, day)).collect();
    if asked.json {
        return Ok(serde_json::to_string_pretty(&answers.iter().map(value).collect::<Vec<_>>())?);
    }
    if answers.is_empty() {
        return Ok("适用的规则对该事项没有规定期限".to_owned());
    }
    Ok(text(&answers))
}

fn starts(dates: &[String]) -> Result<Vec<Day>, Box<dyn std::error::Error>> {
    let mut starts = Vec::new();
    for date in dates {
        if date == "-" {
            for (line, number) in std::io::stdin().lines().zip(1..) {
                let line = line?;
                starts.push(day(line.trim()).map_err(|why| format!("第 {number} 行：{why}"))?);
            }
        } else {
            starts.push(day(date).map_err(|why| format!("{date}：{why}"))?);
        }
    }
    Ok(starts)
}

fn answers(asked: &Arguments, calendar: &Calendar, started: Day) -> Vec<Answer> {
    let set = RuleSet::governing(asked.received.unwrap_or(started), started, asked.transition);
    let wanted =
        |term: &&Term| asked.duty.is_none_or(|duty| duty == term.duty) && term.applies(&asked.category);
    let answer = |term| {
        let deadline = set.deadline_of(term, calendar, started, &asked.testing);
        let ends = deadline.due.day().map(|due| asked.art45.end(calendar, due));
        Answer { set, term, started, deadline, ends }
    };
    set.terms.iter().filter(wanted).map(answer).collect()
}

fn value(answer: &Answer) -> serde_json::Value {
    let Answer { set, term, started, deadline, ends } = answer;
    let shown = |last: LastDay| last.day().map(|day| day.to_string());
    json!({
        "duty": term.duty,
        "law": set.law,
        "article": set.cite(term),
        "started": started.to_string(),
        "due": shown(deadline.due),
        "latest": shown(deadline.latest),
        "by_setting": ends.map(|day| day.to_string()),
        "provisional": deadline.provisional,
        "note": Some(term.remark()).filter(|remark| !remark.is_empty()),
        "checked": term.checked,
    })
}

fn text(answers: &[Answer]) -> String {
    let row = |Answer { set, term, started, deadline, ends }: &Answer| {
        let shown = |last: LastDay| or_dash(last.day().map(dated));
        [
            term.duty.zh().to_owned(),
            format!("{}（{}）", dated(*started), term.start.zh()),
            length(term),
            shown(deadline.due),
            or_dash(ends.map(dated)),
            shown(deadline.latest),
            set.cite(term),
        ]
    };
    let table =
        table(["事项", "起算", "期限", "最早", "按所选口径", "最晚", "依据"], answers.iter().map(row));
    let mut notes: Vec<String> = Vec::new();
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    for Answer { set, term, deadline, .. } in answers {
        note(format!("适用规则：{}", set.law.zh()));
        if term.real_name {
            note(format!("{}：仅限实名举报", set.cite(term)));
        }
        let remark = term.remark();
        if !remark.is_empty() {
            note(format!("{}（{}）：{remark}", set.cite(term), term.duty.zh()));
        }
        if let Some(checked) = &term.checked {
            note(format!("{}：{checked}", set.cite(term)));
        }
        if deadline.provisional {
            note("暂定：有的年份尚无节假日安排，按普通周末计算，公布后请重新计算".to_owned());
        }
    }
    format!("{table}\n\n{}", notes.join("\n"))
}

pub(super) fn length(term: &Term) -> String {
    match (term.days, term.count) {
        (None, _) => "未定日数".to_owned(),
        (Some(days), Count::WorkingDays) => format!("{days} 个工作日"),
        (Some(days), Count::CalendarDays | Count::CourtDays) => format!("{days} 日"),
    }
}

/// A day with its day of the week.
fn dated(day: Day) -> String {
    let weekday = match day.weekday() {
        Weekday::Monday => "一",
        Weekday::Tuesday => "二",
        Weekday::Wednesday => "三",
        Weekday::Thursday => "四",
        Weekday::Friday => "五",
        Weekday::Saturday => "六",
        Weekday::Sunday => "日",
    };
    format!("{day} 周{weekday}")
}

fn days(text: &str) -> Result<Days, String> {
    Days::parse(text).map_err(|invalid| invalid.zh)
}

const DUTIES: [&str; 15] = [
    "accept",
    "mediate",
    "notify_termination",
    "verify",
    "verify_prolonged",
    "resolve_competence",
    "tell_reporter",
    "tell_complainant",
    "notify_termination_respondent",
    "reply_reconsideration",
    "reply_suit",
    "act_as_ordered",
    "decide_case",
    "decide_case_prolonged",
    "reply_simplified",
];
const READINGS: [&str; 3] = ["statutory", "block", "any_rest_day"];
const TRANSITIONS: [&str; 2] = ["by_receive_date", "new_from_effective_date"];

/// A value of a closed list by the word it has in JSON.
fn one_of<T>(words: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| serde_json::from_value(word.into()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: Arguments,
    }

    fn asked(line: &str) -> Arguments {
        Line::try_parse_from(line.split(' ')).unwrap().asked
    }

    #[test]
    fn every_word_is_a_value() {
        for (duty, word) in Duty::ALL.iter().zip(DUTIES) {
            assert_eq!(asked(&format!("deadline 2026-08-03 --duty {word}")).duty, Some(*duty));
        }
        assert_eq!(Duty::ALL.len(), DUTIES.len());
        for (reading, word) in Art45::ALL.into_iter().zip(READINGS) {
            assert_eq!(asked(&format!("deadline 2026-08-03 --art45 {word}")).art45, reading);
        }
        assert_eq!(asked("deadline 2026-08-03").transition, Transition::ByReceiveDate);
        for word in TRANSITIONS {
            asked(&format!("deadline 2026-08-03 --transition {word}"));
        }
    }

    #[test]
    fn an_officer_reads_the_days_and_where_they_stand() {
        let text = deadline(&asked("deadline 2026-08-03 --duty mediate")).unwrap();
        for part in ["60 日", "2026-10-04 周日", "2026-10-08 周四", "第二十三条第一款第五项", "总局令第121号"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let text = deadline(&asked("deadline 2026-12-28 --duty accept --received 2026-04-14")).unwrap();
        for part in ["2027-01-06 周三", "暂定", "暂行办法》第十四条"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let nothing = deadline(&asked("deadline 2026-08-03 --duty act_as_ordered")).unwrap();
        assert_eq!(nothing, "适用的规则对该事项没有规定期限");
        let open =
            deadline(&asked("deadline 2026-08-03 --duty tell_reporter --category 食品安全违法")).unwrap();
        assert!(open.contains("未定日数") && open.contains("《食品安全法》第一百一十五条"), "{open}");
    }
}
