//! The columns of a table, each declared once: from one list come the fields of the row, what statements select, insert and
//! change, the types that PostgreSQL needs, what is bound and what is read.
//!
//! Every table here has a file's key in front: `bureau_id, submission, track`.

use super::StoreError;
use super::ledger::{track_code, track_of};
use super::value::{Column, Row, Value, values};
use crate::domain::act::Recused;
use crate::domain::deadline::{Duty, LastDay, Law, Testing};
use crate::domain::decision::{Band, Basis};
use crate::domain::handling::{
    Disposition, Finding, RefusalGround, ReviewKind, ReviewOutcome, Status, TerminationGround,
};
use crate::domain::ids::{BureauId, FileId, ModelId, OfficerId, RegistrationNumber, Sequence, UnitId};
use crate::domain::outcome::ImportedLabel;
use crate::domain::text::Line;
use crate::domain::time::{Day, Timestamp};
use crate::stored;

/// A type that a column is stored as.
pub(super) trait Stored: Column + Sized
where
    Value: From<Option<Self>>,
{
    /// Its name in PostgreSQL.
    const TYPE: &'static str;
}

macro_rules! stored_as {
    ($($rust:ty => $postgres:literal),+ $(,)?) => { $(
        impl Stored for $rust { const TYPE: &'static str = $postgres; }
        impl Field for $rust {
            type Stored = Self;
            fn stored(&self) -> Self { self.clone() }
            fn of(stored: Self) -> Option<Self> { Some(stored) }
        }
    )+ };
}
stored_as!(i16 => "smallint", i64 => "bigint", f64 => "double precision", String => "text", Vec<u8> => "bytea");

/// What may be in a column that is never empty. In an `Option` it may be empty.
pub(super) trait Field: Sized
where
    Value: From<Option<Self::Stored>>,
{
    /// What it is stored as.
    type Stored: Stored;
    /// As it is stored.
    fn stored(&self) -> Self::Stored;
    /// From what is stored; none when that means nothing.
    fn of(stored: Self::Stored) -> Option<Self>;
}

macro_rules! field {
    ($($rust:ty as $stored:ty: |$value:ident| $to:expr, |$from:ident| $of:expr;)+) => { $(
        impl Field for $rust {
            type Stored = $stored;
            fn stored(&self) -> $stored { let $value = self; $to }
            fn of($from: $stored) -> Option<Self> { $of }
        }
    )+ };
}
field! {
    bool as i16: |value| i16::from(*value), |code| match code { 0 => Some(false), 1 => Some(true), _ => None };
    Sequence as i64: |value| value.0, |number| Some(Sequence(number));
    Timestamp as i64: |value| value.0, |micros| Some(Timestamp(micros));
    Day as i64: |value| i64::from(value.0), |day| i32::try_from(day).ok().map(Day);
    LastDay as i64: |value| i64::from(value.number()), |day| i32::try_from(day).ok().map(|day| LastDay::from(Day(day)));
}

macro_rules! coded {
    ($($listed:ty),+ $(,)?) => { field! { $($listed as i16: |value| value.code(), |code| <$listed>::from_code(code);)+ } };
}
coded!(
    Status,
    Finding,
    RefusalGround,
    TerminationGround,
    Disposition,
    ImportedLabel,
    Duty,
    Law,
    ReviewKind,
    ReviewOutcome,
    Basis,
    Band
);

macro_rules! parsed {
    ($($word:ty),+ $(,)?) => {
        field! { $($word as String: |value| value.as_str().to_owned(), |text| <$word>::parse(&text).ok();)+ }
    };
}
parsed!(UnitId, OfficerId, RegistrationNumber, ModelId, Line);

/// One column of a row.
pub(super) trait Cell: Sized {
    /// Its type in PostgreSQL.
    const TYPE: &'static str;
    /// What is bound; none when it cannot be written down.
    fn value(&self) -> Option<Value>;
    /// What was read; none when it means nothing.
    fn read(row: &Row, at: usize) -> Result<Option<Self>, StoreError>;
}

impl<F: Field> Cell for F
where
    Value: From<Option<F::Stored>>,
{
    const TYPE: &'static str = F::Stored::TYPE;
    fn value(&self) -> Option<Value> {
        Some(Value::from(Some(self.stored())))
    }
    fn read(row: &Row, at: usize) -> Result<Option<Self>, StoreError> {
        Ok(row.get::<Option<F::Stored>>(at)?.and_then(F::of))
    }
}

impl<F: Field> Cell for Option<F>
where
    Value: From<Option<F::Stored>>,
{
    const TYPE: &'static str = F::Stored::TYPE;
    fn value(&self) -> Option<Value> {
        Some(Value::from(self.as_ref().map(F::stored)))
    }
    fn read(row: &Row, at: usize) -> Result<Option<Self>, StoreError> {
        Ok(match row.get::<Option<F::Stored>>(at)? {
            None => Some(None),
            Some(stored) => F::of(stored).map(Some),
        })
    }
}

/// Empty where nothing was tested.
impl Cell for Testing {
    const TYPE: &'static str = "text";
    fn value(&self) -> Option<Value> {
        let json = (*self != Testing::default()).then(|| stored::to_json(self)).transpose();
        json.ok().map(Value::from)
    }
    fn read(row: &Row, at: usize) -> Result<Option<Self>, StoreError> {
        Ok(match row.get::<Option<String>>(at)? {
            None => Some(Testing::default()),
            Some(json) => stored::from_json(&json).ok(),
        })
    }
}

/// Empty where nobody is.
impl Cell for Recused {
    const TYPE: &'static str = "text";
    fn value(&self) -> Option<Value> {
        let json = (!self.0.is_empty()).then(|| stored::to_json(self)).transpose();
        json.ok().map(Value::from)
    }
    fn read(row: &Row, at: usize) -> Result<Option<Self>, StoreError> {
        Ok(match row.get::<Option<String>>(at)? {
            None => Some(Recused::default()),
            Some(json) => stored::from_json(&json).ok(),
        })
    }
}

/// A row with a file's key in front; see [`columns`].
pub(super) trait Columns: Sized {
    /// The table.
    const TABLE: &'static str;
    /// What a statement selects.
    const SELECTED: &'static str;
    /// How many columns that are.
    const COLUMNS: usize = Self::INSERTED_TYPES.len() - 1;
    /// What a statement inserts, in order; [`Columns::inserted`] gives the values.
    const INSERTED: &'static str;
    /// The types of [`Columns::INSERTED`].
    const INSERTED_TYPES: &'static [&'static str];
    /// Names for [`Columns::changed`] in a statement that changes rows.
    const WANTED: &'static str;
    /// The types of [`Columns::WANTED`].
    const WANTED_TYPES: &'static [&'static str];
    /// Puts the columns that change to [`Columns::WANTED`].
    const CHANGED: &'static str;
    /// The same from the row that was to be inserted.
    const EXCLUDED: &'static str;

    /// A new row.
    fn inserted(&self, bureau: BureauId, file: FileId) -> Result<Vec<Value>, StoreError>;
    /// The columns that change, of a row that is there.
    fn changed(&self, bureau: BureauId, file: FileId) -> Result<Vec<Value>, StoreError>;
    /// A row that was selected.
    fn read(row: &Row) -> Result<(FileId, Self), StoreError>;
}

