//! What is fuzzed: bytes become a file, the file is read, and every row of it is parsed. The corpus is replayed by a plain test.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use triage::domain::time::Timestamp;
use triage::exchange::{Sheet, Times, read_text};
use zip::write::{SimpleFileOptions, ZipWriter};

/// A header with every kind of cell.
const HEADER: &str = "登记编号,登记时间,类型,投诉人,联系电话,企业名称,企业地址,客体类别,具体问题,消费金额,购买数量,诉求,办理情况状态,办结时间";

/// Cells, one a line, under the header.
pub(crate) fn cells(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let cells: Vec<&str> = text.lines().take(14 * 8).collect();
    let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
    let row = |cells: &[&str]| {
        (0..14).map(|at| cells.get(at).map_or_else(String::new, quoted)).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = cells.chunks(14).map(row).collect();
    read(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes());
}

/// The rows of a CSV file as it is.
pub(crate) fn csv(data: &[u8]) {
    read(data);
}

/// Bytes under a header in GB18030.
pub(crate) fn gb18030(data: &[u8]) {
    const HEADER: &[u8] = include_bytes!("header.gb18030");
    read(&[HEADER, data].concat());
    with_file(data, |path| drop(read_text(path)));
}

/// The parts of a workbook: the sheet, then - each behind a NUL - shared texts, styles and the workbook itself.
pub(crate) fn sheet(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == 0);
    let mut next =
        |otherwise: &'static [u8]| parts.next().filter(|part| !part.is_empty()).unwrap_or(otherwise);
    let (sheet, strings, styles, workbook) = (next(b""), next(b""), next(b""), next(WORKBOOK));
    let named: [(&str, &[u8]); 6] = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", RELATIONSHIPS),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", strings),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in named.into_iter().chain([("xl/worksheets/sheet1.xml", sheet)]) {
        let written = zip.start_file(name, stored).is_ok() && zip.write_all(content).is_ok();
        assert!(written, "a part in memory is written");
    }
    if let Ok(file) = zip.finish() {
        read(file.get_ref());
    }
}

const TYPES: &[u8] = br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const ROOT: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &[u8] = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONSHIPS: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

/// Reads a file of these bytes and parses every row.
fn read(content: &[u8]) {
    with_file(content, |path| {
        let Ok(sheet) = Sheet::read(path) else { return };
        let now = Timestamp(1_780_000_000_000_000);
        let times = Times { now, as_of: sheet.as_of(now) };
        for row in sheet.rows() {
            let _ = format!("{:?}", sheet.parse(row, times)).len();
        }
    });
}

/// One file a process, in memory where there is such a place.
fn with_file(content: &[u8], reads: impl FnOnce(&Path)) {
    let room = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
    let path = room.join(format!("triage-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
    if std::fs::write(&path, content).is_ok() {
        reads(&path);
    }
    let _ = std::fs::remove_file(&path);
}
