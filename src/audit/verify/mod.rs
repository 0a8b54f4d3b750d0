//! The trail read from its first row to its last, and what was done to it named (核验).
//!
//! A row whose hash does not follow from the row before is put aside until the next one that does: by what that one follows on it is
//! told whether a row was changed, put in or taken out. Whatever a finding is called, nothing that differs passes.

mod events;
mod moved;

use std::collections::BTreeMap;

use super::found::{At, FORMAT, Findings, Kind, Of, Stretch, Verified};
use super::head::{Head, Heads};
use super::{Chain, Hash, RESUME, Row, beginning};
use events::Events;
pub use events::Seen;
use moved::{Suspect, moved};

/// How far a number is looked for that rows have been moved by.
const SHIFT_MOST: i64 = 8;

/// Seconds between two rows behind the newest signed head at most. A service signs each minute, every command at its end; what a
/// process that was killed has left unsigned, the next one signs.
const UNSIGNED_MOST: i64 = 3_600;

/// No bureau has so many rows; somebody may have written that it has.
const NUMBER_MOST: i64 = 1 << 60;

/// What the head row of a bureau says.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Sequence of the last event.
    pub sequence: i64,
    /// Number of the last row of the trail.
    pub number: i64,
    /// Where the chain stands.
    pub chain: Option<Chain>,
}

impl Standing {
    fn bounded(self) -> Self {
        let bounded = |number: i64| number.clamp(-NUMBER_MOST, NUMBER_MOST);
        let chain = self.chain.map(|chain| Chain {
            number: bounded(chain.number),
            before: bounded(chain.before),
            ..chain
        });
        Self { number: bounded(self.number), chain, ..self }
    }
}

/// A file of heads.
#[derive(Debug)]
pub struct HeadsFile {
    /// Its name, for people.
    pub name: String,
    /// What is in it; none when there is no such file.
    pub heads: Option<Heads>,
}

/// A verification that goes on. Rows and events are given in order, and as they come.
#[derive(Debug)]
pub struct Verification {
    bureau: i64,
    standing: Standing,
    /// Number of the last row from before the chain; none: not known, up to the first row with a hash.
    before: Option<i64>,
    heads: BTreeMap<i64, Vec<Head>>,
    newest: Option<At>,
    torn: Vec<String>,
    findings: Findings,
    events: Events,
    rows: u64,
    /// The number of the last row, and what is not there behind it or was not behind the one before.
    last: i64,
    gap: Option<Stretch>,
    /// Whether rows before the chain are being read.
    in_before: bool,
    before_gap: bool,
    /// The hash that the next row follows on.
    running: Hash,
    /// By how much numbers are larger than they were.
    shift: i64,
    /// Number, as it was, and hash of the last row that followed.
    good: (i64, Hash),
    /// Rows since that did not.
    suspects: Vec<Suspect>,
    changed: Vec<Suspect>,
    /// Rows without a hash behind the last one that has one.
    unlinked: Option<Stretch>,
    beside: Vec<Stretch>,
    resumed: Vec<i64>,
    /// The times of the first and the last row behind the newest signed head.
    unsigned: Option<(i64, i64)>,
    /// The hash at the number that the head row names.
    at_head: Option<Hash>,
    /// The last number at which a signed head was the row's, and whether one was not.
    anchored: i64,
    differs: bool,
}

