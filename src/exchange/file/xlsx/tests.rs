//! Workbooks as programs of many kinds write them, part by part.

use std::io::{Cursor, Write as _};

use rstest::rstest;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::exchange::cell::{Cell, Unreadable};
use crate::exchange::columns::Column;

const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TITLES: [&str; 6] = ["登记编号", "登记时间", "类型", "企业名称", "具体问题", "消费金额"];

fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn titles() -> String {
    let cells: String =
        ('A'..).zip(TITLES).map(|(column, title)| text(&format!("{column}1"), title)).collect();
    format!("<row r=\"1\">{cells}</row>")
}

/// A row that is sound but for its last cell, whatever that is.
fn row(number: u32, last: &str) -> String {
    let sound = [("A", "T1"), ("B", "2026-01-05 13:28:58"), ("C", "投诉"), ("D", "聚和"), ("E", "坏了")];
    let cells: String =
        sound.iter().map(|(column, value)| text(&format!("{column}{number}"), value)).collect();
    format!("<row r=\"{number}\">{cells}{last}</row>")
}

fn sheet_of(rows: &str) -> String {
    format!("<?xml version=\"1.0\"?><worksheet><sheetData>{rows}</sheetData></worksheet>")
}

/// A workbook of one sheet, some of its parts replaced or added.
fn workbook(rows: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let root = format!(
        "<Relationships><Relationship Id=\"rId1\" Type=\"{RELATION}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let related = format!(
        "<Relationships><Relationship Id=\"rId1\" Type=\"{RELATION}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let book = "<workbook><sheets><sheet name=\"S1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let sheet = sheet_of(rows);
    let usual = [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", root.as_str()),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", related.as_str()),
        ("xl/worksheets/sheet1.xml", sheet.as_str()),
    ];
    let is_given = |name: &str| parts.iter().any(|(given, _)| *given == name);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in usual.iter().filter(|(name, _)| !is_given(name)).chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Sheet::read(file.path())
}

/// The amount's cell of the only row.
fn last(rows: &str, parts: &[(&str, &str)]) -> Cell {
    let sheet = open(&workbook(&format!("{}{}", titles(), row(2, rows)), parts)).unwrap();
    assert_eq!(*sheet.cell(&sheet.rows()[0], Column::Story), Cell::of_text("坏了"), "the others are whole");
    sheet.cell(&sheet.rows()[0], Column::Amount).clone()
}

