//! Rows of which a cell was put in or lost: refused, or taken as they were.

use proptest::prelude::*;

use super::*;
use crate::exchange::sheet::tests::sheet;

const PLATFORM: &str = "登记编号,登记时间,类型,接收方式,提供方姓名,提供方联系方式,提供方地址,企业名称,企业地址,问题类别全称,消费金额(单位:元),诉求内容,具体问题,初查受理状态,办理情况状态,处理部门,办结时间,备注";
const SHORT: &str =
    "登记编号,登记时间,类型,提供方姓名,提供方联系方式,企业名称,企业地址,具体问题,办理情况状态";

/// A good row of the platform's columns.
fn good() -> impl Strategy<Value = Vec<String>> {
    let or_blank =
        |values: &'static [&'static str]| prop_oneof![3 => proptest::sample::select(values), 1 => Just("")];
    let story = proptest::sample::select(
        &[
            "购买的水壶漏水,要求退货。",
            "结账时多收了14元，问了才说是包间费",
            "5月27日买了矿泉水,里面有塑料,希望赔偿",
            "水壶漏水",
        ][..],
    );
    let end = proptest::sample::select(
        &[
            ["", "", "", ""],
            ["待核查", "待受理", "", ""],
            ["已受理", "办理中", "白云路所", ""],
            ["已受理", "已办结", "白云路所", "2026-06-01 10:00:00"],
            ["不予受理", "", "昆都仑区市场监督管理局", ""],
            ["不予受理", "不予受理", "白云路所", "2026-06-02"],
            ["已受理", "", "", ""],
        ][..],
    );
    let persons = (
        or_blank(&["电话", "全国12315平台"]),
        or_blank(&["王某", "李燕"]),
        or_blank(&["13900000001", "139****0001", "0472-5151234"]),
        or_blank(&["包头市昆都仑区,钢铁大街2号", "昆区校园路小区75栋301"]),
    );
    let rest = (
        proptest::sample::select(&["好再来,4号超市", "昆都仑区嘉康零食店"][..]),
        or_blank(&["包头市昆都仑区钢铁大街14号", "民族西路"]),
        or_blank(&["投诉问题->质量", "投诉问题->食品安全"]),
        or_blank(&["100", "9.9"]),
        or_blank(&["退货", "退货,赔偿损失"]),
    );
    (persons, rest, story, end).prop_map(|(persons, rest, story, end)| {
        let begin = ["115020320260507000001", "2026-05-07 09:01:00", "投诉"];
        let persons = [persons.0, persons.1, persons.2, persons.3];
        let rest = [rest.0, rest.1, rest.2, rest.3, rest.4, story];
        [&begin[..], &persons, &rest, &end, &[""]].concat().into_iter().map(str::to_owned).collect()
    })
}

/// The facts of the first row of a table, where it is taken.
fn taken(header: &str, rows: &[Vec<String>]) -> Option<(Submission, FileOutcome)> {
    let line = |row: &Vec<String>| row.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
    let lines: Vec<String> = rows.iter().map(line).collect();
    let sheet = sheet(&format!("{header}\n{}\n", lines.join("\n"))).ok()?;
    match sheet.parse(sheet.rows().first()?, Times { now: NOW, as_of: NOW }) {
        Parsed::Item(item) => Some((item.submission, item.outcome)),
        _ => None,
    }
}

/// The cells that a header has, of those of the platform's.
fn under(header: &str, row: &[String]) -> Vec<String> {
    let titles: Vec<&str> = PLATFORM.split(',').collect();
    header
        .split(',')
        .map(|title| row[titles.iter().position(|known| *known == title).unwrap()].clone())
        .collect()
}

fn without_blank_end(mut row: Vec<String>) -> Vec<String> {
    while row.last().is_some_and(String::is_empty) {
        row.pop();
    }
    row
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever cell is put in, torn in two or lost: the row is refused, or taken with the facts that it had.
    #[test]
    fn no_row_is_taken_with_the_cells_of_other_columns(
        row in good(),
        other in good(),
        at in 1..18_usize,
        what in 0..3_usize,
        is_short_table in any::<bool>(),
        are_ends_dropped in any::<bool>(),
    ) {
        let header = if is_short_table { SHORT } else { PLATFORM };
        let (row, mut other) = (under(header, &row), under(header, &other));
        let at = 1 + (at - 1) % (row.len() - 1);
        let mut moved = row.clone();
        match what {
            0 => moved.insert(at, String::new()),
            1 => {
                let Some((before, behind)) = row[at].split_once(',') else { return Ok(()) };
                moved.splice(at..=at, [before.to_owned(), behind.to_owned()]);
            }
            _ => {
                moved.remove(at);
                moved.push(String::new());
            }
        }
        // What stood last is lost to a column without a title, or the row is longer than its header: another case.
        if moved.len() > row.len() && moved.pop().is_none_or(|last| !last.is_empty()) {
            return Ok(());
        }
        // A cell that nothing stands behind was cleared, and has not moved.
        let mut cleared = row.clone();
        cleared[at].clear();
        other[0] = "115020320260507000002".to_owned();
        let table = |row: &Vec<String>| {
            let mut rows = vec![row.clone(), other.clone(), other.clone(), other.clone()];
            for (at, row) in rows.iter_mut().enumerate() {
                row[0] = format!("11502032026050700000{at}");
            }
            if are_ends_dropped { rows.into_iter().map(without_blank_end).collect() } else { rows }
        };
        let found = taken(header, &table(&moved));
        let may_be = [taken(header, &table(&row)), taken(header, &table(&cleared))];
        let is_cleared = row[at + 1..].iter().all(String::is_empty) && what == 2;
        let is_same = |other: &Option<_>| *other == found;
        prop_assert!(
            found.is_none() || is_same(&may_be[0]) || is_cleared && is_same(&may_be[1]),
            "{} {}:\n{:?}\n{:?}", what, at, row, moved
        );
    }
}