impl Verification {
    /// Begins, with what the head row and the files of heads say.
    pub fn new(bureau: i64, standing: Standing, files: Vec<HeadsFile>) -> Self {
        let standing = standing.bounded();
        let mut findings = Findings::default();
        let (mut heads, mut torn) = (BTreeMap::<i64, Vec<Head>>::new(), Vec::new());
        let mut newest: Option<At> = None;
        for HeadsFile { name, heads: read } in files {
            let Some(read) = read else {
                findings.of_file(&name, Kind::HeadsMissing, 0);
                continue;
            };
            if read.heads.is_empty() && read.troubles.is_empty() && !read.is_torn {
                // Nothing that writes heads leaves a file without one.
                findings.of_file(&name, Kind::HeadsMissing, 0);
            }
            for (line, trouble) in &read.troubles {
                findings.of_file(&name, (*trouble).into(), *line);
            }
            for (head, time) in read.heads.iter().filter(|(head, _)| head.bureau == bureau) {
                heads.entry(head.number).or_default().push(*head);
                if newest.as_ref().is_none_or(|newest| newest.number <= head.number) {
                    let (hash, time) = (hex::encode(head.hash), Some(time.clone()));
                    newest = Some(At { number: head.number, hash, time });
                }
            }
            if read.is_torn {
                torn.push(name);
            }
        }
        let said = heads.values().flatten().map(|head| head.before).min();
        let first = beginning(bureau);
        let mut made = Self {
            bureau,
            standing,
            before: standing.chain.map(|chain| chain.before).or(said),
            heads,
            newest,
            torn,
            findings,
            events: Events::default(),
            rows: 0,
            last: 0,
            gap: None,
            in_before: true,
            before_gap: false,
            running: first,
            shift: 0,
            good: (0, first),
            suspects: Vec::new(),
            changed: Vec::new(),
            unlinked: None,
            beside: Vec::new(),
            resumed: Vec::new(),
            unsigned: None,
            at_head: None,
            anchored: 0,
            differs: false,
        };
        made.compare_beginnings();
        made
    }

    /// Every head says where the chain began.
    fn compare_beginnings(&mut self) {
        let Some(chain) = self.standing.chain else { return };
        let said: Vec<i64> = self.heads.values().flatten().map(|head| head.before).collect();
        if let Some(other) = said.into_iter().find(|before| *before != chain.before) {
            let (from, to) = (other.min(chain.before) + 1, other.max(chain.before));
            self.findings.add(Kind::BeginningMoved, Of::Row, from, to);
            // What was signed is believed.
            self.before = Some(other);
        }
    }

    /// The sequence up to which events are wanted, so that they can be compared with the rows read.
    pub fn wanted(&self) -> i64 {
        self.events.last_of_rows()
    }

    /// Takes the next event of the log.
    pub fn event(&mut self, event: Seen) {
        self.events.event(event, &mut self.findings);
    }

    /// Takes the next row of the trail.
    pub fn row(&mut self, row: &Row) {
        self.rows += 1;
        let number = row.entry.number;
        if number <= self.last {
            return self.findings.add(Kind::Inserted, Of::Row, number, number);
        }
        if number > NUMBER_MOST || number.min(number - self.shift) > self.standing.number {
            self.findings.add(Kind::BeyondHead, Of::Row, number, number);
            return;
        }
        self.events.row(&row.entry, &mut self.findings);
        if number > self.last + 1 {
            self.is_missing();
            self.settle(0, None);
            self.gap = Some(Stretch { from: self.last + 1, to: number - 1 });
        }
        self.last = number;
        if self.newest.as_ref().is_none_or(|newest| newest.number < number) {
            let at = row.entry.at;
            self.unsigned = Some((self.unsigned.map_or(at, |(first, _)| first), at));
        }
        let hash = row.hash.as_deref().map(|hash| Hash::try_from(hash).unwrap_or_default());
        if self.in_before && self.before.map_or(hash.is_none(), |before| number <= before) {
            self.row_before(row, hash.is_some());
        } else {
            self.end_before();
            match hash {
                None => self.without_hash(row),
                Some(hash) => self.linked(row, hash),
            }
        }
        // By its number, or by that which it had.
        if self.standing.chain.is_some_and(|chain| [number, number - self.shift].contains(&chain.number)) {
            self.at_head = Some(self.running);
        }
    }

    /// A row from before the chain.
    fn row_before(&mut self, row: &Row, has_hash: bool) {
        let number = row.entry.number;
        self.before_gap |= self.gap.is_some();
        self.is_missing();
        self.running = row.entry.after(self.bureau, &self.running);
        self.good = (number, self.running);
        if has_hash {
            self.findings.add(Kind::BeginningMoved, Of::Row, number, number);
        }
        if !self.before_gap && !self.is_of_first(number) {
            self.compare_heads(number, self.running);
        }
    }

    /// Whether the head row itself says the hash at this number, which is then compared by [`Self::end_before`].
    fn is_of_first(&self, number: i64) -> bool {
        self.standing.chain.is_some_and(|chain| chain.before == number && chain.first != self.running)
    }

