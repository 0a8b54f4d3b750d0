//! `triage law`: every term and ground that the service goes by, with its article and the text it was compared with.

use clap::Args;
use serde_json::{Value, json};

use super::deadline::length;
use super::table::{or_dash, table};
use crate::domain::deadline::Law;
use crate::statute::RuleSet;

pub(super) const HELP: &str = "\
示例：
  triage law                # 现行规定和此前规定的各项期限、情形及其核对情况
  triage law --json";

/// How to show it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

/// The tables, or JSON.
pub(super) fn law(asked: &Arguments) -> Result<String, serde_json::Error> {
    let sets = [Law::Order121, Law::Order20].map(RuleSet::of);
    if asked.json {
        return serde_json::to_string_pretty(&sets.map(value));
    }
    let unchecked: usize =
        sets.iter().map(|set| set.terms.iter().filter(|term| term.is_unchecked()).count()).sum();
    let tables = sets.map(text).join("\n\n");
    Ok(format!("{tables}\n\n未与现行文本核对的期限：{unchecked} 项"))
}

fn text(set: &RuleSet) -> String {
    let terms = set.terms.iter().map(|term| {
        let only =
            if term.words.is_empty() { String::new() } else { format!("（{}）", term.words.join("、")) };
        let checked = if term.law.is_none() && term.checked.is_none() { Some("本令条文") } else { None };
        [
            format!("{}{only}", term.duty.zh()),
            length(term),
            term.start.zh().to_owned(),
            set.cite(term),
            or_dash(term.checked.clone().or(checked.map(ToOwned::to_owned))),
        ]
    });
    let terms = table(["事项", "期限", "起算", "依据", "核对"], terms);
    let grounds = set.refusals.iter().map(|row| ["不予受理".to_owned(), row.item.clone(), row.text.clone()]);
    let ends = set.terminations.iter().map(|row| ["终止调解".to_owned(), row.item.clone(), row.text.clone()]);
    let grounds = table(["情形", "条款", "条文"], grounds.chain(ends));
    format!("{}\n{terms}\n\n{grounds}", set.in_force())
}

fn value(set: &RuleSet) -> Value {
    let terms: Vec<Value> = set
        .terms
        .iter()
        .map(|term| {
            json!({
                "duty": term.duty, "days": term.days, "start": term.start, "article": set.cite(term),
                "checked": term.checked, "unchecked": term.is_unchecked(), "note": term.note,
            })
        })
        .collect();
    let refusals: Vec<Value> =
        set.refusals.iter().map(|row| json!({ "item": row.item, "text": row.text })).collect();
    let terminations: Vec<Value> =
        set.terminations.iter().map(|row| json!({ "item": row.item, "text": row.text })).collect();
    json!({ "law": set.law, "name": set.name, "terms": terms, "refusals": refusals, "terminations": terminations })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_what_it_rests_on() {
        let text = law(&Arguments { json: false }).unwrap();
        for part in
            ["第二十三条第一款第七项", "行政复议法", "核对", "未与现行文本核对的期限：4 项", "未定日数"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let json: Value = serde_json::from_str(&law(&Arguments { json: true }).unwrap()).unwrap();
        assert_eq!(json.as_array().map(Vec::len), Some(2));
    }
}
