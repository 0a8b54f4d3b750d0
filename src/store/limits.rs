//! How long the database may take, and how many connections there are to it: one table, with the reason for each value.
//!
//! They stand in this order: a lock is given up before its statement, a statement is ended by the server before we
//! leave it, and a whole batch has room for several of them. What takes longer is answered as not known (`UNAVAILABLE`), and
//! may be sent again under its request id.

use std::time::Duration;

/// What an operator may set of them; `triage config` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections that write, to PostgreSQL: one for each bureau that is writing at a moment. SQLite has one writer.
    pub writers: u32,
    /// Connections that read. Readers have no part in the writers' connections, however many they are.
    pub readers: u32,
    /// For the bureau's turn: SQLite's write lock, PostgreSQL's advisory lock. Another process's batch takes tenths of a second;
    /// a caller who has to learn that it cannot be had should not have to wait longer than people do.
    pub lock: Duration,
    /// For one statement, sent to PostgreSQL, which then ends it cleanly. The slowest statement of a full batch takes some
    /// hundred milliseconds.
    pub statement: Duration,
    /// For the answer to anything we say on a connection; after that the connection is closed. Later than [`Limits::statement`], so
    /// that it is met by those connections alone that are silent.
    pub answer: Duration,
    /// For a whole batch, which then is given up with its connection. Beyond [`Limits::answer`] by a few slow statements, within the time
    /// that a call may take.
    pub batch: Duration,
    /// Bytes of its file that each connection to SQLite maps into memory at most; what is beyond is read. Mapped pages are the system's
    /// to take back, but they count as the process's until it does.
    pub mapped_bytes: u32,
}

/// As [`Limits::mapped_bytes`], for an import: its connection touches the whole file, and a clerk's machine has other work.
pub const MAPPED_BY_IMPORT: u32 = 32 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            writers: 16,
            readers: 16,
            lock: Duration::from_secs(5),
            statement: Duration::from_secs(8),
            answer: Duration::from_secs(10),
            batch: Duration::from_secs(60),
            mapped_bytes: 256 << 20,
        }
    }
}

/// For a new connection. A server that is there answers in milliseconds, over a slow line with TLS within a second; a machine
/// with more to do than it can may take seconds even to open a file.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// For a free one of the connections there are. Waiting longer than for a slow statement would not help.
pub(super) const FREE: Duration = Duration::from_secs(10);

/// As [`Limits::answer`], for what reads a whole bureau: reports, training, a period to be played again.
pub(super) const LONG_ANSWER: Duration = Duration::from_secs(600);

/// PostgreSQL asks a silent client for a sign of life after this long, and again at a third of it; sqlx has no such setting
/// for our side, where [`Limits::answer`] stands in for it.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);

/// Idle for longer than this, a connection is asked for a sign of life before it is used: a server that was started again
/// meanwhile costs nobody a call.
pub(super) const TRUSTED: Duration = Duration::from_secs(1);

/// For that sign of life. It is one packet each way.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A connection to PostgreSQL is not used for longer than this: its process there keeps what it has learnt in memory.
pub(super) const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Connections that read, to SQLite: each is a thread and has a page cache of its own.
pub(super) const SQLITE_READERS: u32 = 4;

/// Between two tries to write while the database takes no writes.
pub(crate) const TRY_AGAIN: Duration = Duration::from_secs(1);
