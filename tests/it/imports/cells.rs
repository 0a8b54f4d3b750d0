//! Cells of every kind that offices have, each with what it must read as: one table, on both databases.

use std::collections::BTreeMap;

use rstest::rstest;
use triage::app::{App, FIRST_BUREAU};
use triage::domain::time::Timestamp;
use triage::exchange::{Mapping, Sheet, SheetError};
use triage::grpc::pb;
use triage::import::Imported;
use triage::lifecycle::Lifecycle;

use crate::support::{Backend, TestApp};

/// Titles of the sound row, with the value that a case replaces in one of them.
pub(super) const TITLES: [&str; 10] = [
    "登记编号",
    "登记时间",
    "类型",
    "提供方姓名",
    "提供方联系方式",
    "提供方地址",
    "企业名称",
    "消费金额",
    "购买数量",
    "具体问题",
];
pub(super) const SOUND: [&str; 10] = [
    "",
    "2026-03-02 09:10:11",
    "投诉",
    "许某",
    "13547207780",
    "青山路1号",
    "东街面馆",
    "12",
    "1",
    "手机坏了",
];

/// Kind, column, cell, and what it reads as. `refused` and `warned` say the column's fault with what they must name.
#[rustfmt::skip]
const CELLS: &[(&str, &str, &str, &str)] = &[
    ("times of systems", "登记时间", "2026-03-02 09:10:11.0", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "2026-03-02 09:10:11.987", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "2026-03-02T09:10:11+08:00", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "2026-03-02T01:10:11Z", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "20260302091011", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "20260302", "2026-03-02"),
    ("times of systems", "登记时间", "1772413811000", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "Mon Mar 02 09:10:11 CST 2026", "2026-03-02 09:10:11"),
    ("times of systems", "登记时间", "46083.382071759", "2026-03-02 09:10:11"),
    ("times of people", "登记时间", "2026/3/2 上午9:10", "2026-03-02 09:10:00"),
    ("times of people", "登记时间", "2026年3月2日 下午9:10", "2026-03-02 21:10:00"),
    ("times of people", "登记时间", "2026-3-2 9:10 PM", "2026-03-02 21:10:00"),
    ("times of people", "登记时间", "2026-03-02 09：10", "2026-03-02 09:10:00"),
    ("times of people", "登记时间", "2026－03－02", "2026-03-02"),
    ("times of people", "登记时间", "2026/03/02 09时10分11秒", "2026-03-02 09:10:11"),
    ("times of people", "登记时间", "2026 年 3 月 2 日", "2026-03-02"),
    ("times of people", "登记时间", "二〇二六年三月二日", "2026-03-02"),
    ("times of people", "登记时间", "3/2/26 9:10", "2026-03-02 09:10:00"),
    ("times of people", "登记时间", "2026/3/2 下午3:20", "2026-03-02 15:20:00"),
    ("times of systems", "登记时间", "2026-03-02T09:10:11.000", "2026-03-02 09:10:11"),
    ("times of people", "登记时间", "26-03-02", "2026-03-02"),
    ("times of people", "登记时间", "2026-03-02 09:10:11\u{200b}", "2026-03-02 09:10:11"),
    ("times of people", "登记时间", "2026-02-30", "refused 登记时间"),
    ("times of people", "登记时间", "下周一", "refused 登记时间"),
    ("several telephones", "提供方联系方式", "13547207780/0472-5151234", "13547207780+04725151234"),
    ("several telephones", "提供方联系方式", "13547207780、13847201234", "13547207780+13847201234"),
    ("several telephones", "提供方联系方式", "13547207780 13847201234", "13547207780+13847201234"),
    ("several telephones", "提供方联系方式", "13547207780；座机5151234", "13547207780+5151234"),
    ("telephones with notes", "提供方联系方式", "13547207780（女儿）", "13547207780"),
    ("telephones with notes", "提供方联系方式", "手机：13547207780", "13547207780"),
    ("telephones with notes", "提供方联系方式", "13547207780.0", "13547207780"),
    ("telephones with notes", "提供方联系方式", "\u{202d}13547207780\u{202c}", "13547207780"),
    ("telephones with notes", "提供方联系方式", "135\u{a0}4720\u{a0}7780", "13547207780"),
    ("telephones with notes", "提供方联系方式", "135.4720.7780", "13547207780"),
    ("telephones with notes", "提供方联系方式", "0086-13547207780", "13547207780"),
    ("telephones with notes", "提供方联系方式", "86-0472-5151234", "04725151234"),
    ("telephones with notes", "提供方联系方式", "0472—5151234", "04725151234"),
    ("telephones with notes", "提供方联系方式", "0472-5151234*801", "04725151234"),
    ("telephones with notes", "提供方联系方式", "0472-5151234转801", "04725151234"),
    ("telephones with notes", "提供方联系方式", "'13547207780", "13547207780"),
    ("telephones with notes", "提供方联系方式", "=\"13547207780\"", "13547207780"),
    ("privacy numbers", "提供方联系方式", "18412345678转0001", "18412345678转0001"),
    ("privacy numbers", "提供方联系方式", "18412345678,0002", "18412345678转0002"),
    ("privacy numbers", "提供方联系方式", "18412345678-0003", "18412345678转0003"),
    ("privacy numbers", "提供方联系方式", "95013 1234 5678 901", "9501312345678901"),
    ("masked telephones", "提供方联系方式", "135----7780", "*****"),
    ("masked telephones", "提供方联系方式", "135xxxx7780", "*****"),
    ("masked telephones", "提供方联系方式", "135••••7780", "*****"),
    ("masked telephones", "提供方联系方式", "135××××7780", "*****"),
    ("masked telephones", "提供方联系方式", "135﹡﹡﹡﹡7780", "*****"),
    ("no telephones", "提供方联系方式", "无", "-"),
    ("no telephones", "提供方联系方式", "不详", "-"),
    ("no telephones", "提供方联系方式", "/", "-"),
    ("no telephones", "提供方联系方式", "1.35472E+10", "warned 提供方联系方式"),
    ("no telephones", "提供方联系方式", "135 4720 778O", "warned 提供方联系方式"),
    ("placeholders", "提供方姓名", "匿名", "-"),
    ("placeholders", "提供方姓名", "不愿透露姓名", "-"),
    ("placeholders", "提供方姓名", "NULL", "-"),
    ("placeholders", "提供方地址", "/", "-"),
    ("placeholders", "提供方地址", "无", "-"),
    ("placeholders", "提供方地址", "同上", "-"),
    ("placeholders", "提供方地址", "包头市", "-"),
    ("placeholders", "提供方地址", ",null", "-"),
    ("placeholders", "提供方联系方式", "-", "-"),
    ("no addresses", "提供方地址", "null,null", "warned 提供方地址"),
    ("no addresses", "提供方地址", "//区,街12号", "warned 提供方地址"),
    ("no addresses", "提供方地址", "0472-5151234", "warned 提供方地址"),
    ("no addresses", "提供方地址", "电话：13547207780", "warned 提供方地址"),
    ("no addresses", "提供方地址", "3号楼2单元501室", "warned 提供方地址"),
    ("no addresses", "提供方地址", "不在昆区，在青山区富强路还有一家", "warned 提供方地址"),
    ("no addresses", "提供方地址", "具体位置不清楚", "warned 提供方地址"),
    ("addresses with notes", "提供方地址", "青山路1号（华联对面，电话0472-5151234）", "青山路1号（华联对面，电话0472-5151234）"),
    ("house numbers made dates", "提供方地址", "46082", "warned 提供方地址"),
    ("house numbers made dates", "提供方地址", "2026-03-02", "warned 提供方地址"),
    ("spreadsheet errors", "提供方地址", "#N/A", "warned 提供方地址"),
    ("spreadsheet errors", "提供方地址", "#SPILL!", "warned 提供方地址"),
    ("spreadsheet errors", "提供方地址", "#GETTING_DATA", "warned 提供方地址"),
    ("spreadsheet errors", "提供方地址", "Err:522", "warned 提供方地址"),
    ("numbers as text", "登记编号", "=\"115020326010500001\"", "115020326010500001"),
    ("numbers as text", "登记编号", "`115020326010500002", "115020326010500002"),
    ("numbers as text", "登记编号", "115020326010500003.0", "115020326010500003"),
    ("numbers as text", "登记编号", "\u{feff}115020326010500004\u{200b}", "115020326010500004"),
    ("numbers as text", "登记编号", "1640381002025111257550342", "1640381002025111257550342"),
    ("numbers as text", "登记编号", "51640300002024111500000001", "51640300002024111500000001"),
    ("numbers as text", "登记编号", "包市监投〔2026〕12号", "包市监投〔2026〕12号"),
    ("numbers as text", "登记编号", "115020#1", "115020#1"),
    ("numbers as text", "登记编号", "No.115020", "No.115020"),
    ("numbers that are none", "登记编号", "1.15020326E+17", "refused 文本"),
    ("numbers that are none", "登记编号", "nan", "refused 登记编号"),
    ("numbers that are none", "登记编号", "NULL", "refused 登记编号"),
    ("numbers that are none", "登记编号", "-", "refused 登记编号"),
    ("amounts", "消费金额", "1.2万", "1200000"),
    ("amounts", "消费金额", "人民币1299元", "129900"),
    ("amounts", "消费金额", "1,299.00元整", "129900"),
    ("amounts", "消费金额", "１２９９", "129900"),
    ("amounts", "消费金额", "￥1，299．00", "129900"),
    ("amounts", "消费金额", "1299圆", "129900"),
    ("amounts", "消费金额", "1299.00RMB", "129900"),
    ("amounts", "消费金额", "共计1299元", "129900"),
    ("amounts", "消费金额", "三百元", "30000"),
    ("amounts", "消费金额", "¥ 1 299.00", "129900"),
    ("amounts", "消费金额", "0.29", "29"),
    ("amounts", "消费金额", "-", "-"),
    ("amounts", "消费金额", "未知", "-"),
    ("amounts that are not one", "消费金额", "$199", "warned 消费金额"),
    ("amounts that are not one", "消费金额", "100-200", "warned 消费金额"),
    ("amounts that are not one", "消费金额", "约300", "warned 消费金额"),
    ("amounts that are not one", "消费金额", "#N/A", "warned 消费金额"),
    ("quantities", "购买数量", "2盒", "2"),
    ("quantities", "购买数量", "三瓶", "3"),
    ("quantities", "购买数量", "0.5斤", "warned 购买数量"),
    ("control characters", "具体问题", "第一段\u{b}第二段", "第一段⏎第二段"),
    ("control characters", "具体问题", "删\u{7f}除\u{1f}符", "删除符"),
    ("control characters", "具体问题", "甲\u{2028}乙", "甲⏎乙"),
    ("control characters", "具体问题", "家庭👨\u{200d}👩", "家庭👨\u{200d}👩"),
    ("kinds", "类型", "投诉单", "complaint"),
    ("kinds", "类型", "消费投诉", "complaint"),
    ("kinds", "类型", "投 诉", "complaint"),
    ("kinds", "类型", "投诉咨询", "complaint"),
    ("kinds", "类型", "检举举报", "report"),
    ("kinds", "类型", "举报（匿名）", "report"),
    ("kinds", "类型", "投诉、举报", "refused 分为两行"),
];

