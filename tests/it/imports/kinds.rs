//! Files and columns of every kind that offices have: each is read, or named.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use encoding_rs::GBK;
use rstest::rstest;
use triage::domain::ids::Track;
use triage::exchange::Mapping;
use triage::grpc::pb;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::cells::{Count, SOUND, TITLES, import, line, row, shown};
use crate::support::{Backend, TestApp};

/// Parts of a workbook, some of them replaced.
fn workbook(rows: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    const TYPES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let root = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{TYPES}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let related = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{TYPES}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{TYPES}/chartsheet\" Target=\"chartsheets/sheet1.xml\"/></Relationships>"
    );
    let usual = [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &root),
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"导出\" r:id=\"r1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", &related),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let is_given = |name: &str| parts.iter().any(|(given, _)| *given == name);
    for (name, content) in usual.iter().filter(|(name, _)| !is_given(name)).chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text_cell(text: &str) -> String {
    format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// The header, and the sound row with one cell written as it is.
fn rows_with(column: &str, cell: &str) -> String {
    let titles: String = TITLES.iter().map(|title| text_cell(title)).collect();
    let mut cells: Vec<String> = SOUND.iter().map(|value| text_cell(value)).collect();
    cells[0] = text_cell("X1");
    cell.clone_into(&mut cells[TITLES.iter().position(|title| *title == column).unwrap()]);
    format!("<row r=\"1\">{titles}</row><row r=\"2\">{}</row>", cells.concat())
}

/// A file, and what must come of it.
struct Case {
    kind: &'static str,
    name: &'static str,
    content: Vec<u8>,
    mapping: Mapping,
    want: Want,
}

/// What must come of a file.
enum Want {
    /// The file is refused with these words.
    Refused(&'static str),
    /// So many rows are refused, with these words.
    RowsRefused(usize, &'static str),
    /// A number, a column and what it reads as.
    Reads(&'static [(&'static str, &'static str, &'static str)]),
    /// The same, and something is said of the file or of a cell.
    Says(&'static str, &'static [(&'static str, &'static str, &'static str)]),
    /// So many rows, all taken.
    Rows(usize),
}

fn case(kind: &'static str, name: &'static str, content: impl Into<Vec<u8>>, want: Want) -> Case {
    Case { kind, name, content: content.into(), mapping: Mapping::default(), want }
}

const X1: &[(&str, &str, &str)] = &[("X1", "具体问题", "手机坏了")];

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn text_files() -> Vec<Case> {
    let sound = line(&TITLES) + &row("X1", "类型", "投诉");
    let shop_first = "登记编号,登记时间,类型,被投诉人名称,被投诉人地址,联系电话,投诉人,联系电话,投诉内容\n\
        X1,2026-03-02,投诉,东街面馆,东街街道二号,0472-2100000,许某,13547207780,手机坏了\n";
    let foshan = "工单号,表单类型,标题,举报人姓名,来电号码,联系电话,类型,涉及主体名称,电话,地址,购物方式,消费金额,投诉内容,投诉内容,\
        投诉内容,信息来源,登记编号,登记日期,是否职投,网购平台,电子邮箱地址,处理单位,,\n\
        G1,投诉单,旧手机,许某,13547207781,13547207780,投诉,东街面馆,0472-2100000,东街街道二号,网购,99,,手机坏了,,热线,X1,2026-03-02,是,某平台,x@example.cn,城东所,,\n";
    let one_bad = {
        let mut bytes = (line(&TITLES) + &row("X2", "具体问题", "买了大")).into_bytes();
        bytes.truncate(bytes.len() - 3);
        [&bytes[..], "米\"\n".as_bytes(), row("X1", "类型", "投诉").as_bytes()].concat()
    };
    let utf16 = |mark: &str| -> Vec<u8> {
        format!("{mark}{}", sound.replace(',', "\t")).encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let story = |story: &str| line(&TITLES) + &row("X1", "具体问题", story);
    let footers = format!(
        "{sound}{}{}{}",
        line(&["合计", "", "", "", "", "", "", "12", "", ""]),
        line(&["制表人：张三", "", "", "", "", "", "", "", "", ""]),
        line(&["共 1 条", "", "", "", "", "", "", "", "", ""])
    );
    let moved = {
        // A column of numbers in a row stands before them, and has no title.
        let rows = |number: &str| {
            let cells = ["1", number].into_iter().chain(SOUND[1..9].iter().copied());
            line(&cells.collect::<Vec<_>>())
        };
        line(&TITLES) + &rows("X1") + &rows("X2")
    };
    let deep = "说明一二三四五六七八九\n".repeat(11) + &sound;
    let gbk_with_end = [&GBK.encode(&sound).0[..], b"\x1A"].concat();
    vec![
        case("same titles", "shop.csv", shop_first, Want::Reads(&[("X1", "提供方联系方式", "13547207780")])),
        case(
            "titles of other systems",
            "foshan.csv",
            foshan,
            Want::Reads(&[
                ("X1", "提供方联系方式", "13547207780"),
                ("X1", "企业名称", "东街面馆"),
                ("X1", "具体问题", "手机坏了"),
                ("X1", "消费金额", "9900"),
            ]),
        ),
        case("one bad byte", "bad.csv", one_bad, Want::RowsRefused(1, "乱码")),
        case("other encodings", "utf16.csv", utf16("\u{feff}"), Want::Reads(X1)),
        case("other encodings", "utf16-bare.csv", utf16(""), Want::Reads(X1)),
        case("other encodings", "gbk.csv", gbk_with_end, Want::Rows(1)),
        case(
            "delimiters in a story",
            "semi.csv",
            story("清单:一;二;三;四;五;六;七;八;九;十;十一;十二"),
            Want::Reads(&[("X1", "具体问题", "清单:一;二;三;四;五;六;七;八;九;十;十一;十二")]),
        ),
        case(
            "delimiters in a story",
            "tab.csv",
            story("0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12"),
            Want::Rows(1),
        ),
        case("moved cells", "moved.csv", moved, Want::Refused("错开了一列")),
        case("footers", "footers.csv", footers, Want::Says("表尾", X1)),
        case("deep titles", "deep.csv", deep, Want::Reads(X1)),
        case(
            "missing columns",
            "kind.csv",
            sound.replace("\"类型\",", "").replace("\"投诉\",", ""),
            Want::Refused("--kind"),
        ),
        Case {
            mapping: Mapping::default().with_kind(Some(Track::Report)),
            ..case(
                "missing columns",
                "kind.csv",
                sound.replace("\"类型\",", "").replace("\"投诉\",", ""),
                Want::Reads(&[("X1", "类型", "report")]),
            )
        },
        case(
            "missing columns",
            "time.csv",
            sound.replace("\"登记时间\",", "").replace("\"2026-03-02 09:10:11\",", ""),
            Want::Refused("登记编号不能代替"),
        ),
        case(
            "empty first column of a name",
            "empty.csv",
            "登记编号,登记日期,类型,企业名称,投诉内容,投诉内容\nX1,2026-03-02,投诉,东街面馆,,手机坏了\n",
            Want::Reads(X1),
        ),
        case(
            "files that are none",
            "page.xls",
            "<html><meta charset=gb2312><table><tr><td>登记编号",
            Want::Refused("网页格式"),
        ),
        case(
            "files that are none",
            "page.mht",
            "MIME-Version: 1.0\r\nContent-Type: multipart/related",
            Want::Refused("MHT"),
        ),
        case(
            "files that are none",
            "2003.xls",
            "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook/>",
            Want::Refused("2003"),
        ),
        case(
            "files that are none",
            "safe.xlsx",
            b"\x62\x14\x23\x65\0\0E-SafeNet\0LOCK".to_vec(),
            Want::Refused("加密软件"),
        ),
        case("files that are none", "locked.xlsx", locked(), Want::Refused("密码")),
    ]
}

/// An encrypted workbook, as far as its first bytes and the name of its stream go.
fn locked() -> Vec<u8> {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.resize(2_048, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn workbooks() -> Vec<Case> {
    let book = |column: &str, cell: &str| workbook(&rows_with(column, cell), &[]);
    let rounded = rows_with("登记编号", "<c><v>1502032026010510</v></c>");
    let twice = rounded.clone() + &rounded.split_once("</row>").unwrap().1.replace("r=\"2\"", "r=\"3\"");
    let many_blank = {
        let mut rows = rows_with("类型", &text_cell("投诉"));
        for row in 3..=60_000 {
            let _ = write!(rows, "<row r=\"{row}\"><c r=\"A{row}\" s=\"1\"/></row>");
        }
        format!("<worksheet><dimension ref=\"A1:F65203\"/><sheetData>{rows}</sheetData></worksheet>")
    };
    let chart = [
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"导出\" r:id=\"r1\"/><sheet name=\"图表1\" r:id=\"r2\"/></sheets></workbook>",
        ),
        ("xl/chartsheets/sheet1.xml", "<chartsheet/>"),
    ];
    let hidden = rows_with("类型", &text_cell("投诉")).replace("<row r=\"2\"", "<row r=\"2\" hidden=\"1\"");
    let styles = "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>";
    vec![
        case("rounded numbers", "num16.xlsx", workbook(&twice, &[]), Want::RowsRefused(2, "存为数字")),
        case(
            "rounded numbers",
            "num25.xlsx",
            book("登记编号", "<c><v>1.64038100202511E+24</v></c>"),
            Want::RowsRefused(1, "存为数字"),
        ),
        case("hidden rows", "hidden.xlsx", workbook(&hidden, &[]), Want::Says("1 行隐藏", X1)),
        case(
            "chart sheets",
            "chart.xlsx",
            workbook(&rows_with("类型", &text_cell("投诉")), &chart),
            Want::Reads(X1),
        ),
        case(
            "odd cells",
            "cdata.xlsx",
            book("具体问题", "<c t=\"str\"><v><![CDATA[手机坏了]]></v></c>"),
            Want::Reads(X1),
        ),
        case(
            "odd cells",
            "t_n.xlsx",
            book("消费金额", "<c t=\"N\"><v>12</v></c>"),
            Want::Reads(&[("X1", "消费金额", "1200")]),
        ),
        case(
            "odd cells",
            "ext.xlsx",
            book("消费金额", "<c><v>12</v><extLst><ext uri=\"x\"/></extLst></c>"),
            Want::Reads(&[("X1", "消费金额", "1200")]),
        ),
        case(
            "odd cells",
            "x000b.xlsx",
            book("具体问题", &text_cell("手机_x000B_坏了")),
            Want::Reads(&[("X1", "具体问题", "手机⏎坏了")]),
        ),
        case(
            "odd cells",
            "formula.xlsx",
            book("消费金额", "<c><f>SUM(1,2)</f></c>"),
            Want::Says("公式", &[("X1", "消费金额", "-")]),
        ),
        case(
            "odd workbooks",
            "relation.xlsx",
            workbook(
                &rows_with("类型", &text_cell("投诉")),
                &[(
                    "xl/_rels/workbook.xml.rels",
                    "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet/\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
                )],
            ),
            Want::Reads(X1),
        ),
        case(
            "odd workbooks",
            "dimension.xlsx",
            workbook(
                "",
                &[(
                    "xl/worksheets/sheet1.xml",
                    &format!(
                        "<worksheet><dimension/><sheetData>{}</sheetData></worksheet>",
                        rows_with("类型", &text_cell("投诉"))
                    ),
                )],
            ),
            Want::Reads(X1),
        ),
        case(
            "odd cells",
            "x000d.xlsx",
            book("具体问题", &text_cell("\n\t\t手机_x000D_\n坏了\u{a0}\u{3000}\n")),
            Want::Reads(&[("X1", "具体问题", "手机⏎坏了")]),
        ),
        case(
            "unknown errors",
            "getting.xlsx",
            book("提供方地址", "<c t=\"e\"><v>#GETTING_DATA</v></c>"),
            Want::Says("错误值", &[("X1", "提供方地址", "-")]),
        ),
        case(
            "unknown errors",
            "spill.xlsx",
            book("消费金额", "<c t=\"e\"><v>#SPILL!</v></c>"),
            Want::Says("错误值", &[("X1", "消费金额", "-")]),
        ),
        case(
            "unknown errors",
            "err522.xlsx",
            book("登记编号", "<c t=\"e\"><v>Err:522</v></c>"),
            Want::RowsRefused(1, "错误值"),
        ),
        case(
            "times of workbooks",
            "strict.xlsx",
            book("登记时间", "<c t=\"d\"><v>2026-03-02T09:10:11.000</v></c>"),
            Want::Reads(&[("X1", "登记时间", "2026-03-02 09:10:11")]),
        ),
        case(
            "times of workbooks",
            "strict_z.xlsx",
            book("登记时间", "<c t=\"d\"><v>2026-03-02T01:10:11Z</v></c>"),
            Want::Reads(&[("X1", "登记时间", "2026-03-02 09:10:11")]),
        ),
        case(
            "times of workbooks",
            "digits.xlsx",
            book("登记时间", "<c><v>20260302</v></c>"),
            Want::Reads(&[("X1", "登记时间", "2026-03-02")]),
        ),
        case(
            "times of workbooks",
            "long.xlsx",
            book("登记时间", "<c><v>20260302091011</v></c>"),
            Want::Reads(&[("X1", "登记时间", "2026-03-02 09:10:11")]),
        ),
        case(
            "times of workbooks",
            "serial.xlsx",
            workbook(
                &rows_with("登记时间", "<c s=\"1\"><v>46083.382071759256</v></c>"),
                &[("xl/styles.xml", styles)],
            ),
            Want::Reads(&[("X1", "登记时间", "2026-03-02 09:10:11")]),
        ),
        case(
            "blank rows",
            "blank.xlsx",
            workbook("", &[("xl/worksheets/sheet1.xml", &many_blank)]),
            Want::Rows(1),
        ),
    ]
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_file_is_read_or_named(#[case] backend: Backend) {
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    for Case { kind, name, content, mapping, want } in text_files().into_iter().chain(workbooks()) {
        // Each has the number X1: a bureau of its own.
        let app = TestApp::spawn(backend).await;
        let read = import(&app.app, name, &content, &mapping).await;
        let mut found = String::new();
        let is_right = match (&read, want) {
            (Err(error), Want::Refused(words)) => error.to_string().contains(words),
            (Ok((_, done)), Want::RowsRefused(rows, words)) => {
                done.refused == rows && done.faults.iter().all(|fault| fault.reason_zh.contains(words))
            }
            (Ok((_, done)), Want::Rows(rows)) => done.rows == rows && done.refused == 0,
            (Ok((_, done)), Want::Reads(facts)) => {
                done.refused + done.warned == 0 && reads(&app, facts, &mut found).await
            }
            (Ok((sheet, done)), Want::Says(words, facts)) => {
                let said = sheet.notes().iter().chain(done.warnings.iter().map(|warning| &warning.reason_zh));
                said.into_iter().any(|said| said.contains(words)) && reads(&app, facts, &mut found).await
            }
            _ => false,
        };
        if is_right {
            count.add(kind);
        } else {
            wrong.push(format!("{kind}: {name}: {found} {read:?}"));
        }
        app.stop().await;
    }
    eprintln!("{backend:?}: {:#?}, {} in all", count.0, count.0.values().sum::<usize>());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn reads(app: &TestApp, facts: &[(&str, &str, &str)], found: &mut String) -> bool {
    let mut intake = app.intake().await;
    for (number, column, value) in facts {
        let asked = pb::GetSubmissionRequest { registration_number: (*number).to_owned() };
        let Ok(seen) = intake.get_submission(asked).await else { return false };
        let read = shown(&seen.into_inner().files[0], column);
        let _ = write!(found, "{column} reads {read:?} ");
        if read != *value {
            return false;
        }
    }
    true
}
