//! What a line is by itself: a row of the table, or what stands below it.

use crate::exchange::cell::Cell;
use crate::exchange::columns::Column;
use crate::exchange::header::Header;
use crate::exchange::value::words;
use crate::exchange::value::{date, number};

/// From so many columns on, a line with exactly as many cells is hardly a story's.
const MANY: usize = 8;

/// Whether the cells of a line are a row of the table. It goes as far as the text of a row, and its number, its time and
/// its kind stand where they belong; one of them may be wrong where it has exactly the cells of the header.
pub(super) fn is_like_one(header: &Header, cells: &[Cell], count: usize) -> bool {
    let place = |column| header.place(column);
    let required = [Column::Number, Column::Received, Column::Kind, Column::Story].map(place);
    if required.iter().flatten().any(|at| *at >= cells.len()) {
        return false;
    }
    let cell = |column| cell(header, cells, column);
    let is_kind = cell(Column::Kind).bare().is_some_and(|word| words::kind(&word).is_some());
    let fits = [
        number::is_number(cell(Column::Number)),
        matches!(date::moment(cell(Column::Received)), Ok(Some(_))),
        is_kind || place(Column::Kind).is_none(),
    ];
    let fitting = fits.iter().filter(|fits| **fits).count();
    let least = if cells.len() == count && count >= MANY { 2 } else { fits.len() };
    fitting >= least
}

/// Whether the time of the end stands in a remark behind its column, which is blank: the row has moved by a column.
pub(super) fn has_end_beside(header: &Header, cells: &[Cell]) -> bool {
    let Some(at) = header.place(Column::EndedAt) else { return false };
    let is_time = |cell: &Cell| matches!(date::moment(cell), Ok(Some(_)));
    *cell(header, cells, Column::EndedAt) == Cell::Empty
        && header.is_remark(at + 1)
        && cells.get(at + 1).is_some_and(is_time)
}

fn cell<'a>(header: &Header, cells: &'a [Cell], column: Column) -> &'a Cell {
    header.place(column).and_then(|place| cells.get(place)).unwrap_or(&Cell::Empty)
}

/// What stands below a table: sums, names, counts, remarks. No row of it has a number and a time.
pub(super) fn is_footer(header: &Header, cells: &[Cell]) -> bool {
    const WORDS: [&str; 24] = [
        "合计",
        "总计",
        "小计",
        "共计",
        "累计",
        "制表",
        "填表",
        "填报",
        "审核",
        "复核",
        "审批",
        "负责人",
        "联系人",
        "经办人",
        "打印",
        "导出",
        "统计",
        "备注",
        "说明",
        "注:",
        "以上",
        "日期:",
        "数据来源",
        "报送",
    ];
    let first = cells.iter().find_map(Cell::bare).unwrap_or_default();
    let counts = first.starts_with(['共', '第'])
        && first.contains(['条', '行', '项', '页'])
        && first.chars().count() <= 20;
    let is_word = counts || WORDS.iter().any(|word| first.starts_with(word));
    is_word
        && (counts || !number::is_number(cell(header, cells, Column::Number)))
        && !matches!(date::moment(cell(header, cells, Column::Received)), Ok(Some(_)))
}
