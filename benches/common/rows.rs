//! The rows that real items leave, taken from a database of ours, and written again under other ids: the same tables,
//! the same statements, the same number of rows and bytes, and nothing else.
//!
//! A history longer than the real items is made of cycles of them. In each, persons, texts and most operators are
//! others, so that nobody has more behind them on a long history than on a short one; whatever points to something
//! else of the history points to the same thing of the same cycle. The first cycle is the real items themselves.

use std::collections::HashMap;

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Row as _, SqlSafeStr as _, TypeInfo as _, ValueRef as _};

use super::Fallible;
use super::items;
use super::tables::{Cell, Handled, TABLES, Table, Take};

/// Operators with so many complaints in a cycle are in business in every cycle; with half as many, in every fourth.
const BUSY: usize = 40;

/// The rows of one item, by table.
type Left = [Vec<Vec<Cell>>; TABLES.len()];

/// The rows of real items.
pub(crate) struct Templates {
    items: Vec<Left>,
    /// Sequence of the first; the others follow without a gap.
    pub(crate) first: i64,
    /// When each was received, in seconds.
    received: Vec<i64>,
    /// Complaints in `history` by half of their operator's hash.
    operators: HashMap<i64, usize>,
}

/// One item to be written with the rows of a template.
pub(crate) struct Item {
    pub(crate) sequence: i64,
    pub(crate) number: String,
    pub(crate) request_id: String,
    /// In seconds.
    pub(crate) received: i64,
    /// Its files have ended; else they wait.
    pub(crate) ended: bool,
}

/// What an item's rows are made of.
struct Copy<'a> {
    item: &'a Item,
    cycle: i64,
    place: i64,
    /// From the real item's receipt to this one's, in seconds.
    later: i64,
    recorded: i64,
}

impl Templates {
    /// Reads the rows of every submission in a SQLite database of ours.
    pub(crate) async fn read(pool: &SqlitePool) -> Fallible<Self> {
        let submissions: Vec<(i64, i64)> =
            sqlx::query_as("SELECT sequence, received_at FROM submission ORDER BY sequence")
                .fetch_all(pool)
                .await?;
        let first = submissions.first().ok_or("no items")?.0;
        if submissions.iter().zip(first..).any(|((sequence, _), place)| *sequence != place) {
            return Err("the sequences of the items have a gap".into());
        }
        let mut items: Vec<Left> = Vec::new();
        items.resize_with(submissions.len(), Left::default);
        let mut operators = HashMap::new();
        for (table, position) in TABLES.iter().zip(0..) {
            let columns: Vec<&str> = table.columns.iter().map(|(name, ..)| *name).collect();
            let (owner, name, columns) = (table.owner, table.name, columns.join(", "));
            let sql =
                AssertSqlSafe(format!("SELECT {owner}, {columns} FROM {name} WHERE {owner} IS NOT NULL"));
            for row in sqlx::query(sql.into_sql_str()).fetch_all(pool).await? {
                let left = items.get_mut(usize::try_from(row.try_get::<i64, _>(0)? - first)?);
                let cells = (1..=table.columns.len())
                    .map(|column| cell(&row, column))
                    .collect::<Fallible<Vec<_>>>()?;
                if name == "history"
                    && let (Cell::Bytes(hash), Some(Cell::I64(operator))) = (&cells[1], cells.get(6))
                    && half(hash) == *operator
                {
                    *operators.entry(*operator).or_default() += 1;
                }
                left.ok_or("a row without its submission")?[position].push(cells);
            }
        }
        let received = submissions.iter().map(|(_, received)| received / 1_000_000).collect();
        Ok(Self { items, first, received, operators })
    }

    /// How many real items there are.
    pub(crate) fn count(&self) -> i64 {
        self.items.len() as i64
    }

    /// When the real item of a place was received, in seconds.
    pub(crate) fn received(&self, place: i64) -> i64 {
        self.received[place as usize]
    }

    /// Rows and bytes of values that an average item leaves.
    pub(crate) fn size(&self) -> (f64, f64) {
        let rows = self.items.iter().flatten().flatten();
        let bytes: usize = rows.clone().flatten().map(Cell::bytes).sum();
        (rows.count() as f64 / self.items.len() as f64, bytes as f64 / self.items.len() as f64)
    }

    /// The rows of `items` for one table, in order.
    pub(crate) fn rows(&self, table: usize, items: &[Item], recorded: i64) -> Vec<Vec<Cell>> {
        let Table { columns, .. } = &TABLES[table];
        let mut rows = Vec::new();
        for item in items {
            let index = item.sequence - self.first;
            let (cycle, place) = (index / self.count(), index % self.count());
            let later = item.received - self.received(place);
            let copy = Copy { item, cycle, place, later, recorded };
            for left in &self.items[place as usize][table] {
                let cells = left.iter().zip(columns.iter());
                rows.push(cells.map(|(cell, (.., take))| self.cell(&copy, cell, *take)).collect());
            }
        }
        rows
    }

