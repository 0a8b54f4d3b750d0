mod quotes;

use encoding_rs::GB18030;
use rstest::rstest;

use super::*;
use crate::exchange::file::{Named, SheetError};

/// A sheet from the text of a CSV.
pub(in crate::exchange) fn sheet(text: &str) -> Result<Sheet, SheetError> {
    read(text.as_bytes())
}

fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Sheet::read(file.path())
}

/// Numbers of the rows that fit their header, and of those that do not with why.
fn judged(text: &str) -> (Vec<u32>, Vec<(u32, Misfit)>) {
    let sheet = sheet(text).unwrap();
    let sound = sheet.rows().iter().filter(|row| row.misfit.is_none()).map(|row| row.number);
    let misfits = sheet.rows().iter().filter_map(|row| Some((row.number, row.misfit?)));
    (sound.collect(), misfits.collect())
}

const TEXT: &str = "导出表\n\n登记编号,登记时间,类型,具体问题,备注\n1,2026-01-05,投诉,\"第一行\n“第二行”, 逗号\",无\n,,,,\n2,2026-01-06,举报,好,无\n";
const HEADER: &str = "登记编号,登记时间,类型,具体问题,备注";

#[test]
fn encodings_delimiters_and_titles_above_the_header_make_no_difference() {
    let (gb18030, _, _) = GB18030.encode(TEXT);
    let with_bom = [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat();
    let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_with_bom =
        [b"\xFE\xFF".to_vec(), TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat();
    for bytes in [TEXT.as_bytes().to_vec(), gb18030.into_owned(), with_bom, utf16, utf16_with_bom] {
        let sheet = read(&bytes).unwrap();
        let numbers: Vec<u32> = sheet.rows().iter().map(|row| row.number).collect();
        assert_eq!(numbers, [4, 6], "as Excel counts them: the blank line too");
        let story = sheet.cell(&sheet.rows()[0], Column::Story);
        assert_eq!(*story, Cell::of_text("第一行\n“第二行”, 逗号"));
        assert_eq!(sheet.ignored(), ["备注（E 列）"]);
        assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Shop), Cell::Empty);
    }
    let tabs = "登记编号\t登记时间\t类型\t具体问题\n1\t2026-01-05\t投诉\t一，二；三,四\n";
    assert_eq!(sheet(tabs).unwrap().rows().len(), 1);
    let old_mac = HEADER.to_owned() + "\r1,2026-01-05,投诉,好,\r2,2026-01-05,投诉,好,\r";
    assert_eq!(sheet(&old_mac).unwrap().rows().len(), 2);
}

#[rstest]
#[case::semicolons("清单:商品0;商品1;商品2;商品3;商品4;商品5;商品6;商品7;商品8")]
#[case::entities("商家&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;不退")]
#[case::tabs("0\t1\t2\t3\t4\t5\t6\t7\t8\t9")]
#[case::strokes("a|b|c|d|e|f|g|h")]
fn what_stands_in_a_story_chooses_no_delimiter(#[case] story: &str) {
    let found = sheet(&format!("{HEADER}\n1,2026-01-05,投诉,\"{story}\",\n")).unwrap();
    assert_eq!(*found.cell(&found.rows()[0], Column::Story), Cell::of_text(story));
}

#[test]
fn bytes_of_no_encoding_are_one_unreadable_cell() {
    let (mut bytes, text) = (Vec::new(), "登记编号,登记时间,类型,具体问题\n7,2026-01-05,投诉,");
    bytes.extend_from_slice(&GB18030.encode(text).0);
    bytes.extend_from_slice(b"\xFF\xFFx\n");
    let mut utf8 = format!("{text}买了大").into_bytes();
    // One byte is missing: the text stays UTF-8.
    utf8.pop();
    utf8.extend_from_slice("米\n8,2026-01-05,投诉,好\n".as_bytes());
    for bytes in [bytes, utf8] {
        let sheet = read(&bytes).unwrap();
        let story = sheet.cell(&sheet.rows()[0], Column::Story);
        assert!(matches!(story, Cell::Unreadable(_)), "{story:?}");
        assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Number), Cell::of_text("7"));
    }
}

#[test]
fn a_lone_quote_costs_its_own_row() {
    let rows =
        "1,2026-01-05,投诉,\"好评返现的商家,\n2,2026-01-05,投诉,\"别人的话\",无\n3,2026-01-05,投诉,\"好\",\n";
    assert_eq!(judged(&format!("{HEADER}\n{rows}")), (vec![3, 4], vec![(2, Misfit::Quote)]));
    let never_closed = format!("{HEADER}\n1,2026-01-05,投诉,\"好评,\n2,2026-01-05,投诉,别人的话,\n");
    assert_eq!(judged(&never_closed), (vec![3], vec![(2, Misfit::Quote)]));
    let backslash = format!("{HEADER}\n1,2026-01-05,投诉,\"他说\\\"不退\\\"\",无\n2,2026-01-05,投诉,好,\n");
    assert_eq!(judged(&backslash), (vec![3], vec![(2, Misfit::Quote)]));
}

