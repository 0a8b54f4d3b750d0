//! The trail (审计链): every change and every look of a bureau in one chain, so that it can be shown that none was changed, removed, put
//! in or moved (promise 12).
//!
//! The hash of row n covers the bureau, the hash of row n-1 and all columns of row n ([`Entry::after`]); each row keeps its own, the
//! bureau's head row the newest. Whoever may write to the database can compute the chain anew behind a change. So its head is signed and
//! written outside the database while it grows ([`head`]); what came after the newest head written is not anchored, and is called so.
//!
//! Rows of releases without a chain carry no hash. They are folded in all the same: one first head binds all of them.

pub mod found;
pub mod head;
pub mod verify;
pub mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// A link of the chain: SHA-256.
pub type Hash = [u8; 32];

/// What a hash covers, and in which form. Another form is another version; rows of the old one must be read for ever.
const FORM: &[u8] = b"triage audit v1";

/// The action of the row that takes a chain up again: behind rows of a release that writes none, or a head that was gone.
pub const RESUME: &str = "resume_trail";

/// What a row of the trail says, column by column, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Running number in the bureau.
    pub number: i64,
    /// When, in microseconds.
    pub at: i64,
    /// The caller.
    pub caller: i64,
    /// The officer, when one was named.
    pub officer: Option<String>,
    /// The verb.
    pub action: Cow<'static, str>,
    /// The event, when something changed.
    pub sequence: Option<i64>,
    /// The submission, when it was about one.
    pub submission: Option<i64>,
    /// The track's code, when it was about one file.
    pub track: Option<i16>,
}

impl Entry {
    /// The hash of this row in a bureau, behind the row of hash `previous`.
    pub fn after(&self, bureau: i64, previous: &Hash) -> Hash {
        self.numbered(self.number, bureau, previous)
    }

    /// The same, were its number another.
    pub(crate) fn numbered(&self, number: i64, bureau: i64, previous: &Hash) -> Hash {
        let mut form = Form(Sha256::new());
        form.0.update(FORM);
        form.whole(bureau);
        form.0.update(previous);
        form.whole(number);
        form.whole(self.at);
        form.whole(self.caller);
        form.part(self.officer.as_deref().map(str::as_bytes));
        form.part(Some(self.action.as_bytes()));
        form.part(self.sequence.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        form.part(self.submission.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        form.part(self.track.map(i16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice));
        form.0.finalize().into()
    }
}

/// The hash that the first row of a bureau stands behind.
pub fn beginning(bureau: i64) -> Hash {
    let mut form = Form(Sha256::new());
    form.0.update(FORM);
    form.whole(bureau);
    form.0.finalize().into()
}

/// Bytes that can be read in one way only: numbers of eight bytes, and texts behind their length; what is absent is told from what is
/// empty.
struct Form(Sha256);

impl Form {
    fn whole(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn part(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
    }
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it says.
    pub entry: Entry,
    /// Its hash; none in a row of a release that had no chain.
    pub hash: Option<Vec<u8>>,
}

/// Where a bureau's chain stands, as its head row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Number of the last row that is in it.
    pub number: i64,
    /// The hash of that row.
    pub hash: Hash,
    /// Number of the last row from before there was a chain; 0 where there was none.
    pub before: i64,
    /// What binds these rows: the hash of the last of them.
    pub first: Hash,
}

impl Chain {
    /// The chain of a bureau without a row.
    pub fn empty(bureau: i64) -> Self {
        let first = beginning(bureau);
        Self { number: 0, hash: first, before: 0, first }
    }
}

/// Follows the rows of a bureau, in order, to where its chain stands.
#[derive(Debug)]
pub struct Fold {
    bureau: i64,
    chain: Chain,
    /// Whether a row with a hash was among them.
    has_begun: bool,
}

impl Fold {
    /// From the first row on.
    pub fn new(bureau: i64) -> Self {
        Self { bureau, chain: Chain::empty(bureau), has_begun: false }
    }

    /// From behind a chain that stands.
    pub fn behind(bureau: i64, chain: Chain) -> Self {
        Self { bureau, chain, has_begun: true }
    }

    /// Takes the next row. A hash that stands is taken as it is: whether it is right is for [`verify`] to say.
    pub fn take(&mut self, row: &Row) {
        let stored = row.hash.as_deref().and_then(|hash| Hash::try_from(hash).ok());
        self.has_begun |= stored.is_some();
        self.chain.hash = stored.unwrap_or_else(|| row.entry.after(self.bureau, &self.chain.hash));
        self.chain.number = row.entry.number;
        if !self.has_begun {
            (self.chain.before, self.chain.first) = (self.chain.number, self.chain.hash);
        }
    }

    /// Where the chain stands, and whether a row with a hash was there before.
    pub fn chain(&self) -> (Chain, bool) {
        (self.chain, self.has_begun)
    }
}