    /// The rows from before the chain are over: they have to give the first head.
    fn end_before(&mut self) {
        if !std::mem::take(&mut self.in_before) {
            return;
        }
        let Some(chain) = self.standing.chain.filter(|chain| Some(chain.before) == self.before) else {
            return;
        };
        let is_whole = !self.before_gap && self.good.0 == chain.before;
        if is_whole && self.running != chain.first {
            self.findings.add(Kind::BeforeChanged, Of::Row, 1, chain.before);
        }
        self.running = chain.first;
        self.good = (chain.before, chain.first);
        if chain.before > 0 && is_whole {
            self.compare_heads(chain.before, chain.first);
        }
        if self.last == chain.before + 1 {
            self.is_missing();
        }
    }

    /// Rows that are not there are missing; they were not there before either where the next one follows all the same.
    fn is_missing(&mut self) {
        if let Some(Stretch { from, to }) = self.gap.take() {
            self.findings.add(Kind::Missing, Of::Row, from, to);
        }
    }

    fn without_hash(&mut self, row: &Row) {
        let number = row.entry.number;
        self.settle(0, None);
        self.running = row.entry.after(self.bureau, &self.running);
        let from = self.unlinked.map_or(number, |stretch| stretch.from);
        self.unlinked = Some(Stretch { from, to: number });
        if self.gap.is_none() {
            self.good = (number - self.shift, self.running);
            self.compare_heads(number - self.shift, self.running);
        }
    }

    fn linked(&mut self, row: &Row, hash: Hash) {
        let number = row.entry.number;
        let resumes = row.entry.action == RESUME;
        let follows = |from: i64, on: &Hash| row.entry.numbered(from, self.bureau, on) == hash;
        let is_next = follows(number - self.shift, &self.running);
        if let Some(stretch) = self.unlinked.take() {
            if is_next && resumes {
                self.beside.push(stretch);
            } else {
                self.findings.add(Kind::Unlinked, Of::Row, stretch.from, stretch.to);
            }
        }
        let nearby = (1..=SHIFT_MOST).flat_map(|by| [-by, by]);
        let behind_good = (self.good.0 + 1, self.good.1);
        let shifts = [0, self.shift, number - behind_good.0].into_iter().chain(nearby);
        let next_shift = if is_next {
            Some(self.shift)
        } else {
            shifts.into_iter().find(|shift| follows(number - shift, &self.running))
        };
        if let Some(shift) = next_shift {
            let by = shift - self.shift;
            let is_renumbered = by != 0 && self.suspects.is_empty() && number - shift == self.good.0 + 1;
            if is_renumbered {
                self.gap = None;
                self.findings.add(Kind::Renumbered, Of::Row, number, number);
            }
            self.settle(by, Some(hash));
            self.shift = shift;
            self.has_followed(number, hash, resumes);
        } else if !self.suspects.is_empty() && follows(behind_good.0, &behind_good.1) {
            self.settle(1, Some(hash));
            self.shift = number - behind_good.0;
            self.has_followed(number, hash, resumes);
        } else {
            // Of the first row behind a gap it cannot be told: what it followed on is gone.
            if self.gap.is_some() {
                self.is_missing();
            } else {
                let (entry, previous) = (row.entry.clone(), self.running);
                if self.suspects.len() > 4 * moved::MOST {
                    self.settle(0, None);
                }
                self.suspects.push(Suspect { entry, hash, previous, next: None, kind: Kind::Changed });
            }
            self.running = hash;
        }
    }

    /// A row that follows on the one before.
    fn has_followed(&mut self, number: i64, hash: Hash, resumes: bool) {
        if resumes {
            self.resumed.push(number);
        }
        self.is_missing();
        self.running = hash;
        self.good = (number - self.shift, hash);
        self.compare_heads(self.good.0, hash);
    }

    /// What the rows put aside are, now that one follows on them whose number is `by` larger than theirs would let it be.
    /// `next`: its hash.
    fn settle(&mut self, by: i64, next: Option<Hash>) {
        let kind = match by {
            0 => Kind::Changed,
            ..0 => Kind::Missing,
            _ => Kind::Inserted,
        };
        self.changed.extend(self.suspects.drain(..).map(|suspect| Suspect { next, kind, ..suspect }));
        if self.changed.len() > moved::MOST {
            self.name_changed();
        }
    }