#[rstest]
#[case::number("<c r=\"F2\"><v>9.5</v></c>", Cell::Number(9.5))]
#[case::number_by_name("<c r=\"F2\" t=\"n\"><v> 9.5 </v></c>", Cell::Number(9.5))]
#[case::unknown_type("<c r=\"F2\" t=\"N\"><v>12</v></c>", Cell::Number(12.0))]
#[case::no_number("<c r=\"F2\" t=\"n\"><v>九元</v></c>", Cell::of_text("九元"))]
#[case::string("<c r=\"F2\" t=\"str\"><v>甲_x000B_乙&amp;丙</v></c>", Cell::of_text("甲\n乙&丙"))]
#[case::cdata("<c r=\"F2\" t=\"str\"><v><![CDATA[牛奶<过期>]]></v></c>", Cell::of_text("牛奶<过期>"))]
#[case::rich(
    "<c r=\"F2\" t=\"inlineStr\"><is><r><rPr><b/></rPr><t>甲</t></r><r><t>乙</t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></is></c>",
    Cell::of_text("甲乙")
)]
#[case::extension(
    "<c r=\"F2\" t=\"str\"><v>9</v><extLst><ext uri=\"x\"><v>8</v></ext></extLst></c>",
    Cell::of_text("9")
)]
#[case::error("<c r=\"F2\" t=\"e\"><v>#SPILL!</v></c>", Cell::Unreadable(Unreadable::Error))]
#[case::formula("<c r=\"F2\"><f>SUM(1,2)</f></c>", Cell::Unreadable(Unreadable::Formula))]
#[case::formula_and_blank("<c r=\"F2\"><f>SUM(1,2)</f><v></v></c>", Cell::Unreadable(Unreadable::Formula))]
#[case::formula_of_a_blank_text("<c r=\"F2\" t=\"str\"><f>IF(1,\"\")</f><v></v></c>", Cell::Empty)]
#[case::formula_with_its_value("<c r=\"F2\"><f>SUM(1,2)</f><v>3</v></c>", Cell::Number(3.0))]
#[case::bool("<c r=\"F2\" t=\"b\"><v>1</v></c>", Cell::of_text("是"))]
#[case::no_bool("<c r=\"F2\" t=\"b\"><v>x</v></c>", Cell::Unreadable(Unreadable::Error))]
#[case::date(
    "<c r=\"F2\" t=\"d\"><v>2026-01-05T13:28:58.000</v></c>",
    Cell::of_text("2026-01-05T13:28:58.000")
)]
#[case::no_such_text("<c r=\"F2\" t=\"s\"><v>7</v></c>", Cell::Unreadable(Unreadable::Error))]
#[case::no_place("<c><v>9</v></c>", Cell::Number(9.0))]
#[case::empty("<c r=\"F2\" s=\"3\"/>", Cell::Empty)]
#[case::dangling("<c r=\"F2\" t=\"str\"><v>A & B</v></c>", Cell::of_text("A & B"))]
fn what_a_cell_says_costs_a_cell_at_most(#[case] cell: &str, #[case] read: Cell) {
    assert_eq!(last(cell, &[]), read);
}

#[rstest]
#[case::chart(
    "xl/_rels/workbook.xml.rels",
    "<Relationship Id=\"rId2\" Type=\"TYPES/chartsheet\" Target=\"chartsheets/sheet1.xml\"/>",
    "TYPES/worksheet",
    "worksheets/sheet1.xml"
)]
#[case::stroke_behind("xl/_rels/workbook.xml.rels", "", "TYPES/worksheet/", "worksheets/sheet1.xml")]
#[case::strict(
    "xl/_rels/workbook.xml.rels",
    "",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet",
    "worksheets/sheet1.xml"
)]
#[case::from_the_root("xl/_rels/workbook.xml.rels", "", "TYPES/worksheet", "/xl/worksheets/sheet1.xml")]
#[case::turned_stroke("xl/_rels/workbook.xml.rels", "", "TYPES/worksheet", "worksheets\\sheet1.xml")]
#[case::unknown("xl/_rels/workbook.xml.rels", "", "urn:x", "worksheets/sheet1.xml")]
fn how_parts_refer_to_each_other_is_told_by_what_they_are(
    #[case] part: &str,
    #[case] more: &str,
    #[case] kind: &str,
    #[case] target: &str,
) {
    let sheet = format!("<Relationship Id=\"rId1\" Type=\"{kind}\" Target=\"{target}\"/>");
    let relations = format!("<Relationships>{sheet}{more}</Relationships>").replace("TYPES", RELATION);
    let book = "<workbook><sheets><sheet name=\"S1\" r:id=\"rId1\"/><sheet name=\"图表1\" r:id=\"rId2\"/></sheets></workbook>";
    let parts = [
        (part, relations.as_str()),
        ("xl/workbook.xml", book),
        ("xl/chartsheets/sheet1.xml", "<chartsheet/>"),
    ];
    let parts = if more.is_empty() { &parts[..1] } else { &parts[..] };
    assert_eq!(last("<c r=\"F2\"><v>9</v></c>", parts), Cell::Number(9.0));
}

