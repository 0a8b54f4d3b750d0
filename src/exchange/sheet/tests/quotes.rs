//! A stray quotation mark costs rows, which are listed, and never one without a word.

use proptest::prelude::*;

use super::*;

const HEADER: &str = "登记编号,登记时间,类型,提供方姓名,企业名称,企业地址,诉求内容,具体问题,初查受理状态,办理情况状态,处理部门,备注";
const COLUMNS: [Column; 11] = [
    Column::Number,
    Column::Received,
    Column::Kind,
    Column::Name,
    Column::Shop,
    Column::Premises,
    Column::Demands,
    Column::Story,
    Column::FirstCheck,
    Column::Standing,
    Column::HandledBy,
];

fn number(at: usize) -> String {
    format!("11502032026050700000{at:04}")
}

/// A row of the table by its number, its story and what became of it.
fn row(at: usize, story: &str, end: &str) -> String {
    format!(
        "{},2026-05-07 09:{at:02}:00,投诉,王某{at},好再来{at}号超市,钢铁大街{at}号,退货,{story},{end},",
        number(at)
    )
}

fn table(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[rstest]
#[case::same_column(",,", "要求退货5。\"")]
#[case::with_an_outcome("已受理,已办结,城东所", "要求退货5。\"")]
#[case::at_once("已受理,,", "\"")]
fn rows_between_two_lone_quotes_are_refused_one_by_one(#[case] end: &str, #[case] closing: &str) {
    let rows = [
        row(1, "好", ",,"),
        row(2, "\"要求退货2。", end),
        row(3, "店家写着正品，实际不是", ",,"),
        row(4, closing, "不予受理,,城西所"),
        row(5, "好", ",,"),
    ];
    let (sound, misfits) = judged(&table(&rows));
    assert_eq!(sound, [2, 6]);
    assert_eq!(misfits, [3, 4, 5].map(|line| (line, Misfit::Swallowed)));
    let found = sheet(&table(&rows)).unwrap();
    let listed: Vec<String> =
        found.rows().iter().filter_map(|row| Some(found.number(row)?.as_str().to_owned())).collect();
    assert_eq!(listed, [1, 2, 3, 4, 5].map(number), "each is named");
    // Closed in another column, and nothing is left of the columns.
    let other = [rows[1].clone(), rows[2].clone(), row(4, "好", "a\",b,c")];
    assert_eq!(judged(&table(&other)), (vec![], [2, 3, 4].map(|line| (line, Misfit::Swallowed)).to_vec()));
}

#[rstest]
#[case::numbers("第一次投诉：\n1150203202605070000099,说好\n退货")]
#[case::dates("经过：\n1,2026-05-07,到店\n2,2026-05-08,电话\n3,投诉")]
#[case::commas("清单\n1,2,3,4,5,6,7,8,9,10,11\n2026-05-07,退货,无,无,无,无,无,无")]
#[case::marks("他说\n\"\"不退\"\"，\n,,,")]
fn a_story_of_several_lines_is_one_story(#[case] story: &str) {
    let rows = [row(1, &format!("\"{story}\""), "已受理,,"), row(2, "好", ",,")];
    assert_eq!(judged(&table(&rows)), (vec![2, 3], vec![]));
}

/// Of a row that cannot be told apart, the number that begins it can.
#[test]
fn a_row_that_is_refused_whole_is_named() {
    let rows = [row(1, "\"好\"评", ",,"), row(2, "好,的", ",,"), row(3, "好", ",,")];
    let found = sheet(&table(&rows)).unwrap();
    let listed: Vec<_> = found.rows().iter().map(|row| (row.misfit, found.number(row).is_some())).collect();
    assert_eq!(listed, [(Some(Misfit::Quote), true), (Some(Misfit::MoreCells), true), (None, true)]);
}

fn without_quotes(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if text.contains(|c| c != '"') => text.replace('"', "").trim().to_owned(),
        Cell::Text(_) => format!("{:?}", Cell::Empty),
        other => format!("{other:?}"),
    }
}

/// Cells of the columns that a good table may have in a row behind its number, time and kind.
fn cells() -> impl Strategy<Value = Vec<String>> {
    let story = prop_oneof![
        4 => "(退货|[一-三]店|好评)[0-9]{0,2}。?",
        1 => "(5月7日|买了,|12,5|\n|退\"货\"){1,6}好",
    ];
    let texts = proptest::collection::vec("(王某|退货|)[0-9]{0,2}", 4);
    let end = prop_oneof![Just(",,"), Just("已受理,,"), Just("已受理,已办结,城东所")];
    (texts, story, end).prop_map(|(texts, story, end)| {
        [texts, vec![story], end.split(',').map(str::to_owned).collect(), vec![String::new()]].concat()
    })
}

/// A cell as a program writes it: in quotes where it must be, or always.
fn written(cell: &str, always: bool) -> String {
    if always || cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

proptest! {
    /// Wherever quotes are put in too much: every row is taken as it was, or is among those that are listed.
    #[test]
    fn no_row_is_lost_to_a_stray_quote(
        rows in proptest::collection::vec(cells(), 3..9),
        always in any::<bool>(),
        strays in proptest::collection::vec((0..9_usize, 0..12_usize, 0..3_usize, any::<bool>()), 1..3),
    ) {
        let rows: Vec<Vec<String>> = (1..).zip(rows).map(|(at, rest)| {
            let begin = [number(at), format!("2026-05-07 09:{at:02}:00"), "投诉".to_owned()];
            [begin.to_vec(), rest].concat()
        }).collect();
        let mut cells: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| written(cell, always)).collect()).collect();
        for (at, column, place, is_doubled) in strays {
            let at = at % cells.len();
            let cell = &mut cells[at][column];
            let middle = cell.char_indices().nth(cell.chars().count() / 2).map_or(0, |(at, _)| at);
            let place = [0, middle, cell.len()][place];
            cell.insert_str(place, if is_doubled { "\"\"" } else { "\"" });
        }
        let text = table(&cells.iter().map(|cells| cells.join(",")).collect::<Vec<_>>());
        let found = sheet(&text).unwrap();
        let original = |number: &str| rows.iter().find(|row| row[0] == number);
        let sound: Vec<&Row> = found.rows().iter().filter(|row| found.place(row).is_some()).collect();
        for row in &sound {
            let number = found.number(row).unwrap();
            let original = original(number.as_str());
            prop_assert!(original.is_some(), "{} is of no row:\n{}", number.as_str(), text);
            let original = original.unwrap();
            for (at, column) in COLUMNS.iter().enumerate() {
                let (read, was) = (found.cell(row, *column), Cell::of_text(&original[at]));
                prop_assert_eq!(without_quotes(read), without_quotes(&was), "{:?}\n{}", column, text);
            }
        }
        prop_assert!(found.rows().len() >= rows.len(), "{} of {}\n{}", found.rows().len(), rows.len(), text);
    }
}
