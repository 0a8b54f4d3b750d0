//! Tables for a terminal: columns of Chinese and numbers line up.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// A rule under the heading and nothing else: easy to read and to copy.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a heading; columns whose heading ends in a number sign stand to the right, without the sign.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    wide(&headings, rows.into_iter().map(Vec::from))
}

/// The same, of as many columns as there are.
pub(super) fn wide<H: AsRef<str>>(headings: &[H], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(headings.iter().map(|heading| heading.as_ref().trim_end_matches('#')));
    table.add_rows(rows);
    for (column, heading) in table.column_iter_mut().zip(headings) {
        let heading = heading.as_ref();
        if heading.ends_with('#') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Hundredths as a decimal, e.g. work units or yuan.
pub(super) fn hundredths(value: i64) -> String {
    format!(
        "{}{}.{:02}",
        if value < 0 { "-" } else { "" },
        value.unsigned_abs() / 100,
        value.unsigned_abs() % 100
    )
}

/// A share of a whole, in percent; nothing of nothing is a dash.
pub(super) fn share(part: i64, whole: i64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}

/// A value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
