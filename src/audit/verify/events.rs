//! The trail beside the event log: each event has one row, each row that names an event has it. That holds by construction, for both
//! are written by one function in one transaction.

use std::collections::BTreeMap;

use crate::audit::Entry;
use crate::audit::found::{Findings, Kind, Of};

/// What the log says of an event, as far as the trail says it, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place.
    pub sequence: i64,
    /// When it was recorded.
    pub at: i64,
    /// Who asked for it.
    pub caller: i64,
    /// What happened, in the trail's word; none when the log has a kind that there is not.
    pub action: Option<&'static str>,
    /// The submission it is about.
    pub submission: Option<i64>,
    /// The track, when it is about one file.
    pub track: Option<i16>,
}

/// Events and rows that wait for one another.
#[derive(Debug, Default)]
pub(super) struct Events {
    logged: BTreeMap<i64, Seen>,
    rows: BTreeMap<i64, Entry>,
    last_event: i64,
    last_row: i64,
    seen: u64,
}

impl Events {
    pub(super) fn last_of_rows(&self) -> i64 {
        self.last_row
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn row(&mut self, entry: &Entry, findings: &mut Findings) {
        let Some(sequence) = entry.sequence else { return };
        if sequence <= self.last_row {
            return findings.add(Kind::EventRepeated, Of::Row, entry.number, entry.number);
        }
        self.last_row = sequence;
        match self.logged.remove(&sequence) {
            Some(event) => compare(entry, &event, findings),
            None => drop(self.rows.insert(sequence, entry.clone())),
        }
    }

    pub(super) fn event(&mut self, event: Seen, findings: &mut Findings) {
        self.seen += 1;
        if event.sequence > self.last_event + 1 {
            findings.add(Kind::EventMissing, Of::Event, self.last_event + 1, event.sequence - 1);
        }
        self.last_event = event.sequence;
        match self.rows.remove(&event.sequence) {
            Some(entry) => compare(&entry, &event, findings),
            None => drop(self.logged.insert(event.sequence, event)),
        }
    }

    /// What found no counterpart. `last`: the last event that the head row knows of.
    pub(super) fn finish(&mut self, last: i64, findings: &mut Findings) {
        if self.last_event < last {
            findings.add(Kind::EventMissing, Of::Event, self.last_event + 1, last);
        }
        for sequence in std::mem::take(&mut self.rows).into_keys() {
            if !findings.holds(Kind::EventMissing, sequence) {
                findings.add(Kind::EventMissing, Of::Event, sequence, sequence);
            }
        }
        for sequence in std::mem::take(&mut self.logged).into_keys() {
            findings.add(Kind::EventUnrecorded, Of::Event, sequence, sequence);
        }
    }
}

fn compare(entry: &Entry, event: &Seen, findings: &mut Findings) {
    let same = entry.at == event.at
        && entry.caller == event.caller
        && Some(entry.action.as_ref()) == event.action
        && (entry.submission, entry.track) == (event.submission, event.track);
    if !same {
        findings.add(Kind::EventDiffers, Of::Event, event.sequence, event.sequence);
    }
}