    /// Rows that do not follow where they stand: moved, or what they were taken for.
    fn name_changed(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        for (number, kind) in moved(self.bureau, &changed) {
            self.findings.add(kind, Of::Row, number, number);
        }
    }

    /// Holds a row against the heads that were signed of it.
    fn compare_heads(&mut self, number: i64, hash: Hash) {
        let Some(heads) = self.heads.get(&number) else { return };
        if heads.iter().all(|head| head.hash == hash) {
            self.anchored = number;
        } else if !std::mem::replace(&mut self.differs, true) {
            self.findings.add(Kind::NotAsAnchored, Of::Row, self.anchored + 1, number);
        }
    }

    /// The result, when all rows and events were given.
    pub fn finish(mut self) -> Verified {
        self.end_before();
        self.is_missing();
        let has_suspects = !self.suspects.is_empty();
        let ends_before = self.standing.chain.is_some_and(|chain| chain.hash == self.good.1);
        self.settle(i64::from(ends_before), None);
        self.name_changed();
        self.end_of_rows(has_suspects);
        self.events.finish(self.standing.sequence, &mut self.findings);
        let newest = self.newest.as_ref().map_or(0, |newest| newest.number);
        let reads_all = !self.findings.list.iter().any(|one| one.of == Of::Line);
        if reads_all
            && self.newest.is_some()
            && self.unsigned.is_some_and(|(first, last)| last.saturating_sub(first) > UNSIGNED_MOST)
        {
            self.findings.add(Kind::HeadsStopped, Of::Row, newest + 1, self.last);
        }
        let not_anchored = (newest < self.last).then_some(Stretch { from: newest + 1, to: self.last });
        let events = self.events.seen();
        let (findings, more) = self.findings.done();
        Verified {
            format: FORMAT,
            bureau: self.bureau,
            intact: findings.is_empty(),
            rows: self.rows,
            events,
            head: self.standing.chain.map(|chain| At {
                number: chain.number,
                hash: hex::encode(chain.hash),
                time: None,
            }),
            before: self.before.unwrap_or(self.last).min(self.last),
            unlinked: self.beside,
            resumed: self.resumed,
            heads: self.heads.values().map(|heads| heads.len() as u64).sum(),
            anchored: self.newest,
            not_anchored,
            torn: self.torn,
            findings,
            more,
        }
    }

    /// Whether the last row is the one that the head row and the newest signed head name.
    fn end_of_rows(&mut self, has_suspects: bool) {
        let newest = self.newest.as_ref().map_or(0, |newest| newest.number);
        let signed = newest.saturating_add(self.shift);
        let is_cut = self.last.max(self.last - self.shift) < self.standing.number;
        let is_beyond = self.findings.list.iter().any(|one| one.kind == Kind::BeyondHead);
        if is_cut || (self.last < signed && !is_beyond) {
            let to = self.standing.number.max(signed);
            self.findings.add(Kind::CutTail, Of::Row, self.last + 1, to);
        }
        let Some(chain) = self.standing.chain else {
            if let Some(stretch) = self.unlinked.take() {
                self.findings.add(Kind::Unlinked, Of::Row, stretch.from, stretch.to);
            }
            return self.findings.add(Kind::HeadRemoved, Of::Head, 0, 0);
        };
        if let Some(Stretch { from, to }) = self.unlinked.take() {
            if from <= chain.number {
                self.findings.add(Kind::Unlinked, Of::Row, from, to.min(chain.number));
            }
            if to > chain.number {
                self.beside.push(Stretch { from: from.max(chain.number + 1), to });
            }
        } else if chain.number < self.last.min(self.last - self.shift) {
            self.findings.add(Kind::HeadChanged, Of::Head, 0, 0);
            return;
        }
        let at_head = self.at_head.or((chain.number == 0).then(|| beginning(self.bureau)));
        let is_as_said = at_head == Some(chain.hash) && chain.number <= self.standing.number;
        if !is_cut && !has_suspects && !is_as_said {
            self.findings.add(Kind::HeadChanged, Of::Head, 0, 0);
        }
    }
}
