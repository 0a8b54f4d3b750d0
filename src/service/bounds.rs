//! How much waits where, in a bureau's lane and of one caller.

use super::AccountRules;

/// How much waits where. Overload is an answer, not memory (promise 13); and nobody takes the room of others. What the
/// wire may take is in `grpc::Limits`.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Calls waiting in a bureau's lane: four batches. A call that finds no room is asked to come back.
    pub lane_room: usize,
    /// Of those, calls of one caller: half, so that one caller alone never turns another away.
    pub caller_room: usize,
    /// Items of streams waiting in a bureau's lane, beside the calls: a stream that finds no room is not read.
    pub stream_room: usize,
    /// Of those, items of one caller: a whole batch, so that one stream alone is not slowed down.
    pub caller_stream_room: usize,
    /// Streams that one caller has open. `triage bench` opens four; a stream holds 256 items.
    pub caller_streams: usize,
    /// Works settled in one transaction. More would make a call wait longer for little.
    pub batch_most: usize,
    /// What holds for passwords and sessions.
    pub accounts: AccountRules,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            lane_room: 1_024,
            caller_room: 512,
            stream_room: 512,
            caller_stream_room: 256,
            caller_streams: 8,
            batch_most: 256,
            accounts: AccountRules::default(),
        }
    }
}