    fn cell(&self, copy: &Copy<'_>, cell: &Cell, take: Take) -> Cell {
        let Copy { item, cycle, place, later, recorded } = *copy;
        let number = |of: &dyn Fn(i64) -> i64| match cell {
            Cell::I64(value) => Cell::I64(of(*value)),
            other => other.clone(),
        };
        match take {
            Take::Same => cell.clone(),
            Take::Sequence => Cell::I64(item.sequence),
            Take::Number => Cell::Text(item.number.clone()),
            Take::Request => Cell::Text(item.request_id.clone()),
            Take::Recorded => Cell::I64(recorded),
            Take::Received => Cell::I64(item.received * 1_000_000),
            Take::Recency => Cell::I64((item.received << 30) | item.sequence),
            Take::Day => number(&|day| day + later.div_euclid(86_400)),
            Take::Hash => match cell {
                Cell::Bytes(hash) => Cell::Bytes(self.hash(hash, cycle, item.sequence - place)),
                other => other.clone(),
            },
            Take::Keys => match cell {
                Cell::Bytes(keys) => {
                    Cell::Bytes(keys.chunks(17).flat_map(|key| salted_key(key, cycle)).collect())
                }
                other => other.clone(),
            },
            Take::Person => number(&|half| half ^ salt(cycle)),
            Take::Operator => number(&|half| half ^ salt(self.business(half, cycle))),
            Take::Cluster => number(&|cluster| {
                if cluster == -(self.first + place) { -item.sequence } else { cluster ^ salt(cycle) }
            }),
            Take::Template => number(&|template| template - self.first + item.sequence - place),
            Take::Anchor => number(&|anchor| (anchor ^ salt(cycle)) & i64::MAX),
            Take::Naming => match cell {
                Cell::Text(text) if cycle > 0 => Cell::Text(renamed(text, cycle * self.count())),
                other => other.clone(),
            },
            Take::Left(_) if !item.ended => cell.clone(),
            Take::Left(what) => ended(what, item),
        }
    }

    /// A template's hash names the item that founded it; an operator's comes back with it; a person's is new each time.
    fn hash(&self, hash: &[u8], cycle: i64, start: i64) -> Vec<u8> {
        if let Some(template) = hash.strip_prefix(b"template") {
            let template = template.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
            return [b"template", &(template - self.first + start).to_be_bytes()[..]].concat();
        }
        let half = half(hash);
        let cycle = if self.operators.contains_key(&half) { self.business(half, cycle) } else { cycle };
        salted(hash, cycle).collect()
    }

    /// The cycle whose operator this is.
    fn business(&self, operator: i64, cycle: i64) -> i64 {
        match self.operators.get(&operator) {
            Some(count) if *count >= BUSY => 0,
            Some(count) if *count >= BUSY / 2 => cycle % 4,
            _ => cycle,
        }
    }
}

/// What handling leaves on a file that has ended.
fn ended(what: Handled, item: &Item) -> Cell {
    const DAY: i64 = 86_400;
    match what {
        Handled::Status => Cell::I64(7),
        Handled::Token => Cell::I64(item.sequence),
        Handled::Officer => Cell::Text("officer-01".to_owned()),
        Handled::Finding => Cell::I64(2),
        Handled::Disposition => Cell::I64(1),
        Handled::SignedAt => Cell::I64((item.received + DAY) * 1_000_000),
        Handled::EndedAt => Cell::I64((item.received + 20 * DAY) * 1_000_000),
        Handled::EscalatesAt => Cell::Null,
        Handled::MetOn => Cell::I64(item.received.div_euclid(DAY) + 5),
    }
}

/// Nothing in the first cycle.
fn salt(cycle: i64) -> i64 {
    (cycle as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).cast_signed()
}

fn salted(hash: &[u8], cycle: i64) -> impl Iterator<Item = u8> {
    hash.iter().zip(salt(cycle).to_be_bytes().into_iter().cycle()).map(|(byte, salt)| byte ^ salt)
}

/// Its position stays.
fn salted_key(key: &[u8], cycle: i64) -> impl Iterator<Item = u8> {
    let (position, hash) = key.split_at(1);
    position.iter().copied().chain(salted(hash, cycle))
}

/// Half of a hash, as a number.
fn half(hash: &[u8]) -> i64 {
    hash.iter().take(8).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// With every registration number so many items on.
fn renamed(text: &str, on: i64) -> String {
    let mut parts = text.split(items::PREFIX);
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let index = part.get(..items::DIGITS).and_then(|digits| digits.parse::<u64>().ok());
        match index {
            Some(index) => {
                named.push_str(&items::number(index + on as u64));
                named.push_str(&part[items::DIGITS..]);
            }
            None => {
                named.push_str(items::PREFIX);
                named.push_str(part);
            }
        }
    }
    named
}

/// One value.
pub(crate) fn cell(row: &SqliteRow, column: usize) -> Fallible<Cell> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Cell::I64(row.try_get(column)?),
        "REAL" => Cell::F64(row.try_get(column)?),
        "TEXT" => Cell::Text(row.try_get(column)?),
        "BLOB" => Cell::Bytes(row.try_get(column)?),
        other => return Err(format!("column {} is {other}", row.column(column).name()).into()),
    })
}
