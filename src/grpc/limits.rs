//! What the wire may take: with `service::Bounds`, which bounds what waits for a bureau's lane, the whole table of limits.
//!
//! Together they keep a process under 512 MB whatever it is sent, and one caller from being in the way of another.

use std::time::Duration;

use super::places::ConnectionLimits;

/// What callers may take, together and each (promise 13).
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes in flight in all: what was sent and is not yet answered, and answers that are not yet written. A call that
    /// finds nothing left is asked to come back; a stream is not read meanwhile.
    pub bytes_in_flight: usize,
    /// Of those, bytes of one caller: a fifth, so that one caller alone never turns another away.
    pub caller_bytes: usize,
    /// Of those, bytes of all streams, and as many of all reading calls: two fifths each, so that neither turns another call
    /// away. A caller's own streams and reading calls have the same part of [`Limits::caller_bytes`].
    pub stream_bytes: usize,
    /// Beside those, bytes for calls without a token: 16 streams of reflection at once.
    pub reflection_bytes: usize,
    /// Beside those, bytes for `Health.Watch`, without a token: 256 watchers at once.
    pub watch_bytes: usize,
    /// Largest message taken, in bytes, after decompression. Two texts of full length with all that belongs to them make
    /// under 100 KiB.
    pub message_bytes: usize,
    /// Connections, before and after a token was shown.
    pub connections: ConnectionLimits,
    /// Calls open at once on one connection: waiting pulls of a whole bureau behind one proxy.
    pub calls_per_connection: u32,
    /// Items of one `SubmitStream` that may be unanswered; while so many are, no more are read. One batch.
    pub stream_items_in_flight: usize,
    /// How long the bytes of an answer are kept for a client that does not read them.
    pub unread: Duration,
    /// How long a stream of reflection may last. A tool asks and goes.
    pub reflection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_in_flight: 160 << 20,
            caller_bytes: 32 << 20,
            stream_bytes: 64 << 20,
            reflection_bytes: 16 * REFLECTION_BYTES,
            watch_bytes: 256 * WATCH_BYTES,
            message_bytes: 256 << 10,
            connections: ConnectionLimits::default(),
            calls_per_connection: 1_024,
            stream_items_in_flight: 256,
            unread: Duration::from_secs(30),
            reflection: Duration::from_secs(10),
        }
    }
}

/// What a call takes of the budget while it is open, however small it is: its place in HTTP/2 and its task.
pub(super) const CALL_BYTES: usize = 8 << 10;
/// What a reading call takes before anything is read for it; afterwards, what its answer has. A full page of common texts.
pub(super) const READ_BYTES: usize = 2 << 20;
/// What an open stream takes: the message that is being read, HTTP/2's window, and answers on their way.
pub(super) const STREAM_BYTES: usize = 512 << 10;
/// What an item of a stream takes at least: its answer is kept until it is asked for.
pub(super) const ITEM_BYTES: usize = 4 << 10;
/// What a stream of reflection takes: the largest descriptor, some times over.
pub(super) const REFLECTION_BYTES: usize = 256 << 10;
/// Sign-ins at once, each of which was read whole. How many of them are of strangers, of one address or of one account is for the
/// service to say (`service::door`).
pub(super) const SIGNING_IN_MOST: usize = 256;
/// What a `Health.Watch` takes.
pub(super) const WATCH_BYTES: usize = 16 << 10;
/// Longest question to reflection or health, in bytes. The answer repeats it, in a header if it is an error.
pub(super) const QUESTION_BYTES: usize = 1 << 10;

/// How long a reading call waits for its part of the budget.
pub(super) const READ_WAIT: Duration = Duration::from_secs(5);

/// A silent connection is asked for a sign of life this often, and closed when none comes in time.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(30);
pub(super) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A backstop behind the service's own promptness; a Pull may rightly wait for 60 s. Streams answer at once and are
/// not bounded by it.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(90);

/// What HTTP/2 takes of one stream before we ask for more: what waits unread costs no more than that.
pub(super) const STREAM_WINDOW_BYTES: u32 = 64 << 10;
/// What it takes of one connection. Far more than a stream's: a stream of short items waits in its own window and never
/// fills the connection's, where h2 would take many small frames for an attack and end the connection. All that is not
/// read lies in streams that wait, of which every caller has few.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;

/// Most bytes of metadata taken with a call.
pub(super) const METADATA_BYTES: u32 = 16 << 10;
