mod moved;
mod said;

use super::*;
use crate::domain::given::Fact as _;
use crate::domain::handling::{RefusalGround, Status};
use crate::domain::outcome::{Ended, ImportedLabel};
use crate::exchange::sheet::tests::sheet;

/// 2026-09-01 00:00 UTC+8.
const NOW: Timestamp = Timestamp(1_788_192_000_000_000);

const HEADER: &str = "登记编号,登记时间,类型,接收方式,提供方姓名,提供方联系方式,企业名称,企业地址,消费金额(单位:元),诉求内容,具体问题,初查受理状态,不予受理原因,办理情况状态,处理部门,办结时间,挽回经济损失(单位:元),疑似职业索赔,收货地址,电子邮箱,收款账户,罚款金额(单位:元),没收金额(单位:元)";
/// A sound row; a test changes single cells of it, by header.
const SOUND: [&str; 23] = [
    "115020320260105000001",
    "2026-01-05 13:28:58",
    "投诉",
    "全国12315平台",
    "许某",
    "13547207780",
    "昆都仑区聚和食品店",
    "团结大街36号",
    "9.9",
    "退货，赔偿损失",
    "买了大米，未标注生产日期",
    "已受理",
    "",
    "办理中",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
];

fn parse(changes: &[(&str, &str)]) -> Parsed {
    let titles: Vec<&str> = HEADER.split(',').collect();
    let mut cells = SOUND.map(str::to_owned);
    for (title, value) in changes {
        let at = titles.iter().position(|known| known.starts_with(title)).unwrap();
        (*value).clone_into(&mut cells[at]);
    }
    let row: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    let sheet = sheet(&format!("{HEADER}\n{}\n", row.join(","))).unwrap();
    sheet.parse(&sheet.rows()[0], Times { now: NOW, as_of: NOW })
}

fn item(changes: &[(&str, &str)]) -> Item {
    match parse(changes) {
        Parsed::Item(item) => *item,
        other => panic!("{other:?}"),
    }
}