/// What a file shows of the column that its case is of.
pub(super) fn shown(file: &pb::File, column: &str) -> String {
    let (who, part) = (file.complainant.clone().unwrap(), file.part.clone().unwrap());
    let none = || "-".to_owned();
    match column {
        "登记编号" => file.registration_number.clone(),
        "登记时间" => received(file),
        "类型" if file.track == pb::Track::Report as i32 => "report".to_owned(),
        "类型" => "complaint".to_owned(),
        "提供方姓名" => who.name.unwrap_or_else(none),
        "提供方联系方式" => {
            let first = who.phone.unwrap_or_else(none);
            std::iter::once(first).chain(who.other_phones).collect::<Vec<_>>().join("+")
        }
        "提供方地址" => who.address.unwrap_or_else(none),
        "企业名称" => file.respondent.clone().unwrap().name.unwrap_or_else(none),
        "消费金额" => part.amount_fen.map_or_else(none, |fen| fen.to_string()),
        "购买数量" => part.quantity.map_or_else(none, |quantity| quantity.to_string()),
        _ => part.text.replace(['\r', '\n'], "⏎"),
    }
}

fn received(file: &pb::File) -> String {
    match file.received.clone().unwrap().moment.unwrap() {
        pb::moment::Moment::Date(day) => day,
        pb::moment::Moment::Time(time) => Timestamp(time.seconds * 1_000_000).display(),
    }
}

