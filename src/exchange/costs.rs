//! What an export's missing columns and masked cells cost the score (缺列的代价), told when it is imported.
//!
//! Art. 17 items (1), (2) and (4) speak of purchases, kinds of goods and contacts: what an export does not tell of them no
//! score can see. It then says less, not more.

use super::cell::Cell;
use super::columns::Column;
use super::sheet::Sheet;
use crate::domain::mask::masked_number;
use crate::domain::placeholder::says_nothing;

/// Columns that the score reads, with what is lost without them.
const COLUMNS: [(Column, &str); 7] = [
    (Column::OrderNumber, "分不开同一经营者的多次购买，按同一纠纷计（第十七条第一款第一项、第二项）"),
    (Column::Occurred, "没有订单号的件，购买日也分不开（第十七条第一款第一项、第二项）"),
    (Column::Quantity, "购买数量只能从正文读取（第十七条第一款第一项）"),
    (Column::Product, "同类商品只能从正文辨认（第十七条第一款第二项）"),
    (Column::Problem, "同类问题只能按标签、广告、日期类辨认（第十七条第一款第二项）"),
    (Column::Phone, "不能按电话关联，多人同一号码无从发现（第十七条第一款第四项）"),
    (Column::Address, "不能按通讯地址关联（第十七条第一款第四项）"),
];

/// From this share of phones blank or masked on, it is told.
const SAID_FROM: usize = 10;

/// What is lost, a sentence each; nothing where the export is whole.
#[must_use]
pub fn costs(sheet: &Sheet) -> Vec<String> {
    let missing = COLUMNS.iter().filter(|(column, _)| !sheet.has(*column));
    let missing = missing.map(|(column, lost)| format!("没有“{}”列：{lost}", column.title()));
    let rows = sheet.rows().len();
    let unknown = |column: Column| {
        let is_unknown = |cell: &Cell| match cell {
            Cell::Empty => true,
            Cell::Text(text) => says_nothing(text) || masked_number(text),
            _ => false,
        };
        sheet.rows().iter().filter(|row| is_unknown(sheet.cell(row, column))).count() * 100 / rows.max(1)
    };
    let phones = unknown(Column::Phone);
    let masked = (sheet.has(Column::Phone) && phones >= SAID_FROM).then(|| {
        format!("联系电话有 {phones} % 空缺或者被遮盖：没有其他标识的件无法查询历史投诉，评为“信息不足”")
    });
    missing.chain(masked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(csv: &str) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), csv).unwrap();
        costs(&Sheet::read(file.path()).unwrap())
    }

    #[test]
    fn what_is_missing_is_told_and_a_whole_export_costs_nothing() {
        let whole = "登记编号,登记时间,类型,提供方联系方式,提供方地址,订单号,购买数量,商品名称,问题类别,发生时间,具体问题\n\
                     1,2026-05-20 10:00:00,投诉,13900000001,某路,D1,1,瓜子,质量,2026-05-19,不好\n";
        assert_eq!(lost(whole), [""; 0]);
        let thin = "登记编号,登记时间,类型,提供方联系方式,具体问题\n1,2026-05-20 10:00:00,投诉,*****,不好\n";
        let costs = lost(thin);
        assert_eq!(costs.len(), 7, "{costs:?}");
        assert!(costs[0].starts_with("没有“订单号”列") && costs[6].contains("100 %"), "{costs:?}");
    }
}