#[test]
fn a_row_that_has_other_cells_than_the_header_is_shifted_or_cut() {
    let more = format!("{HEADER}\n1,2026-01-05,投诉,退货,赔偿损失,\n2,2026-01-05,投诉,好,\n");
    assert_eq!(judged(&more), (vec![3], vec![(2, Misfit::MoreCells)]));
    assert!(sheet(&more).unwrap().notes().is_empty(), "no column of the file holds what is too much");
    let cut = format!("{HEADER}\n1,2026-01-05,投诉,好,\n2,2026-01-05,投诉,第2件：购买");
    assert_eq!(judged(&cut), (vec![2], vec![(3, Misfit::CutOff)]));
    // Cut in the last column, or in the number when that is the last: a number shorter than all others is seen, other words are asked about.
    let end = format!("{HEADER}\n1,2026-01-05,投诉,好,\n2,2026-01-05,投诉,好,退");
    assert_eq!((judged(&end).1, sheet(&end).unwrap().notes().len()), (vec![], 1));
    let rows =
        ["登记时间,类型,具体问题,登记编号", "2026-01-05,投诉,好,1150203", "2026-01-05,投诉,好,1150204"];
    let numbered = format!("{}\n2026-01-05,投诉,好,1150205\n2026-01-05,投诉,好,1150", rows.join("\n"));
    assert_eq!(judged(&numbered), (vec![2, 3, 4], vec![(5, Misfit::CutOff)]));
    let missing = format!("{HEADER}\n1,2026-01-05,投诉,好,\n2,2026-01-05,投诉,好\n3,2026-01-05,投诉,好,\n");
    assert_eq!(judged(&missing), (vec![2, 4], vec![(3, Misfit::FewerCells)]));
    // A line's end inside of a text without quotes makes two rows of one; neither is taken.
    let broken = format!(
        "{HEADER}\n1,2026-01-05,投诉,好,\n2,2026-01-05,投诉,第一段\n第二段,无\n3,2026-01-05,投诉,好,\n"
    );
    let (sound, misfits) = judged(&broken);
    assert_eq!((sound, misfits), (vec![2, 5], vec![(3, Misfit::FewerCells), (4, Misfit::FewerCells)]));
}

/// Found by fuzzing: a row of a remark alone, in a column that is not read, is no row and is not counted among the short ones.
#[test]
fn a_short_row_of_a_column_that_is_not_read_costs_no_other() {
    let header = "备注,登记编号,登记时间,类型,具体问题";
    assert_eq!(judged(&format!("{header}\n,1,2026-01-05,投诉,好\n见附件\n")), (vec![2], vec![]));
    let between = format!("{header}\n,1,2026-01-05,投诉,好\n见附件\n,2,2026-01-05,投诉,好\n");
    assert_eq!(judged(&between), (vec![2, 4], vec![]));
}

#[test]
fn a_program_that_leaves_out_blank_cells_at_the_end_does_so_in_many_rows() {
    let rows = (1..=9).map(|n| format!("{n},2026-01-05,投诉,好\n")).collect::<Vec<_>>().concat();
    let (sound, misfits) = judged(&format!("{HEADER}\n{rows}"));
    assert_eq!((sound.len(), misfits), (9, vec![]));
    let no_newline = format!("{HEADER}\n{}", rows.trim_end());
    assert_eq!(judged(&no_newline).1, [(10, Misfit::CutOff)]);
}

#[test]
fn a_header_lower_in_the_sheet_begins_another_table() {
    let text = "登记编号,登记时间,类型,企业名称,具体问题\nT1,2026-01-05,投诉,聚和,好\n登记编号,登记时间,类型,举报人,具体问题\nT2,2026-01-05,举报,许某,坏\n登记编号,登记时间,类型,举报人,具体问题\nT3,2026-01-05,举报,王某,坏\n";
    let found = sheet(text).unwrap();
    let cell = |at: usize, column| found.cell(&found.rows()[at], column).clone();
    assert_eq!(found.rows().len(), 3, "a header that is printed again is no row");
    assert_eq!((cell(0, Column::Shop), cell(0, Column::Name)), (Cell::of_text("聚和"), Cell::Empty));
    assert_eq!((cell(1, Column::Shop), cell(1, Column::Name)), (Cell::Empty, Cell::of_text("许某")));
    assert_eq!(cell(2, Column::Name), Cell::of_text("王某"));
    let other = format!("{HEADER}\n1,2026-01-05,投诉,好,\n编号,姓名,联系电话,地址,备注\n9,许某,135,路,\n");
    assert_eq!(judged(&other), (vec![2], vec![(4, Misfit::OtherTable)]));
}