#[test]
fn shared_texts_dates_and_prefixes_are_read() {
    let strings = "<x:sst count=\"9\" uniqueCount=\"999999999999\"><x:si><x:t>甲</x:t></x:si><x:si/><x:si><x:r><x:t>乙</x:t></x:r><x:r><x:t>丙</x:t></x:r></x:si></x:sst>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy/m/d\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>";
    let parts = [("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)];
    assert_eq!(last("<c r=\"F2\" t=\"s\"><v>2</v></c>", &parts), Cell::of_text("乙丙"));
    assert_eq!(last("<c r=\"F2\" t=\"s\"><v>1</v></c>", &parts), Cell::Empty);
    assert_eq!(last("<c r=\"F2\" s=\"1\"><v>46150.5</v></c>", &parts), Cell::Date(46_150.5));
    assert_eq!(last("<c r=\"F2\" s=\"0\"><v>46150</v></c>", &parts), Cell::Number(46_150.0));
    let from_1904 = "<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"S1\" r:id=\"rId1\"/></sheets></workbook>";
    let parts = [parts[1], ("xl/workbook.xml", from_1904)];
    assert_eq!(last("<c r=\"F2\" s=\"2\"><v>44688</v></c>", &parts), Cell::Date(46_150.0));
}

#[test]
fn hidden_rows_are_read_and_told() {
    let hidden = row(3, "").replace("<row", "<row hidden=\"1\"");
    let sheet = open(&workbook(&format!("{}{}{hidden}", titles(), row(2, "")), &[])).unwrap();
    assert_eq!(sheet.rows().len(), 2);
    assert!(sheet.notes()[0].contains("1 行隐藏"), "{:?}", sheet.notes());
}

#[test]
fn what_a_workbook_claims_takes_no_room() {
    let dimension = "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>ROWS</sheetData></worksheet>";
    let rows = format!("{}{}", titles(), row(2, "<c r=\"XFD2\"><v>1</v></c>"));
    let sheet = dimension.replace("ROWS", &rows);
    let sheet = open(&workbook("", &[("xl/worksheets/sheet1.xml", &sheet)])).unwrap();
    assert!(sheet.notes()[0].contains("XFD 列"), "{:?}", sheet.notes());
    let no_reference = format!("<worksheet><dimension/><sheetData>{rows}</sheetData></worksheet>");
    assert!(open(&workbook("", &[("xl/worksheets/sheet1.xml", &no_reference)])).is_ok());

    let named = |cell: &str| match open(&workbook(&format!("{}{}", titles(), row(2, cell)), &[])) {
        Err(SheetError::Named(named)) => Some(named),
        _ => None,
    };
    let long = "长".repeat(40_000);
    assert_eq!(last(&text("F2", &long), &[]), Cell::Unreadable(Unreadable::TooLong));
    assert_eq!(named(&text("F2", &"长".repeat(2_000_000))), Some(Named::HugeCell));
    assert_eq!(named("<c r=\"F2\"><v>1"), Some(Named::Truncated));
}

/// One shared text may stand in every cell: what is kept of a row is bounded, and what all cells hold.
#[test]
fn a_shared_text_in_many_cells_makes_no_more_of_a_row_than_a_row_can_have() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "长".repeat(32_000));
    let many = "<c t=\"s\"><v>0</v></c>".repeat(16_384);
    let rows = format!("{}{}{}", titles(), row(2, &many), row(3, ""));
    let sheet = open(&workbook(&rows, &[("xl/sharedStrings.xml", &strings)])).unwrap();
    let misfits: Vec<_> = sheet.rows().iter().map(|row| row.misfit).collect();
    assert_eq!(misfits, [Some(crate::exchange::sheet::Misfit::TooLong), None]);
}