/// Column, kind of value and reason of everything that is wrong.
fn faults(changes: &[(&str, &str)]) -> Vec<String> {
    match parse(changes) {
        Parsed::Faulty(faults) => {
            assert!(faults.iter().all(|fault| fault.row == 2));
            faults
                .iter()
                .map(|fault| format!("{} {} {}", fault.column, fault.kind.zh(), fault.reason_zh))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Columns and reasons of what was taken as blank in a row that is taken.
fn warnings(changes: &[(&str, &str)]) -> Vec<String> {
    let said = |fault: Fault| format!("{} {}", fault.column, fault.reason_zh.split('；').next().unwrap());
    item(changes).warnings.into_iter().map(said).collect()
}

#[test]
fn a_sound_row_is_a_submission_of_one_part() {
    let item = item(&[]);
    let submission = &item.submission;
    assert_eq!(submission.number.as_str(), "115020320260105000001");
    assert_eq!(submission.received.at.display(), "2026-01-05 13:28:58");
    assert_eq!(submission.channel, Given::Known(Channel::Platform));
    assert!(submission.report.is_none());
    let part = submission.complaint.as_ref().unwrap();
    let demands: Vec<&str> = part.demands.known().unwrap().iter().map(Line::as_str).collect();
    assert_eq!(demands, ["退货", "赔偿损失"]);
    assert_eq!(part.amount_fen.known().unwrap().fen(), 990);
    assert_eq!((&item.outcome.ending, item.outcome.accepted_upstream), (&None, true), "accepted, and open");
}

#[test]
fn masks_and_blanks_are_facts_that_are_not_known() {
    let item = item(&[
        ("提供方姓名", "*****"),
        ("提供方联系方式", "135****7780"),
        ("消费金额", "*****"),
        ("诉求", "***"),
        ("企业地址", ""),
    ]);
    let Submission { complainant, respondent, complaint, .. } = item.submission;
    let part = complaint.unwrap();
    assert_eq!((complainant.name, complainant.phone), (Given::Masked, Given::Masked));
    assert_eq!((part.amount_fen, part.demands), (Given::Masked, Given::Masked));
    assert_eq!(respondent.premises, Given::Absent);
}

#[test]
fn where_goods_mail_and_money_go_is_read() {
    let read =
        item(&[("收货地址", "乌兰道3号驿站"), ("电子邮箱", "Xu@Example.cn"), ("收款账户", "6222 0200 1234")]);
    let person = read.submission.complainant;
    assert_eq!(person.delivery_address.known().unwrap().as_str(), "乌兰道3号驿站");
    assert_eq!(person.email.known().unwrap().text(), "xu@example.cn");
    assert_eq!(person.payment_account.known().unwrap().text(), "622202001234");
    let read = item(&[("收货地址", "***"), ("电子邮箱", "x**@example.cn"), ("收款账户", "6222**34")]);
    let person = read.submission.complainant;
    assert_eq!((person.delivery_address, person.email), (Given::Masked, Given::Masked));
    assert_eq!(person.payment_account, Given::Masked);
    assert!(item(&[]).submission.complainant.email.is_absent());
    let said = item(&[("电子邮箱", "无"), ("收款账户", "同上")]);
    assert!(said.submission.complainant.payment_account.is_absent() && said.warnings.is_empty());
    let all = warnings(&[("电子邮箱", "a@"), ("收款账户", "收款码")]);
    assert!(
        all[0].starts_with("电子邮箱 不是有效电子邮箱") && all[1].starts_with("收款账户 不是"),
        "{all:?}"
    );
}

#[test]
fn everything_wrong_with_a_row_is_named_at_once_and_no_value_with_it() {
    let all = faults(&[
        ("登记编号", ""),
        ("登记时间", "2026年4月31日"),
        ("消费金额", "约三百元"),
        ("企业名称", "*****"),
        ("企业地址", ""),
        ("具体问题", " "),
        ("办理情况", "随便"),
        ("办结时间", "某日"),
        ("疑似", "也许"),
    ]);
    assert_eq!(
        all,
        [
            "登记编号 空白 不能为空",
            "登记时间 文本 不是有效的日期时间，请写成 2026-05-20 09:30:00 或 2026-05-20",
            "企业名称 文本 被投诉人名称与地址至少填写一项，脱敏内容不算",
            "具体问题 空白 不能为空",
            "消费金额(单位:元) 文本 不是金额，请写成数字，如 1299.00",
            "办结时间 文本 不是有效的日期时间，请写成 2026-05-20 09:30:00 或 2026-05-20",
            "疑似职业索赔 文本 应为“是”“否”或空白",
            "办理情况状态 文本 不认识的办理状态，请改为“办理中”“已办结”等平台用语",
        ]
    );
    for (changes, reason) in [
        ([("登记时间", "2027-01-05 10:00:00"), ("类型", "投诉")], "登记时间 文本 登记时间晚于现在"),
        (
            [("类型", "表扬"), ("提供方姓名", "")],
            "类型 文本 类型应为“投诉”“举报”或者“咨询”：建议、求助、表扬等不按投诉举报程序办理的，请改为“咨询”（另行列出、告知途径）或者从文件中删去；内容其实是投诉、举报的，请按内容改为“投诉”或者“举报”",
        ),
    ] {
        assert_eq!(faults(&changes), [reason]);
    }
    assert!(faults(&[("具体问题", "\u{FFFD}")])[0].contains("无法读取"));
}

#[test]
fn one_bad_cell_never_costs_a_complaint() {
    for (changes, said) in [
        ([("办理情况", "已办结"), ("办结时间", "2026-01-04")], "办结时间 办结时间早于登记时间"),
        ([("办理情况", "已办结"), ("办结时间", "2026-09-02")], "办结时间 办结时间晚于今天"),
        (
            [("办理情况", "办理中"), ("办结时间", "2026-02-02")],
            "办结时间 办理情况为未办结，却填有办结时间，请核对",
        ),
        ([("消费金额", "-50"), ("类型", "投诉")], "消费金额(单位:元) 金额应在 0 至 100 亿元之间"),
        ([("消费金额", "约三百元"), ("类型", "投诉")], "消费金额(单位:元) 不是金额，请写成数字，如 1299.00"),
        (
            [("消费金额", "\u{FFFD}"), ("类型", "投诉")],
            "消费金额(单位:元) 单元格内容无法读取（含有乱码字节），请在原文件中核对",
        ),
        (
            [("提供方联系方式", "135 4720 778O"), ("类型", "投诉")],
            "提供方联系方式 不是有效电话号码，应为 3 至 20 位数字，未知可不填",
        ),
        (
            [("办理情况", "随便"), ("类型", "投诉")],
            "办理情况状态 不认识的办理状态，请改为“办理中”“已办结”等平台用语",
        ),
        ([("疑似", "也许"), ("类型", "投诉")], "疑似职业索赔 应为“是”“否”或空白"),
        (
            [("办结时间", "某日"), ("类型", "投诉")],
            "办结时间 不是有效的日期时间，请写成 2026-05-20 09:30:00 或 2026-05-20",
        ),
    ] {
        assert_eq!(warnings(&changes), [said]);
    }
    // The value is told where it is nobody's.
    assert_eq!(item(&[("消费金额", "约三百元")]).warnings[0].value.as_deref(), Some("约三百元"));
    assert_eq!(item(&[("消费金额", "13547207780x")]).warnings[0].value, None, "a number in a wrong column");
    assert_eq!(item(&[("提供方联系方式", "135 4720 778O")]).warnings[0].value, None);
    let ended = item(&[("办理情况", "已办结"), ("办结时间", "2026-01-04")]).outcome.ending.unwrap();
    assert_eq!((ended.ended, ended.at), (Ended::Closed(None), None), "it ended, nobody knows when");
}

#[test]
fn a_house_number_that_became_a_date_is_no_address() {
    for value in ["46082", "2026-03-02", "2026/3/2", "3月2日2026年", "3月2日", "36"] {
        let said = item(&[("企业地址", value), ("收货地址", value)]);
        let is_date = value != "3月2日2026年";
        assert_eq!(said.submission.respondent.premises.is_absent(), is_date, "{value}");
        assert_eq!(said.warnings.len(), if is_date { 2 } else { 0 }, "{value}");
    }
}

#[test]
fn placeholders_are_absent_and_several_numbers_are_kept() {
    for word in ["匿名", "无", "不详", "同上", "NULL", "-", "/", "——"] {
        let item =
            item(&[("提供方姓名", word), ("提供方联系方式", word), ("收货地址", word), ("企业地址", word)]);
        let Submission { complainant, respondent, .. } = item.submission;
        assert!(complainant.name.is_absent() && complainant.phone.is_absent(), "{word}");
        assert!(
            complainant.delivery_address.is_absent() && respondent.premises.is_absent() || word == "匿名",
            "{word}"
        );
        assert!(item.warnings.is_empty(), "{word}");
    }
    let both = item(&[("提供方联系方式", "13900000001/5150001")]);
    assert_eq!(both.submission.complainant.phone.known().unwrap().digits(), "13900000001");
    let others = |item: &Item| item.submission.complainant.other_phones.known().unwrap().words();
    assert_eq!((others(&both).as_str(), both.warnings.len()), ("5150001", 0));
    let four = item(&[("提供方联系方式", "13900000001 5150001、5150002/5150003")]);
    assert_eq!(others(&four), "5150001、5150002");
    assert!(four.warnings[0].reason_zh.contains("只保留前三个"));
    assert!(faults(&[("企业名称", "无"), ("企业地址", "/")])[0].starts_with("企业名称"));
}

#[test]
fn words_of_the_status_are_known_by_their_beginning_and_tell_their_ground() {
    let read = |first: &str, standing: &str| {
        let changes = [("初查", first), ("办理情况", standing), ("办结时间", "2026-02-01")];
        item(&changes).outcome.ending.map(|ending| ending.ended)
    };
    let settled = Some(Ended::Closed(Some(crate::domain::handling::Disposition::Settled)));
    assert_eq!(read("已受理", "已办结（调解成功）"), settled);
    assert_eq!(
        read("不予受理（不属于本部门职责）", "已办结"),
        Some(Ended::Refused(Some(RefusalGround::NotOurDuty)))
    );
    assert_eq!(read("", "不予受理（超过三年）"), Some(Ended::Refused(Some(RefusalGround::TooLate))));
    assert_eq!(read("", "已办结（不予受理）"), Some(Ended::Refused(None)));
    assert_eq!(item(&[("疑似", "是（多次）")]).outcome.imported_label, Some(ImportedLabel::Suspected));
    assert_eq!(item(&[("疑似", "不是")]).outcome.imported_label, Some(ImportedLabel::Not));
    assert_eq!(item(&[("疑似", "无")]).outcome.imported_label, None);
}

#[test]
fn a_word_of_the_status_in_a_column_of_texts_is_a_shifted_row() {
    for (title, value) in [
        ("处理部门", "待受理"),
        ("企业地址", "已办结"),
        ("具体问题", "2026-05-04 09:01:10"),
        ("不予受理原因", "待核查"),
    ] {
        let all = faults(&[(title, value)]);
        assert!(all[0].starts_with(title) && all[0].contains("错位"), "{all:?}");
    }
    item(&[("不予受理原因", "不予受理"), ("处理部门", "城东所")]);
}

/// The cells of the sound row from one on, a column farther to the right or to the left.
fn moved(at: usize, right: bool) -> String {
    let mut cells = SOUND.map(str::to_owned).to_vec();
    if right {
        cells.insert(at, String::new());
        cells.pop();
    } else {
        cells.remove(at);
        cells.push(String::new());
    }
    cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",")
}

#[test]
fn cells_that_moved_by_a_column_are_no_row_and_a_file_of_them_is_refused() {
    let sound = SOUND.map(|cell| format!("\"{cell}\"")).join(",");
    let (mut wrong, mut named) = (Vec::new(), 0);
    // Behind the last filled cell nothing moves.
    for (at, right) in (0..13).flat_map(|at| [(at, true), (at, false)]) {
        let row = moved(at, right);
        let sheet = sheet(&format!("{HEADER}\n{sound}\n{row}\n")).unwrap();
        match sheet.parse(&sheet.rows()[1], Times { now: NOW, as_of: NOW }) {
            Parsed::Faulty(faults) => named += usize::from(faults[0].reason_zh.contains("错位")),
            other => wrong.push(format!("{at} {right}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(named >= 18, "{named}");
    for (at, right, column) in
        [(0, true, "登记编号"), (1, true, "登记时间"), (1, false, "登记时间"), (5, false, "提供方联系方式")]
    {
        let row = moved(at, right);
        let refused = sheet(&format!("{HEADER}\n{row}\n{row}\n{row}\n")).unwrap_err().to_string();
        assert!(refused.contains("错开了一列") && refused.contains(column), "{at} {right}: {refused}");
    }
}

#[test]
fn what_is_no_address_is_absent_and_said_by_row_and_column() {
    for (value, said) in [
        (",null", false),
        ("无", false),
        ("同上", false),
        ("null,null", true),
        ("//区,街12号", true),
        ("0472-5151234", true),
        ("电话：13547207780", true),
        ("不在昆区，在青山区富强路还有一家", true),
        ("具体地址不清楚，客服说在东河区", true),
    ] {
        let item = item(&[("企业地址", value), ("收货地址", value)]);
        let Submission { respondent, complainant, .. } = &item.submission;
        assert!(respondent.premises.is_absent() && complainant.delivery_address.is_absent(), "{value}");
        let rows: Vec<(u32, &str)> =
            item.warnings.iter().map(|warning| (warning.row, warning.column.as_str())).collect();
        let expected: &[(u32, &str)] = if said { &[(2, "收货地址"), (2, "企业地址")] } else { &[] };
        assert_eq!(rows, expected, "{value}");
    }
    let sound = item(&[("企业地址", "团结大街36号（华联超市对面，电话0472-5151234）")]);
    assert!(sound.submission.respondent.premises.known().is_some() && sound.warnings.is_empty());
}

#[test]
fn a_row_with_more_cells_than_the_header_is_shifted() {
    let cells = format!("{}否", SOUND.join(",").replace("退货，赔偿损失", "退货,赔偿损失"));
    let sheet = sheet(&format!("{HEADER}\n{cells}\n")).unwrap();
    let Parsed::Faulty(faults) = sheet.parse(&sheet.rows()[0], Times { now: NOW, as_of: NOW }) else {
        panic!("taken")
    };
    assert!(faults[0].reason_zh.contains("错位"), "{faults:?}");
}

#[test]
fn what_is_of_another_procedure_is_told_apart() {
    assert_eq!(parse(&[("类型", "咨询")]), Parsed::Elsewhere("咨询"));
    assert_eq!(
        parse(&[("类型", "政府信息公开申请"), ("具体问题", "")]),
        Parsed::Elsewhere("政府信息公开申请")
    );
}

#[test]
fn the_words_of_the_platform_are_an_end_or_none() {
    let read = |kind: &str, first: &str, standing: &str, ended: &str| {
        let changes = [("类型", kind), ("初查", first), ("办理情况", standing), ("办结时间", ended)];
        item(&changes).outcome.ending.map(|ending| ending.ended)
    };
    let day = "2026-02-01";
    assert_eq!(read("投诉", "待核查", "待受理", ""), None);
    assert_eq!(read("举报", "立案", "办理中", ""), None);
    assert_eq!(read("投诉", "已受理", "", ""), None);
    assert_eq!(read("投诉", "已受理", "已办结", day), Some(Ended::Closed(None)));
    assert_eq!(read("投诉", "不予受理", "已办结", day), Some(Ended::Refused(None)));
    assert_eq!(read("举报", "不予立案", "已办结", day), Some(Ended::NotFiled));
    assert_eq!(read("举报", "", "不予受理", day), Some(Ended::NotFiled));
    assert_eq!(read("举报", "立案", "已办结", day), Some(Ended::Closed(None)));
    assert_eq!(read("举报", "立案", "调解成功", day), Some(Ended::Closed(None)), "reports are not mediated");
    let settled = read("投诉", "已受理", "调解成功", day).unwrap();
    assert_eq!(settled, Ended::Closed(Some(crate::domain::handling::Disposition::Settled)));
    assert_eq!(settled.status(), Status::Closed);
    assert_eq!(
        read("投诉", "已受理", "", day),
        Some(Ended::Closed(None)),
        "a day of its end is a word of it"
    );
}

#[test]
fn an_open_row_is_taken_up_by_the_word_of_its_track() {
    let read = |kind: &str, first: &str, standing: &str| {
        let outcome = item(&[("类型", kind), ("初查", first), ("办理情况", standing)]).outcome;
        assert_eq!((&outcome.ending, outcome.is_empty()), (&None, !outcome.accepted_upstream));
        outcome.accepted_upstream
    };
    for (first, standing) in
        [("已受理", "办理中"), ("受理", ""), ("", "已受理"), ("待核查", "调解中"), ("", "受理")]
    {
        assert!(read("投诉", first, standing), "{first} {standing}");
        assert!(!read("举报", first, standing), "a report that was 受理 has come in: {first} {standing}");
    }
    for (first, standing) in [("立案", "办理中"), ("已立案", ""), ("", "立案"), ("核查中", "已立案")]
    {
        assert!(read("举报", first, standing), "{first} {standing}");
        assert!(!read("投诉", first, standing), "{first} {standing}");
    }
    for kind in ["投诉", "举报"] {
        for (first, standing) in [("待核查", "待受理"), ("核查中", "办理中"), ("", "处理中"), ("", "")]
        {
            assert!(!read(kind, first, standing), "{kind} {first} {standing}");
        }
    }
    let ended = item(&[("初查", "已受理"), ("办理情况", "已办结"), ("办结时间", "2026-02-01")]);
    assert!(!ended.outcome.accepted_upstream, "an end says it all");
    let read = serde_json::to_value(&ended.outcome).unwrap();
    assert!(
        read.get("accepted_upstream").is_none(),
        "rows that do not tell it are the rows they were: {read}"
    );
}

#[test]
fn an_end_carries_its_day_ground_money_and_hand_and_a_mark_stands_on_complaints_alone() {
    let changes = [
        ("初查", "不予受理"),
        ("不予受理原因", "不是为生活消费需要购买、使用商品或者接受服务"),
        ("办理情况", "不予受理"),
        ("办结时间", "2026-02-18"),
        ("挽回", "0"),
        ("处理部门", "城东所"),
        ("疑似", "是"),
    ];
    let outcome = item(&changes).outcome;
    let ending = outcome.ending.unwrap();
    assert_eq!(ending.ended, Ended::Refused(Some(RefusalGround::NotForConsumption)));
    assert_eq!(ending.at.unwrap().at.display(), "2026-02-18 00:00:00");
    assert_eq!(ending.recovered.unwrap().fen(), 0);
    assert_eq!(ending.handled_by.unwrap().as_str(), "城东所");
    assert_eq!((ending.fined, ending.confiscated), (None, None));
    let fined = [("类型", "举报"), ("办理情况", "已办结"), ("罚款", "5,000"), ("没收", "120.5")];
    let ending = item(&fined).outcome.ending.unwrap();
    assert_eq!((ending.fined.unwrap().fen(), ending.confiscated.unwrap().fen()), (500_000, 12_050));
    assert_eq!(outcome.imported_label, Some(ImportedLabel::Suspected));
    assert_eq!(item(&[("类型", "举报"), ("疑似", "是")]).outcome.imported_label, None);
    assert_eq!(
        item(&[("疑似", "否")]).outcome.imported_label,
        Some(ImportedLabel::Not),
        "an open row may be marked"
    );
    let open = item(&[("初查", "待核查"), ("办理情况", "待受理"), ("处理部门", "城东所")]).outcome;
    assert_eq!((open.ending.is_none(), open.reported_unit().unwrap().as_str()), (true, "城东所"));
    assert!(open.is_empty(), "who handles an open row changes nothing");
}
