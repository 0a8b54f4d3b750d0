//! A bureau's turn taken by someone else: until it is given back, no batch of the bureau begins.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use triage::app::{Config, FIRST_BUREAU};

/// The lock that a batch waits for, held by a connection of the test.
pub(crate) enum Hold {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hold {
    /// Takes the first bureau's turn. A batch waits five seconds for it, and is then answered as not known.
    pub(crate) async fn take(config: &Config) -> Self {
        if let Some(url) = &config.database {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(FIRST_BUREAU.0);
            lock.execute(&mut connection).await.unwrap();
            return Hold::Postgres(connection);
        }
        let options = SqliteConnectOptions::new().filename(config.data.join("triage.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        Hold::Sqlite(connection)
    }

    /// Gives it back.
    pub(crate) async fn release(self) {
        match self {
            Hold::Sqlite(connection) => connection.close().await.unwrap(),
            Hold::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