#[test]
fn packages_of_other_things_are_named() {
    for (part, named) in [
        ("word/document.xml", Named::Word),
        ("ppt/presentation.xml", Named::Slides),
        ("xl/workbook.bin", Named::Xlsb),
    ] {
        let found = open(&workbook("", &[(part, "<x/>")]));
        assert!(matches!(found, Err(SheetError::Named(found)) if found == named), "{part}");
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("导出.csv", SimpleFileOptions::default()).unwrap();
    let archive = zip.finish().unwrap().into_inner();
    assert!(matches!(open(&archive), Err(SheetError::Named(Named::Archive))));
}

const TOKENS: &str = "(<row r=\"[0-9]{1,10}\">|<row>|</row>|<c r=\"[A-Z]{1,4}[0-9]{1,3}\" t=\"[a-zN]{1,9}\" s=\"[0-9]{1,5}\">|<c>|</c>|<v>|</v>|<is>|</is>|<t>|</t>|\
    <f>|</f>|<si/>|<extLst>|</extLst>|<!\\[CDATA\\[|\\]\\]>|&amp;|&#x[0-9a-f]{1,6};|&|_x000B_|登记编号|投诉|[0-9.eE+-]{1,12}|\\PC|</sheetData>)";

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]

    /// Whatever stands in a part, the workbook is read or named.
    #[test]
    fn any_parts_are_read_or_named(tokens in proptest::collection::vec(TOKENS, 0..60), shared in proptest::collection::vec(TOKENS, 0..20)) {
        let (tokens, shared) = (tokens.concat(), shared.concat());
        let strings = format!("<sst>{shared}</sst>");
        for sheet in [format!("{}{tokens}", titles()), tokens.clone()] {
            if let Ok(sheet) = open(&workbook(&sheet, &[("xl/sharedStrings.xml", &strings), ("xl/styles.xml", &tokens)])) {
                let now = crate::domain::time::Timestamp(1_788_192_000_000_000);
                for row in sheet.rows() {
                    let _ = sheet.parse(row, crate::exchange::Times { now, as_of: now });
                }
            }
        }
    }

    /// Bytes of a package that have changed on the way.
    #[test]
    fn a_damaged_package_is_read_or_named(changes in proptest::collection::vec((0..2_000_usize, proptest::prelude::any::<u8>()), 1..8), cut in 0..400_usize) {
        let mut bytes = workbook(&format!("{}{}", titles(), row(2, "")), &[]);
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        bytes.truncate(length - cut % length);
        let _ = open(&bytes);
    }
}

/// The respondent stands once for three rows, the amount for two, the title above for all columns.
#[test]
fn cells_merged_over_rows_hold_for_all_of_them() {
    let merged = |number: u32, cells: &[(&str, &str)]| {
        let cells: String =
            cells.iter().map(|(column, value)| text(&format!("{column}{number}"), value)).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let short = |number| {
        let name = format!("T{number}");
        let cells = [("A", name.as_str()), ("B", "2026-01-05 13:28:58"), ("C", "投诉"), ("E", "坏了")];
        merged(number, &cells)
    };
    let rows = format!("{}{}{}{}{}", titles(), row(2, &text("F2", "9.5")), short(3), short(4), short(5));
    let ranges = "<mergeCells><mergeCell ref=\"D2:D4\"/><mergeCell ref=\"F2:F3\"/><mergeCell ref=\"A1:F1\"/><mergeCell ref=\"x\"/></mergeCells><cut";
    let part = format!("<worksheet><sheetData>{rows}</sheetData>{ranges}");
    let sheet = open(&workbook("", &[("xl/worksheets/sheet1.xml", &part)])).unwrap();
    let of = |column| sheet.rows().iter().map(|row| sheet.cell(row, column).clone()).collect::<Vec<_>>();
    let shop = Cell::of_text("聚和");
    assert_eq!(of(Column::Shop), [shop.clone(), shop.clone(), shop, Cell::Empty]);
    let amount = Cell::of_text("9.5");
    assert_eq!(of(Column::Amount), [amount.clone(), amount, Cell::Empty, Cell::Empty]);
    let said = |title: &str, cells: usize| {
        format!("“{title}”有 {cells} 个单元格与上方的单元格合并，已按合并后的内容读取，请核对")
    };
    assert_eq!(sheet.notes(), [said("企业名称", 2), said("消费金额", 1)]);
}