/// The key in front, and the columns.
pub(super) fn row_of<const N: usize>(bureau: BureauId, file: FileId, columns: [Value; N]) -> Vec<Value> {
    let mut row = Vec::with_capacity(3 + N);
    row.extend(values![bureau.0, file.submission.0, track_code(file.track)]);
    row.extend(columns);
    row
}

/// The file of a selected row.
pub(super) fn key_of(row: &Row, table: &'static str) -> Result<FileId, StoreError> {
    Ok(FileId { submission: Sequence(row.get(0)?), track: track_of(row, 1, table)? })
}

/// Declares the columns of a row: `columns! { Clock in "deadline" as "d" { fixed { duty: Duty, .. } changes { due_on: Day, .. } } }`
/// of a struct that is declared elsewhere, or with `struct` in front of the name, the struct as well. `(id)` behind the name is the
/// field that holds the file, where the struct has one. Fields have the names of their columns; `fixed` are never changed. Behind
/// both, `state: State { fixed { .. } changes { .. } }` is a field whose fields are columns of the same table.
macro_rules! columns {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident ($(#[$kdoc:meta])* $key:ident) in $table:literal as $alias:literal {
            fixed { $($(#[$fdoc:meta])* $fixed:ident: $ftype:ty,)+ }
            changes { $($(#[$cdoc:meta])* $change:ident: $ctype:ty,)* }
            $($(#[$gdoc:meta])* $group:ident: $gtype:ident $inside:tt)?
        }
    ) => {
        $(#[$doc])*
        $vis struct $name {
            $(#[$kdoc])* $vis $key: $crate::domain::ids::FileId,
            $($(#[$fdoc])* $vis $fixed: $ftype,)+
            $($(#[$cdoc])* $vis $change: $ctype,)*
            $($(#[$gdoc])* $vis $group: $gtype,)?
        }
        columns! {
            $name ($key) in $table as $alias {
                fixed { $($fixed: $ftype,)+ }
                changes { $($change: $ctype,)* }
                $($group: $gtype $inside)?
            }
        }
    };
    (
        $name:ident $(($key:ident))? in $table:literal as $alias:literal {
            fixed { $($fixed:ident: $ftype:ty,)+ }
            changes { $($change:ident: $ctype:ty,)* }
            $($group:ident: $gtype:ident {
                fixed { $($gfixed:ident: $gftype:ty,)* }
                changes { $($gchange:ident: $gctype:ty,)* }
            })?
        }
    ) => {
        impl $crate::store::columns::Columns for $name {
            const TABLE: &'static str = $table;
            const SELECTED: &'static str = concat!(
                $alias, ".submission, ", $alias, ".track"
                $(, ", ", $alias, ".", stringify!($fixed))+ $(, ", ", $alias, ".", stringify!($change))*
                $($(, ", ", $alias, ".", stringify!($gfixed))* $(, ", ", $alias, ".", stringify!($gchange))*)?
            );
            const INSERTED: &'static str = concat!(
                "bureau_id, submission, track" $(, ", ", stringify!($fixed))+ $(, ", ", stringify!($change))*
                $($(, ", ", stringify!($gfixed))* $(, ", ", stringify!($gchange))*)?
            );
            const INSERTED_TYPES: &'static [&'static str] = &[
                "bigint", "bigint", "smallint"
                $(, <$ftype as $crate::store::columns::Cell>::TYPE)+ $(, <$ctype as $crate::store::columns::Cell>::TYPE)*
                $(
                    $(, <$gftype as $crate::store::columns::Cell>::TYPE)*
                    $(, <$gctype as $crate::store::columns::Cell>::TYPE)*
                )?
            ];
            const WANTED: &'static str = concat!(
                "bureau, subject, wanted_track" $(, ", new_", stringify!($change))* $($(, ", new_", stringify!($gchange))*)?
            );
            const WANTED_TYPES: &'static [&'static str] = &[
                "bigint", "bigint", "smallint"
                $(, <$ctype as $crate::store::columns::Cell>::TYPE)*
                $($(, <$gctype as $crate::store::columns::Cell>::TYPE)*)?
            ];
            const CHANGED: &'static str =
                columns!(@list $($change = "wanted.new_",)* $($($gchange = "wanted.new_",)*)?);
            const EXCLUDED: &'static str = columns!(@list $($change = "excluded.",)* $($($gchange = "excluded.",)*)?);

            fn inserted(
                &self,
                bureau: $crate::domain::ids::BureauId,
                file: $crate::domain::ids::FileId,
            ) -> Result<Vec<$crate::store::value::Value>, $crate::store::StoreError> {
                let columns = [
                    $(columns!(@value self, $fixed: $ftype, $table),)+
                    $(columns!(@value self, $change: $ctype, $table),)*
                    $(
                        $(columns!(@value self.$group, $gfixed: $gftype, $table),)*
                        $(columns!(@value self.$group, $gchange: $gctype, $table),)*
                    )?
                ];
                Ok($crate::store::columns::row_of(bureau, file, columns))
            }

            fn changed(
                &self,
                bureau: $crate::domain::ids::BureauId,
                file: $crate::domain::ids::FileId,
            ) -> Result<Vec<$crate::store::value::Value>, $crate::store::StoreError> {
                let columns = [
                    $(columns!(@value self, $change: $ctype, $table),)*
                    $($(columns!(@value self.$group, $gchange: $gctype, $table),)*)?
                ];
                Ok($crate::store::columns::row_of(bureau, file, columns))
            }

            fn read(
                row: &$crate::store::value::Row,
            ) -> Result<($crate::domain::ids::FileId, Self), $crate::store::StoreError> {
                let file = $crate::store::columns::key_of(row, $table)?;
                let mut at = 1;
                let read = Self {
                    $($key: file,)?
                    $($fixed: columns!(@read row, at, file, $fixed: $ftype, $table),)+
                    $($change: columns!(@read row, at, file, $change: $ctype, $table),)*
                    $($group: $gtype {
                        $($gfixed: columns!(@read row, at, file, $gfixed: $gftype, $table),)*
                        $($gchange: columns!(@read row, at, file, $gchange: $gctype, $table),)*
                    })?
                };
                Ok((file, read))
            }
        }
    };
    (@value $of:expr, $field:ident: $type:ty, $table:literal) => {
        <$type as $crate::store::columns::Cell>::value(&$of.$field)
            .ok_or($crate::store::StoreError::corrupt($table, stringify!($field)))?
    };
    (@read $row:ident, $at:ident, $file:ident, $field:ident: $type:ty, $table:literal) => {{
        $at += 1;
        <$type as $crate::store::columns::Cell>::read($row, $at)?.ok_or(
            $crate::store::StoreError::corrupt_of($table, stringify!($field), $file),
        )?
    }};
    (@list) => { "" };
    (@list $first:ident = $from:literal, $($name:ident = $also:literal,)*) => {
        concat!(
            stringify!($first), " = ", $from, stringify!($first)
            $(, ", ", stringify!($name), " = ", $also, stringify!($name))*
        )
    };
}
pub(super) use columns;
