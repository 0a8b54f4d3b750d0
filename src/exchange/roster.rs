//! An office's own table of its units and officers (单位人员表): unit, name, staff number or licence, post.

use std::path::Path;

use super::columns::Column;
use super::file::SheetError;
use super::mapping::Mapping;
use super::sheet::{Row, Sheet};
use crate::domain::personal::Personal;
use crate::domain::plain::{bare, is_blank};

/// An officer, as the table has it.
#[derive(Debug, Clone)]
pub struct RosterRow {
    /// The unit (单位、部门、所), by name.
    pub unit: String,
    /// The officer's name; empty where the row names a unit alone.
    pub name: Personal<String>,
    /// Staff number or licence (工号、执法证号), as it is written.
    pub number: Option<String>,
    /// Post (职务).
    pub post: Option<String>,
}

/// Reads such a table, from whatever kind of file an export may be. Where one unit is written once for several rows (合并单元格), it holds
/// for those below. `program` as for [`Sheet::read_as`].
pub fn read_roster(path: &Path, program: Option<&Path>) -> Result<Vec<RosterRow>, SheetError> {
    let sheet = Sheet::read_as(path, &Mapping::roster(), program)?;
    let text = |row: &Row, column| {
        let text = sheet.cell(row, column).text().ok().flatten()?;
        (!is_blank(&text)).then(|| text.trim().to_owned())
    };
    let (mut rows, mut above) = (Vec::new(), None);
    for row in sheet.rows().iter().filter(|row| row.misfit.is_none()) {
        let named = text(row, Column::HandledBy).map(|unit| bare(&unit).into_owned());
        let name = text(row, Column::Name).map(|name| bare(&name).into_owned()).unwrap_or_default();
        let Some(unit) = named.or_else(|| above.clone()) else { continue };
        if is_sum(&unit) || name.parse::<f64>().is_ok() {
            continue;
        }
        above = Some(unit.clone());
        let (number, post) = (text(row, Column::Number), text(row, Column::Reason));
        rows.push(RosterRow { unit, name: name.into(), number, post });
    }
    Ok(rows)
}

/// A row of sums, or a note below the table.
fn is_sum(unit: &str) -> bool {
    ["合计", "总计", "共计", "小计", "备注", "说明", "注:", "制表", "填表"]
        .iter()
        .any(|word| unit.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<RosterRow>, SheetError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("单位人员表.csv");
        std::fs::write(&path, text).unwrap();
        read_roster(&path, None)
    }

    fn shown(rows: &[RosterRow]) -> Vec<String> {
        let row = |row: &RosterRow| {
            let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!("{} {} {} {}", row.unit, row.name.expose(), or(&row.number), or(&row.post))
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn an_offices_own_table_is_read_by_its_words() {
        let rows = read(
            "某区市场监督管理局人员表,,,,\n序号,部门,姓名,执法证号,职务\n1,甲所,示例一,0501001,所长\n2,,示例二,0501002,\n3,乙 所,示例三,,\n合计,,3,,\n",
        );
        assert_eq!(
            shown(&rows.unwrap()),
            ["甲所 示例一 0501001 所长", "甲所 示例二 0501002 -", "乙所 示例三 - -"]
        );
        let rows = read("单位,姓名\n甲所,示例一\n甲所,示例二\n合计,2\n").unwrap();
        assert_eq!(shown(&rows), ["甲所 示例一 - -", "甲所 示例二 - -"]);
        // The unit proper is preferred to the bureau that stands beside it.
        let rows = read("单位,科室,姓名,工号\n某区局,药械股,示例一,7\n").unwrap();
        assert_eq!(shown(&rows), ["药械股 示例一 7 -"]);
        assert!(matches!(read("登记编号,登记时间,类型\n1,2,3\n"), Err(SheetError::NoHeader)));
    }
}
