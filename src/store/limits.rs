//! How long the database may take, and how many connections there are to it: one table, with the reason for each value.
//!
//! They stand in this order: a lock is given up before its statement, a statement is ended by the server before we
//! leave it, and a whole batch has room for several of them. What takes longer is answered as not known (`UNAVAILABLE`), and
//! may be sent again under its request id.

use std::time::Duration;

/// For a new connection. A server that is there answers in milliseconds, over a slow line with TLS within a second; a machine
/// with more to do than it can may take seconds even to open a file.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// For a free one of the connections there are. Whoever waits longer than for a slow statement waits for nothing.
pub(super) const FREE: Duration = Duration::from_secs(10);

/// For the bureau's turn: SQLite's write lock, PostgreSQL's advisory lock. Another process's batch takes tenths of a second;
/// a caller who is to be told that it cannot be had should not have to wait longer than people do.
pub(super) const LOCK: Duration = Duration::from_secs(5);

/// For one statement, told to PostgreSQL, which then ends it cleanly. The slowest statement of a full batch takes some
/// hundred milliseconds.
pub(super) const STATEMENT: Duration = Duration::from_secs(8);

/// For the answer to anything we say on a connection; after that the connection is closed. Later than [`STATEMENT`], so
/// that it is met by those connections alone that are silent.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// As [`ANSWER`], for what reads a whole bureau: reports, training, a period to be played again.
pub(super) const LONG_ANSWER: Duration = Duration::from_secs(600);

/// For us, between two statements of a writing transaction, told to PostgreSQL: it then ends the transaction of a process
/// that it cannot hear, and the lock is free. Not longer than [`ANSWER`], so that the next connection finds it free; the
/// longest that we think is a second or two, over a large bureau file.
pub(super) const THINKING: Duration = Duration::from_secs(10);

/// For a whole batch, which then is given up with its connection. Beyond [`ANSWER`] by a few slow statements, within the time
/// that a call may take.
pub(crate) const BATCH: Duration = Duration::from_secs(60);

/// PostgreSQL asks a silent client for a sign of life after this long, and again at a third of it; sqlx has no such setting
/// for our side, where [`ANSWER`] stands in for it.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);

/// Idle for longer than this, a connection is asked for a sign of life before it is used: a server that was started again
/// meanwhile costs nobody a call.
pub(super) const TRUSTED: Duration = Duration::from_secs(1);

/// For that sign of life. It is one packet each way.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A connection to PostgreSQL is not used for longer than this: its process there keeps what it has learnt in memory.
pub(super) const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Connections that write, to PostgreSQL: one for each bureau that is writing at a moment. SQLite has one writer.
pub(super) const WRITERS: u32 = 16;

/// Connections that read. Readers have no part in the writers' connections, however many they are.
pub(super) const READERS: u32 = 16;

/// Connections that read, to SQLite: each is a thread and has a page cache of its own.
pub(super) const SQLITE_READERS: u32 = 4;

/// Between two tries to write while the database takes no writes.
pub(crate) const TRY_AGAIN: Duration = Duration::from_secs(1);
