//! What a file claims of itself costs nothing: old workbooks are read by a process whose room is bounded.

use triage::app::Config;
use triage::clock::Clock;

use super::bureau_by;
use super::files::{clerk, said};
use crate::support::{Backend, fresh, rows};

/// One record of the old format.
fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&kind.to_le_bytes(), &length.to_le_bytes(), content].concat()
}

/// A text at a place.
fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(units.len() / 2).unwrap();
    let head = [row, column, 0, length].map(u16::to_le_bytes).concat();
    record(0x0204, &[&head[..], &[1], &units].concat())
}

/// An old workbook (.xls) of one sheet with texts, each at its row and column.
fn old_workbook(cells: &[(u16, u16, &str)]) -> Vec<u8> {
    let begin =
        |of: u16| record(0x0809, &[[0x0600, of, 0, 0].map(u16::to_le_bytes).concat(), vec![0; 8]].concat());
    let end = record(0x000A, &[]);
    let name = b"S1";
    let mut listed = record(0x0085, &[&[0; 6][..], &[2, 0], name].concat());
    let at = begin(5).len() + listed.len() + end.len();
    listed[4..8].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
    let texts: Vec<u8> = cells.iter().flat_map(|(row, column, text)| label(*row, *column, text)).collect();
    let mut stream = [begin(5), listed, end.clone(), begin(0x10), texts, end].concat();
    stream.resize(stream.len().max(4_096).next_multiple_of(512), 0);
    wrapped(&stream)
}

/// The wrapping of the old format (CFB): header, one table of sectors, one directory, and the stream.
fn wrapped(stream: &[u8]) -> Vec<u8> {
    const END: u32 = 0xFFFF_FFFE;
    const FREE: u32 = 0xFFFF_FFFF;
    let sectors = u32::try_from(stream.len() / 512).unwrap();
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    for (at, value) in [(24, 0x3E), (26, 3), (28, 0xFFFE), (30, 9), (32, 6)] {
        header[at..at + 2].copy_from_slice(&u16::to_le_bytes(value));
    }
    for (at, value) in [(44, 1), (48, 1), (56, 4_096), (60, END), (68, END), (76, 0)] {
        header[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
    }
    header[80..].fill(0xFF);
    let mut table = vec![0xFFFF_FFFD, END];
    table.extend((2..2 + sectors).map(|at| if at + 1 < 2 + sectors { at + 1 } else { END }));
    table.resize(128, FREE);
    let entry = |name: &str, kind: u8, start: u32, size: usize| {
        let mut entry = vec![0; 128];
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..units.len()].copy_from_slice(&units);
        entry[64] = u8::try_from(units.len() + 2).unwrap();
        entry[66] = kind;
        entry[68..80].fill(0xFF);
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&u32::try_from(size).unwrap().to_le_bytes());
        entry
    };
    let directory = [entry("Root Entry", 5, END, 0), entry("Workbook", 2, 2, stream.len()), vec![0; 256]];
    [header, table.into_iter().flat_map(u32::to_le_bytes).collect(), directory.concat(), stream.to_vec()]
        .concat()
}

const TITLES: [&str; 5] = ["登记编号", "登记时间", "类型", "企业名称", "具体问题"];
const ROW: [&str; 5] = ["X1", "2026-05-20", "投诉", "东街蛋糕房", "买到的面包坏了"];

#[tokio::test]
async fn an_old_workbook_is_read_apart_and_takes_no_more_room_than_its_size_explains() {
    let (config, directory) = fresh(Backend::Sqlite);
    bureau_by(&config, Clock::System).await.context.store.close().await;
    let import = |config: &Config, cells: &[(u16, u16, &str)]| {
        let path = directory.path().join("old.xls");
        std::fs::write(&path, old_workbook(cells)).unwrap();
        clerk(config, &[path.to_str().unwrap()])
    };
    let cells: Vec<(u16, u16, &str)> = (0..)
        .zip([TITLES, ROW])
        .flat_map(|(row, texts)| (0..).zip(texts).map(move |(at, text)| (row, at, text)))
        .collect();
    // Two cells in far corners: 16,777,216 that its reader would make room for.
    let corners = [&cells[..], &[(65_535, 255, "x")]].concat();
    let refused = refusal_of(&import(&config, &corners));
    assert!(refused.contains("所需的内存或时间远超其大小"), "{refused}");
    let done = import(&config, &cells);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(rows::rows(&config, "SELECT number FROM file").await, ["X1"]);
}

/// What the command said when it refused a file.
fn refusal_of(output: &std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    said(output)
}