#[test]
fn criteria_above_a_table_are_no_header() {
    let text = format!("登记编号,登记时间,类型,,\n,>=2026-01-01,投诉,,\n\n{HEADER}\n1,2026-01-05,投诉,好,\n");
    assert_eq!(judged(&text), (vec![5], vec![]));
    let notes = (0..40).map(|n| format!("说明{n},,,,\n")).collect::<Vec<_>>().concat();
    assert_eq!(judged(&format!("{notes}{HEADER}\n1,2026-01-05,投诉,好,\n")).0, [42]);
}

#[test]
fn sums_and_signatures_below_a_table_are_no_rows() {
    let feet = "合计,,,9,\n制表人：张三,,,,\n共 1 条,,,,\n第1页/共1页,,,,\n";
    let found = sheet(&format!("{HEADER}\n1,2026-01-05,投诉,好,\n{feet}")).unwrap();
    assert_eq!(found.rows().len(), 1);
    assert!(found.notes()[0].contains("4 行合计"), "{:?}", found.notes());
}

#[test]
fn columns_without_a_title_and_of_one_name_are_told() {
    let found = sheet("登记编号,登记时间,类型,具体问题,,备注\n1,2026-01-05,投诉,好,某路1号,\n").unwrap();
    assert!(found.notes()[0].contains("E 列（第 2 行起）"), "{:?}", found.notes());
    let twice = sheet("登记编号,登记时间,登记时间,类型,具体问题\n1,2026-01-05,2026-01-06,投诉,好\n");
    let message = twice.unwrap_err().to_string();
    assert!(message.contains("登记时间") && message.contains("同名"), "{message}");
}

#[test]
fn what_all_numbers_of_a_file_have_lost_is_seen_in_all_of_them() {
    let numbers = |numbers: [&str; 4]| {
        let rows: Vec<String> =
            numbers.iter().map(|number| format!("{number},2026-01-05,投诉,好,\n")).collect();
        judged(&format!("{HEADER}\n{}", rows.concat())).1
    };
    let rounded = ["1502032026010510", "1502032026010520", "1502032026010530", "15"];
    assert_eq!(numbers(rounded), [(2, Misfit::Rounded), (3, Misfit::Rounded), (4, Misfit::Rounded)]);
    assert_eq!(numbers(["1502032026010510", "1502032026010521", "1502032026010530", "15"]), []);
    assert_eq!(numbers(["00120", "00121", "122", "00123"]), [(4, Misfit::ZerosLost)]);
    assert_eq!(numbers(["120", "00121", "122", "123"]), []);
}