/// A line of a text file, every cell in quotes.
pub(super) fn line(cells: &[&str]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    quoted.join(",") + "\n"
}

/// The sound row under a number, with one cell replaced.
pub(super) fn row(number: &str, column: &str, cell: &str) -> String {
    let mut cells = SOUND;
    cells[0] = number;
    cells[TITLES.iter().position(|title| *title == column).unwrap()] = cell;
    line(&cells)
}

pub(super) async fn import(
    app: &App,
    name: &str,
    content: &[u8],
    mapping: &Mapping,
) -> Result<(Sheet, Imported), SheetError> {
    let path = app.data().join(name);
    std::fs::write(&path, content).unwrap();
    let sheet = Sheet::read_as(&path, mapping, None)?;
    let done = app.import(FIRST_BUREAU, sheet.clone(), None, &Lifecycle::default(), |_| ()).await.unwrap();
    Ok((sheet, done))
}

/// Cases that passed, by kind.
#[derive(Default)]
pub(super) struct Count(pub(super) BTreeMap<&'static str, usize>);

impl Count {
    pub(super) fn add(&mut self, kind: &'static str) {
        *self.0.entry(kind).or_default() += 1;
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_cell_reads_as_what_was_meant(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    // Numbers lose their zeros and digits together: those cases are a file each, as are the two of a kind.
    let mut shared = line(&TITLES);
    for (at, (_, column, cell, _)) in CELLS.iter().enumerate().filter(|(_, case)| case.1 != "登记编号") {
        shared += &row(&format!("K{at}"), column, cell);
    }
    let (_, together) = import(&app.app, "cells.csv", shared.as_bytes(), &Mapping::default()).await.unwrap();
    let mut intake = app.intake().await;
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    let mut at_row = 1;
    for (at, (kind, column, cell, reads)) in CELLS.iter().enumerate() {
        let (done, number, row_number) = if *column == "登记编号" {
            let text = line(&TITLES) + &row(cell, column, cell);
            let (_, alone) =
                import(&app.app, "number.csv", text.as_bytes(), &Mapping::default()).await.unwrap();
            (alone, (*reads).to_owned(), 2)
        } else {
            at_row += 1;
            (together.clone(), format!("K{at}"), at_row)
        };
        let names = |faults: &[triage::exchange::Fault], what: &str| {
            let mut of_row = faults.iter().filter(|fault| fault.row == row_number);
            of_row.any(|fault| fault.column == what || fault.reason_zh.contains(what))
        };
        let asked = pb::GetSubmissionRequest { registration_number: number };
        let found = intake.get_submission(asked).await.ok().map(|found| found.into_inner().files.remove(0));
        let is_right = match reads.split_once(' ') {
            Some(("refused", what)) => names(&done.faults, what) && found.is_none(),
            Some(("warned", what)) => {
                names(&done.warnings, what) && found.as_ref().is_some_and(|file| shown(file, column) == "-")
            }
            _ => {
                let is_silent = !done.warnings.iter().any(|warning| warning.row == row_number);
                is_silent && found.as_ref().is_some_and(|file| shown(file, column) == *reads)
            }
        };
        if is_right {
            count.add(kind);
        } else {
            let said: Vec<_> =
                done.faults.iter().chain(&done.warnings).filter(|fault| fault.row == row_number).collect();
            let read = found.map(|file| shown(&file, column));
            wrong.push(format!(
                "{kind}: {column} {cell:?} should read {reads:?}, reads {read:?}, said {said:?}"
            ));
        }
    }
    eprintln!("{backend:?}: {:#?}, {} in all", count.0, count.0.values().sum::<usize>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    app.stop().await;
}
