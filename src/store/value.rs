//! The value types our schema uses, and how rows give them back.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Decode, Postgres, Row as _, Sqlite, Type};

use super::StoreError;

/// One value to bind. `Option` inside, so that a NULL still has a type on PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// SMALLINT / INTEGER.
    I16(Option<i16>),
    /// BIGINT / INTEGER.
    I64(Option<i64>),
    /// DOUBLE PRECISION / REAL.
    F64(Option<f64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA / BLOB.
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($rust:ty => $variant:ident),+ $(,)?) => { $(
        impl From<$rust> for Value { fn from(v: $rust) -> Self { Value::$variant(Some(v)) } }
        impl From<Option<$rust>> for Value { fn from(v: Option<$rust>) -> Self { Value::$variant(v) } }
    )+ };
}
value_from!(i16 => I16, i64 => I64, f64 => F64, String => Text, Vec<u8> => Bytes);

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::Text(Some(v.to_owned()))
    }
}

/// Builds a list of [`Value`]s.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::value::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! bind {
    ($arguments:ty, $values:expr) => {{
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                Value::I16(v) => arguments.add(v),
                Value::I64(v) => arguments.add(v),
                Value::F64(v) => arguments.add(v),
                Value::Text(v) => arguments.add(v),
                Value::Bytes(v) => arguments.add(v),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }};
}

pub(super) fn sqlite_arguments(values: impl Iterator<Item = Value>) -> Result<SqliteArguments, StoreError> {
    bind!(SqliteArguments, values)
}

pub(super) fn postgres_arguments(values: impl Iterator<Item = Value>) -> Result<PgArguments, StoreError> {
    bind!(PgArguments, values)
}

/// Adds rows of values, turned into one array a column, for UNNEST.
pub(super) fn add_columns(
    arguments: &mut PgArguments,
    columns: usize,
    rows: Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    let mut by_column: Vec<Vec<Value>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in by_column.iter_mut().zip(row) {
            column.push(value);
        }
    }
    for column in by_column {
        macro_rules! array {
            ($variant:ident) => {
                arguments.add(
                    column
                        .into_iter()
                        .map(|value| if let Value::$variant(v) = value { v } else { None })
                        .collect::<Vec<_>>(),
                )
            };
        }
        match column.first() {
            Some(Value::I16(_)) => array!(I16),
            Some(Value::I64(_)) => array!(I64),
            Some(Value::F64(_)) => array!(F64),
            Some(Value::Text(_)) => array!(Text),
            Some(Value::Bytes(_)) => array!(Bytes),
            None => Ok(()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

/// A row of either database.
pub(crate) enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// A type that a column of either database gives back.
pub(crate) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// The value of a column, by position: statements name their columns in order.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.try_get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }

    /// The value of a column of that PostgreSQL type, to be written elsewhere.
    pub(super) fn value(&self, column: usize, kind: &str) -> Result<Value, StoreError> {
        Ok(match kind {
            "smallint" => Value::I16(self.get(column)?),
            "bigint" => Value::I64(self.get(column)?),
            "text" => Value::Text(self.get(column)?),
            "bytea" => Value::Bytes(self.get(column)?),
            _ => Value::F64(self.get(column)?),
        })
    }
}