/// A workbook of sheets: name, hidden, rows.
fn workbook(sheets: &[(&str, bool, &[&[&str]])]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, hidden, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap().set_hidden(*hidden);
        if !hidden {
            // Excel cannot hide the sheet it shows first.
            sheet.set_active(true);
        }
        for (at, row) in (0..).zip(*rows) {
            sheet.write_row(at, 0, row.iter().copied()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_one_visible_sheet_with_the_header_is_read_and_two_are_not_guessed_at() {
    const HEADER: &[&str] = &["登记编号", "登记时间", "类型", "具体问题"];
    let (one, other): (&[&str], &[&str]) =
        (&["V1", "2026-01-05", "投诉", "好"], &["H1", "2026-01-05", "投诉", "旧"]);
    let note: &[&[&str]] = &[&["编号", "来源"], &["1", "平台"]];
    let found = read(&workbook(&[
        ("旧", true, &[HEADER, other]),
        ("说明", false, note),
        ("新", false, &[HEADER, one]),
    ]));
    let found = found.unwrap();
    assert_eq!(found.rows().len(), 1);
    assert_eq!(*found.cell(&found.rows()[0], Column::Number), Cell::of_text("V1"));
    assert_eq!(found.notes(), ["隐藏的工作表未读取：旧"]);
    let two = read(&workbook(&[("投诉", false, &[HEADER, one]), ("举报", false, &[HEADER, other])]));
    let message = two.unwrap_err().to_string();
    assert!(message.contains("投诉、举报"), "{message}");
}

#[test]
fn a_remark_beside_a_workbooks_table_is_no_shifted_row() {
    let rows: &[&[&str]] = &[
        &["登记编号", "登记时间", "类型", "具体问题"],
        &["V1", "2026-01-05", "投诉", "好", "", "请王所长看一下"],
        &["V2", "2026-01-05", "投诉", "好"],
    ];
    let found = read(&workbook(&[("新", false, rows)])).unwrap();
    assert!(found.rows().iter().all(|row| row.misfit.is_none()));
    assert!(found.notes()[0].contains("F 列"), "{:?}", found.notes());
}

#[test]
fn what_is_no_export_is_refused_with_what_to_do() {
    assert!(matches!(sheet("a,b\n1,2\n"), Err(SheetError::NoHeader)));
    assert!(matches!(sheet(""), Err(SheetError::Named(Named::Empty))));
    let message = sheet("登记编号,登记时间,类型\n").unwrap_err().to_string();
    assert!(message.contains("具体问题") && message.contains("勾选"), "{message}");
    let message = sheet("登记编号,登记时间,具体问题\n").unwrap_err().to_string();
    assert!(message.contains("--kind"), "{message}");
    assert!(matches!(read(b"PK\x03\x04 no workbook"), Err(SheetError::Named(Named::Truncated))));
    let ole = |stream: &str| {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.resize(2_048, 0);
        bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    for (stream, named) in [
        ("EncryptedPackage", Named::Password),
        ("WordDocument", Named::Word),
        ("Workbook", Named::OldDamaged),
        ("__properties", Named::OtherDocument),
    ] {
        match read(&ole(stream)) {
            Err(SheetError::Named(found)) => assert_eq!(found, named, "{stream}"),
            other => panic!("{stream}: {other:?}"),
        }
    }
    let cut = workbook(&[("新", false, &[&["登记编号", "登记时间", "类型", "具体问题"]])]);
    assert!(matches!(read(&cut[..cut.len() / 2]), Err(SheetError::Named(Named::Truncated))));
    let folder = Sheet::read(&std::env::temp_dir());
    assert!(matches!(folder, Err(SheetError::Named(Named::Directory))));
}

#[test]
fn rows_have_a_bound_and_blank_ones_have_another() {
    let mapping = Mapping::default();
    let text = |text: &str| Cell::of_text(text);
    let titles = HEADER.split(',').map(text).collect();
    let mut collector = Collector::new(&mapping);
    collector.push(Record { number: 1, cells: titles, ..Record::default() }).unwrap();
    let row = |number: u32| {
        let cells = vec![Cell::Number(f64::from(number)), text("2026-01-05"), text("投诉"), text("好")];
        Record { number, cells, ..Record::default() }
    };
    let taken = (2..2_000_000).take_while(|number| collector.push(row(*number)).is_ok()).count();
    assert_eq!(taken, MOST_ROWS);
    let mut blank = Collector::new(&mapping);
    let taken = (0..2_000_000).take_while(|_: &u32| blank.push(Record::default()).is_ok()).count();
    assert_eq!(taken, 1_048_576);
}

/// Every row taken apart: whatever stands in it, it is an item, something else, or wrong.
fn take_apart(bytes: &[u8]) {
    use crate::exchange::{Parsed, Times};
    let now = crate::domain::time::Timestamp(1_788_192_000_000_000);
    if let Ok(sheet) = read(bytes) {
        for row in sheet.rows() {
            let placed = sheet.place(row).is_some();
            let parsed = sheet.parse(row, Times { now, as_of: sheet.as_of(now) });
            assert!(placed || !matches!(parsed, Parsed::Item(_)), "an item has a place: {row:?}");
        }
        let _ = (sheet.labels(), crate::exchange::costs(&sheet), sheet.ignored());
    }
}

/// Pieces that are likely to meet an edge of the reader of texts, of a cell or of a header.
const PIECES: &str = "(登记编号|登记时间|类型|投诉内容|企业名称|联系电话|消费金额（万元）|投诉|举报|2026-03-0[0-9]|[0-9]{1,20}|\
    [\",;\t|\r\n=*'`-]|\u{feff}|\u{200b}|\u{b}|\u{1a}|一千五|元|:|\\PC)";

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes_are_read_or_named(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        take_apart(&bytes);
        // Behind a header they are rows.
        take_apart(&[HEADER.as_bytes(), b"\n", &bytes].concat());
        take_apart(&[&GB18030.encode(HEADER).0[..], b"\n", &bytes].concat());
    }

    #[test]
    fn any_text_is_read_or_named_in_every_encoding(rows in proptest::collection::vec(PIECES, 0..80), cut in 0..3_usize) {
        let text = format!("{HEADER}\n{}", rows.concat());
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &GB18030.encode(&text).0, &utf16] {
            take_apart(&bytes[..bytes.len().saturating_sub(cut)]);
        }
        take_apart(rows.concat().as_bytes());
    }
}
